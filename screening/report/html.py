"""The report as HTML: a body for the site's page, or one file with everything inside and nothing asked for."""

from collections.abc import Iterable, Iterator
from html import escape

from screening.report.document import (
    Block,
    Bullets,
    Document,
    Facts,
    Figure,
    Heading,
    Notice,
    Paragraph,
    Table,
)
from screening.report.svg import svg

STYLE = """
:root { color-scheme: light; --ink: #14212a; --soft: #4a5b66; --line: #d3dbdf; --tint: #eef4f7; --warn: #fdf3dc; }
body { margin: 2rem auto; max-width: 60rem; padding: 0 1.2rem; color: var(--ink); background: #fff;
  font: 16px/1.5 "DejaVu Sans Condensed", "Noto Sans", "Noto Sans CJK SC", system-ui, sans-serif; }
h1 { font-size: 1.8rem; line-height: 1.2; margin: 0 0 .4rem; } h2 { margin: 2.2rem 0 .6rem; font-size: 1.35rem; }
h3 { margin: 1.4rem 0 .4rem; font-size: 1.05rem; } p { max-width: 76ch; margin: 0 0 .7rem; }
.small, figcaption, caption { font-size: .88rem; } .lead, .muted { color: var(--soft); }
.badge { background: var(--warn); border: 1px solid #d9b24c; border-radius: 1rem; padding: .05rem .6rem;
  font-size: .85rem; }
.notice { background: var(--warn); border-left: 4px solid #b98a17; padding: .7rem 1rem; }
.table-wrap { overflow-x: auto; margin: 1rem 0; } table { border-collapse: collapse; width: 100%; font-size: .88rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th { text-align: left; vertical-align: bottom; }
th, td { padding: .3rem .5rem; border-bottom: 1px solid var(--line); } td { vertical-align: top; }
thead th { border-bottom: 2px solid var(--ink); } tbody th { vertical-align: top; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.limits { display: block; color: var(--soft); font-size: .8em; font-weight: 400; }
tr.marked > * { background: var(--tint); }
table.dense { font-size: .8rem; }
figure { margin: 1.2rem 0; } figure svg { max-width: 100%; height: auto; display: block; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .3rem 1.2rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
@media print { body { margin: 0; max-width: none; font-size: 10pt; } figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; } table.dense { font-size: 6.5pt; } th, td { padding: .15rem .25rem; } }
"""


def page(document: Document) -> str:
    """A file of its own: no script, no address, styles and figures inside."""
    label = f'<p><span class="badge">{escape(document.label)}</span></p>' if document.label else ""
    return (
        f'<!doctype html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{escape(document.title)}</title>\n"
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="author" content="{escape(document.author)}">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n'
        f'<h1>{escape(document.title)}</h1>\n<p class="lead">{escape(document.subtitle)}</p>\n{label}\n'
        f"{body(document)}\n</main>\n</body>\n</html>\n"
    )


def body(document: Document) -> str:
    return "\n".join(_block(block) for block in document.blocks)


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
    if isinstance(block, Paragraph):
        lead = f"<strong>{escape(block.lead)}</strong> " if block.lead else ""
        small = ' class="small"' if block.is_small else ""
        return f"<p{small}>{lead}{escape(block.text)}</p>"
    if isinstance(block, Notice):
        return f'<div class="notice warn">{_list(block.items)}</div>'
    if isinstance(block, Bullets):
        return _list(block.items)
    if isinstance(block, Facts):
        pairs = (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in block.pairs)
        return f"<dl>{''.join(pairs)}</dl>"
    if isinstance(block, Figure):
        return f"<figure>{svg(block.drawing)}<figcaption>{escape(block.caption)}</figcaption></figure>"
    return _table(block)


def _list(items: Iterable[str]) -> str:
    return f'<ul class="cautions">{"".join(f"<li>{escape(item)}</li>" for item in items)}</ul>'


def _table(table: Table) -> str:
    head = "".join(
        f'<th scope="col"{_kind(table, i)}>{escape(name)}</th>' if name else "<td></td>"
        for i, name in enumerate(table.header)
    )
    dense = ' class="dense"' if table.is_dense else ""
    return (
        f'<div class="table-wrap"><table{dense}><caption>{escape(table.caption)}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(_rows(table))}</tbody></table></div>"
    )


def _rows(table: Table) -> Iterator[str]:
    for i, (first, *others) in enumerate(table.rows):
        cells = "".join(f"<td{_kind(table, j)}>{_cell(text)}</td>" for j, text in enumerate(others, 1))
        mark = ' class="marked"' if i in table.marked else ""
        yield f'<tr{mark}><th scope="row">{_cell(first)}</th>{cells}</tr>'


def _kind(table: Table, column: int) -> str:
    return "" if column == 0 or column in table.words else ' class="number"'


def _cell(text: str) -> str:
    first, *below = text.split("\n")
    return escape(first) + "".join(f'<span class="limits">{escape(line)}</span>' for line in below)
