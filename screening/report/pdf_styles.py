"""Sizes, colours and paragraph styles of the PDF."""

from functools import cache
from typing import Any

from screening.report.letters import BOLD, TEXT

MARGIN, PADDING = 46.0, 6.0  # reportlab pads its frames by six points
LEFT = MARGIN + PADDING
WIDTH = 595.2755905511812 - 2 * LEFT  # A4
INK, SOFT, LINE, TINT, WARN = "#14212a", "#4a5b66", "#d3dbdf", "#eef4f7", "#fdf3dc"


@cache
def styles(language: str = "en") -> dict[str, Any]:
    """Chinese has no spaces to break a line at: there every sign is a place, but for those that may not begin one."""
    from reportlab.lib.enums import TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle

    is_chinese = language.startswith("zh")

    def style(name: str, size: float, **more: Any) -> Any:
        told = {"fontName": TEXT, "textColor": INK, "leading": size * (1.5 if is_chinese else 1.36)} | more
        return ParagraphStyle(name, fontSize=size, wordWrap="CJK" if is_chinese else None, **told)

    heavy = TEXT if is_chinese else BOLD  # the Chinese font has one weight: no heading in two
    made = [
        style("title", 19, fontName=heavy, spaceAfter=4, leading=23),
        style("h2", 13.5, fontName=heavy, spaceBefore=12, spaceAfter=4, keepWithNext=1),
        style("h3", 10.5, fontName=heavy, spaceBefore=7, spaceAfter=2, keepWithNext=1),
        style("body", 9.2, spaceBefore=2, spaceAfter=4),
        style("small", 8.2, spaceAfter=3),
        style("led", 9.2, spaceBefore=5, spaceAfter=2),
        style("bullet", 8.6, leftIndent=11, bulletIndent=2, spaceAfter=2),
        style("caption", 8, textColor=SOFT, spaceAfter=3),
        style("fact", 8, textColor=SOFT),
        style("long", 8, splitLongWords=1),
    ]
    for name, size in (("cell", 8.2), ("dense", 6.7)):
        made += [style(f"{name}_left", size), style(f"{name}_right", size, alignment=TA_RIGHT)]
    return {one.name: one for one in made}
