"""Markdown files into pages: headings with anchors, links that lead to the other pages, the parts a search looks in.

docs/README.md is the table of contents: its headings are the chapters, its lists their pages, in the order of reading.
"""

import functools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

FOLDER = Path(__file__).resolve().parents[2] / "docs"
INDEX = "README"
HOME = "/docs/"
PICTURES = "screenshots"
CITATION = "CITATION.cff"


@dataclass(frozen=True)
class Part:
    """A heading and the words below it, up to the next heading."""

    id: str
    title: str
    level: int
    words: str


@dataclass(frozen=True)
class Page:
    slug: str
    title: str
    html: str
    parts: tuple[Part, ...]
    links: tuple[str, ...]  # as they stand in the file

    @property
    def address(self) -> str:
        return address_of(self.slug)

    @property
    def contents(self) -> list[Part]:
        return [part for part in self.parts if part.level == 2]


@dataclass(frozen=True)
class Chapter:
    title: str
    pages: tuple[tuple[str, str], ...] = field(default=())  # (slug, title)


def address_of(slug: str) -> str:
    return HOME if slug == INDEX else f"{HOME}{slug}/"


def slugs() -> list[str]:
    """Every document there is."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


def page(slug: str) -> Page | None:
    """None where there is no such document."""
    file = FOLDER / f"{slug}.md"
    if slug not in slugs():
        return None
    return _page(slug, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=128)
def _page(slug: str, _version: int) -> Page:
    return read(slug, (FOLDER / f"{slug}.md").read_text(encoding="utf-8"))


def files() -> list[str]:
    """What pages may show or offer beside themselves."""
    return [CITATION, *sorted(f"{PICTURES}/{path.name}" for path in (FOLDER / PICTURES).glob("*.webp"))]


def chapters() -> list[Chapter]:
    """From the table of contents."""
    return list(_chapters((FOLDER / f"{INDEX}.md").read_text(encoding="utf-8")))


def _chapters(text: str) -> Iterator[Chapter]:
    for piece in re.split(r"^## ", text, flags=re.M)[1:]:
        title, _, rest = piece.partition("\n")
        entries = re.findall(r"^- \[([^\]]+)\]\(([\w-]+)\.md\)", rest, flags=re.M)
        yield Chapter(title.strip(), tuple((slug, name) for name, slug in entries))


def neighbours(slug: str) -> tuple[tuple[str, str] | None, tuple[str, str] | None]:
    """(slug, title) of the page before and of the one after."""
    order = [(INDEX, "Contents"), *(entry for chapter in chapters() for entry in chapter.pages)]
    place = [name for name, _ in order].index(slug) if slug in dict(order) else len(order)
    before = order[place - 1] if 0 < place < len(order) else None
    return before, (order[place + 1] if place + 1 < len(order) else None)


# --- one document ----------------------------------------------------------------------------------------------------


def read(slug: str, text: str) -> Page:
    """``text`` is Markdown with tables; raw HTML in it is passed through, as it is ours."""
    markdown = _markdown()
    tokens = markdown.parse(text)
    headings = _settle_headings(tokens)
    links = [link for token in tokens for link in _settle_links(token)]
    parts = tuple(_parts(tokens, headings))
    html = markdown.renderer.render(tokens, markdown.options, {})
    return Page(slug, parts[0].title if parts else slug, html, parts, tuple(links))


def _markdown() -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": True}).enable("table")
    markdown.add_render_rule("table_open", lambda *_: '<div class="table-wrap" tabindex="0"><table>\n')
    markdown.add_render_rule("table_close", lambda *_: "</table></div>\n")
    for rule in ("fence", "code_block"):
        markdown.add_render_rule(rule, _listing)
    return markdown


def _listing(_self: object, tokens: list[Token], i: int, *_: object) -> str:
    """A listing that is wider than the page is scrolled with the keyboard too."""
    return f'<pre tabindex="0"><code>{escape(tokens[i].content, quote=False)}</code></pre>\n'


def _settle_headings(tokens: list[Token]) -> dict[int, tuple[str, str, int]]:
    """Give each heading its anchor; by place (anchor, title, level). A page has one title: later ones become parts."""
    found: dict[int, tuple[str, str, int]] = {}
    taken: dict[str, int] = {}
    for i, token in enumerate(tokens):
        if token.type != "heading_open":
            continue
        title = plain(tokens[i + 1])
        if token.tag == "h1" and found:
            token.tag = tokens[i + 2].tag = "h2"
        anchor = anchor_of(title)
        taken[anchor] = taken.get(anchor, -1) + 1
        anchor += f"-{taken[anchor]}" if taken[anchor] else ""
        token.attrSet("id", anchor)
        level = int(token.tag[1])
        if level > 1:
            tokens[i + 1].children = [*(tokens[i + 1].children or []), *_anchor_link(anchor)]
        found[i] = (anchor, title, level)
    return found


def _anchor_link(anchor: str) -> list[Token]:
    link = Token(
        "html_inline", "", 0, content=f' <a class="anchor" href="#{anchor}" aria-label="Link to this part">#</a>'
    )
    return [link]


def anchor_of(title: str) -> str:
    """As forges make it, so that a link works there too."""
    return re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-")


def plain(token: Token) -> str:
    """The words of an inline token."""
    children = token.children or []
    words = (
        child.content if child.type in {"text", "code_inline"} else " " * (child.type == "softbreak")
        for child in children
    )
    return "".join(words)


def _settle_links(token: Token) -> Iterator[str]:
    for child in token.children or []:
        name = {"link_open": "href", "image": "src"}.get(child.type)
        if name and (link := str(child.attrGet(name))):
            yield link
            child.attrSet(name, target_of(link))
            if child.type == "link_open" and urlsplit(link).scheme:
                child.attrSet("rel", "noreferrer")


def target_of(link: str) -> str:
    """``operating.md#upgrade`` as an address of the site; addresses and anchors stay as they are."""
    parts = urlsplit(link)
    if parts.scheme or not parts.path:
        return link
    if parts.path.endswith(".md"):
        anchor = f"#{parts.fragment}" if parts.fragment else ""
        return address_of(parts.path.removesuffix(".md")) + anchor
    return f"{HOME}files/{parts.path}"


def _parts(tokens: list[Token], headings: dict[int, tuple[str, str, int]]) -> Iterator[Part]:
    starts = [*headings, len(tokens)]
    for start, end in pairwise(starts):
        anchor, title, level = headings[start]
        inside = tokens[start + 3 : end]
        words = " ".join(filter(None, (_words(token) for token in inside)))
        yield Part(anchor, title, level, " ".join(words.split()))


def _words(token: Token) -> str:
    return plain(token) if token.type == "inline" else token.content if token.type in {"fence", "code_block"} else ""
