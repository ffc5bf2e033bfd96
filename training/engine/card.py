"""A model card as sections of sentences, facts and tables, written out as Markdown and as one HTML page.

The kinds of content follow Mitchell et al. 2019, "Model cards for model reporting".
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Table:
    """Every row has as many cells as the header; the first cell names the row."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """Sentences, then points, then facts (label, value), then tables; each may be missing."""

    title: str
    sentences: Sequence[str] = ()
    points: Sequence[str] = ()
    facts: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = field(default=())


@dataclass(frozen=True, kw_only=True)
class Card:
    """`notice` stands above everything else."""

    title: str
    notice: str
    sections: Sequence[Section]


def markdown(card: Card) -> str:
    """The card as Markdown; what users wrote cannot break out of its place."""
    lines = [f"# {_md(card.title)}", "", f"**{_md(card.notice)}**"]
    for section in card.sections:
        lines += ["", f"## {_md(section.title)}"]
        for sentence in section.sentences:
            lines += ["", _md(sentence)]
        if section.points:
            lines += ["", *(f"- {_md(point)}" for point in section.points)]
        if section.facts:
            lines += ["", "| | |", "|---|---|", *(_md_row(fact) for fact in section.facts)]
        for table in section.tables:
            lines += ["", *_md_table(table)]
    return "\n".join(lines) + "\n"


def _md_table(table: Table) -> Iterator[str]:
    if table.caption:
        yield _md(table.caption)
        yield ""
    yield _md_row(table.header)
    yield "|---" + "|---:" * (len(table.header) - 1) + "|"
    yield from (_md_row(row) for row in table.rows)


def _md_row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_md(cell) for cell in cells)} |"


def _md(text: str) -> str:
    """One line, without anything that Markdown or the HTML in it would read as a sign.

    >>> _md("a|b <i>\\n*c*")
    'a\\\\|b &lt;i&gt; \\\\*c\\\\*'
    """
    line = " ".join(text.split()).replace("\\", "\\\\")
    for sign in "|*_`[]":
        line = line.replace(sign, f"\\{sign}")
    return line.replace("<", "&lt;").replace(">", "&gt;")


def page(card: Card) -> str:
    """The card as one HTML page that needs nothing beside it."""
    body = "\n".join(_html_section(section) for section in card.sections)
    title = _text(card.title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{title}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="notice">{_text(card.notice)}</p>\n{body}\n</body>\n</html>\n'
    )


def _text(text: str) -> str:
    return html.escape(text, quote=False)


def _html_section(section: Section) -> str:
    parts = [f"<h2>{_text(section.title)}</h2>"]
    parts += [f"<p>{_text(sentence)}</p>" for sentence in section.sentences]
    if section.points:
        parts.append(f"<ul>{''.join(f'<li>{_text(point)}</li>' for point in section.points)}</ul>")
    if section.facts:
        facts = (f"<dt>{_text(label)}</dt><dd>{_text(value)}</dd>" for label, value in section.facts)
        parts.append(f"<dl>{''.join(facts)}</dl>")
    parts += [_html_table(table) for table in section.tables]
    return f"<section>{''.join(parts)}</section>"


def _html_table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_text(cell)}</th>' for cell in table.header)
    rows = "".join(f"<tr>{_html_row(row)}</tr>" for row in table.rows)
    caption = f"<caption>{_text(table.caption)}</caption>" if table.caption else ""
    return f'<div class="wide"><table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _html_row(row: Sequence[str]) -> str:
    name, *cells = (_text(cell) for cell in row)
    return f'<th scope="row">{name}</th>' + "".join(f"<td>{cell}</td>" for cell in cells)


STYLE = """
:root { color-scheme: light dark; --ink: #1d2733; --soft: #5a6878; --line: #d9e0e7; --ground: #fff; --warn: #fff4dc; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf0; --soft: #9fadbb; --line: #35414d; --ground: #151b21; --warn: #3a2f14; }
}
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 52rem; color: var(--ink); background: var(--ground);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.25rem 0 .5rem; }
.notice { background: var(--warn); padding: .75rem 1rem; border-radius: .5rem; font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: .35rem 1.25rem; margin: .75rem 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; margin: .75rem 0; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
th, td { padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; } th { font-weight: 500; } thead th { color: var(--soft); }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .6rem; } }
"""
