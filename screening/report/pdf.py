"""The report as a PDF, by reportlab: its own fonts, no program beside it, the same bytes for the same report.

It has title, author, language, an outline and text that can be searched and copied. It is not a tagged PDF: for screen
readers there is the HTML file, which holds the same.
"""

import io
from typing import Any

from django.utils.translation import gettext as _

from screening.report.document import Block, Bullets, Document, Facts, Figure, Heading, Notice, Paragraph, Table
from screening.report.letters import covered, marked, runs
from screening.report.pdf_styles import LEFT, LINE, MARGIN, SOFT, TINT, WARN, WIDTH, styles
from screening.report.picture import drawn_words, picture

Styles = dict[str, Any]
KEPT_WHOLE = 15  # rows of a table that is not broken over two pages


def pdf(document: Document) -> bytes:
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate

    covered()
    held = io.BytesIO()
    made = SimpleDocTemplate(
        held,
        pagesize=A4,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN + 8,
        title=document.title,
        author=document.author,
        subject=document.subtitle,
        lang=document.language,
        creator="readerstudy",
        invariant=1,
        displayDocTitle=True,
    )
    made.build(_story(document), canvasmaker=_numbered(document))
    return held.getvalue()


def _story(document: Document) -> list[Any]:
    from reportlab.platypus import Paragraph as Text

    style = styles(document.language)
    story: list[Any] = [Text(marked(document.title), style["title"]), Text(marked(document.subtitle), style["small"])]
    if document.label:
        story.append(Text(f"<b>{marked(document.label.capitalize())}</b>", style["body"]))
    for block in document.blocks:
        story += _block(block, style)
    return story


def _block(block: Block, style: Styles) -> list[Any]:
    from reportlab.platypus import CondPageBreak, KeepTogether, Spacer
    from reportlab.platypus import Paragraph as Text

    if isinstance(block, Heading):
        return [
            CondPageBreak(90),
            _entry(block.text, level=block.level),
            Text(marked(block.text), style[f"h{block.level}"]),
        ]
    if isinstance(block, Paragraph):
        lead = f"<b>{marked(block.lead)}</b> " if block.lead else ""
        name = "small" if block.is_small else "led" if block.lead else "body"
        return [Text(lead + marked(block.text), style[name])]
    if isinstance(block, Notice):
        return [_notice(block, style), Spacer(1, 6)]
    if isinstance(block, Bullets):
        return [Text(marked(item), style["bullet"], bulletText="•") for item in block.items]
    if isinstance(block, Facts):
        return [_facts(block, style), Spacer(1, 6)]
    if isinstance(block, Figure):
        words = Text(marked(block.caption), style["caption"])
        return [KeepTogether([Spacer(1, 6), picture(block.drawing), words, Spacer(1, 8)])]
    return [*_table(block, style), Spacer(1, 8)]


def _table(block: Table, style: Styles) -> list[Any]:
    from reportlab.platypus import CondPageBreak, KeepTogether, LongTable, Spacer
    from reportlab.platypus import Paragraph as Text

    size = "dense" if block.is_dense else "cell"
    numeric = [i > 0 and i not in block.words for i in range(len(block.header))]
    head = [
        Text(f"<b>{marked(name)}</b>", style[f"{size}_{'right' if is_number else 'left'}"])
        for name, is_number in zip(block.header, numeric, strict=True)
    ]
    rows = [
        [
            Text(_cell(text, size, is_first=i == 0), style[f"{size}_{'right' if is_number else 'left'}"])
            for i, (text, is_number) in enumerate(zip(row, numeric, strict=True))
        ]
        for row in block.rows
    ]
    made = LongTable([head, *rows], colWidths=[share * WIDTH for share in block.widths], repeatRows=1)
    tint = [("BACKGROUND", (0, row + 1), (-1, row + 1), TINT) for row in sorted(block.marked)]
    made.setStyle(
        [
            *tint,
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, 0), 0.9, "#14212a"),
            ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2.5),
            ("RIGHTPADDING", (0, 0), (-1, -1), 2.5),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
        ]
    )
    made.hAlign = "LEFT"
    caption = Text(marked(block.caption), style["caption"])
    if len(rows) <= KEPT_WHOLE:
        return [KeepTogether([Spacer(1, 6), caption, made])]
    return [CondPageBreak(110), Spacer(1, 6), caption, made]


def _cell(text: str, size: str, *, is_first: bool) -> str:
    first, *below = text.split("\n")
    words = f"<b>{marked(first)}</b>" if is_first else marked(first)
    smaller = 5.4 if size == "dense" else 6.6
    for line in below:
        words += f'<br/><font size="{smaller}" color="{SOFT}">{marked(line)}</font>'
    return words


def _notice(block: Notice, style: Styles) -> Any:
    from reportlab.platypus import Paragraph as Text
    from reportlab.platypus import Table as Grid

    rows = [[Text(marked(item), style["bullet"], bulletText="•")] for item in block.items]
    grid = Grid(rows, colWidths=[WIDTH], hAlign="LEFT")
    grid.setStyle([("BACKGROUND", (0, 0), (-1, -1), WARN), ("TOPPADDING", (0, 0), (-1, -1), 2)])
    return grid


def _facts(block: Facts, style: Styles) -> Any:
    from reportlab.platypus import LongTable
    from reportlab.platypus import Paragraph as Text

    rows = [[Text(marked(name), style["fact"]), Text(marked(value), style["long"])] for name, value in block.pairs]
    grid = LongTable(rows, colWidths=[0.24 * WIDTH, 0.76 * WIDTH], hAlign="LEFT")
    grid.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("TOPPADDING", (0, 0), (-1, -1), 1.5),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ]
    )
    return grid


def _entry(text: str, *, level: int) -> Any:
    from reportlab.platypus import Flowable

    class Entry(Flowable):
        """A line of the outline, which viewers show as the contents."""

        def wrap(self, *_: float) -> tuple[float, float]:
            return 0, 0

        def draw(self) -> None:
            key = f"{level}-{text}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(text, key, level=level - 2, closed=level > 2)

    return Entry()


def _numbered(document: Document) -> Any:
    from reportlab.pdfgen.canvas import Canvas

    class Numbered(Canvas):
        """Holds the pages back until their number is known; title, label and page stand at every foot."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.held: list[dict[str, Any]] = []
            self.setDateFormatter(lambda *_: f"D:{document.made_at:%Y%m%d%H%M%S}+00'00'")

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            self.held.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page, state in enumerate(self.held, 1):
                self.__dict__.update(state)
                _foot(self, document, _("%(page)d of %(pages)d") % {"page": page, "pages": len(self.held)})
                super().showPage()
            super().save()

    return Numbered


def _foot(canvas: Any, document: Document, page: str) -> None:
    canvas.setFillColor(SOFT)
    words = " · ".join(part for part in (document.title[:90], document.label) if part)
    drawn_words(canvas, words, at=(LEFT, 26), size=7)
    width = sum(canvas.stringWidth(text, font, 7) for font, text in runs(page))
    drawn_words(canvas, page, at=(LEFT + WIDTH - width, 26), size=7)
