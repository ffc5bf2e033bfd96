"""Which parts of the handbook hold all the words that are asked for, best first, each with what stands around them."""

import re
from dataclasses import dataclass
from html import escape

from readerstudy.handbook.book import Page, Part

LONGEST = 200  # letters of a question
MOST = 40
AROUND = 90


@dataclass(frozen=True)
class Hit:
    address: str
    page: str
    title: str
    snippet: str  # HTML: everything escaped, what was found in <mark>
    score: float


def words_of(question: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r"[\w-]+", question[:LONGEST].lower())))


def find(pages: list[Page], question: str) -> list[Hit]:
    """Every word has to be in the part or in its headings; what stands in a heading counts more."""
    words = words_of(question)
    if not words:
        return []
    hits = [hit for page in pages for part in page.parts if (hit := _hit(page, part, words))]
    return sorted(hits, key=lambda hit: (-hit.score, hit.address))[:MOST]


def _hit(page: Page, part: Part, words: list[str]) -> Hit | None:
    head, title, body = part.title.lower(), page.title.lower(), part.words.lower()
    if not all(word in body or word in head or word in title for word in words):
        return None
    if not any(word in body or word in head for word in words):
        return None  # the page's own first part is found by its title already
    score = sum(
        8 * (word in head) + 3 * (word in title) + min(body.count(word), 5) + _whole(word, body) for word in words
    )
    address = page.address + (f"#{part.id}" if part.level > 1 else "")
    return Hit(address, page.title, part.title, snippet(part.words, words), score)


def _whole(word: str, body: str) -> float:
    return 2.0 * bool(re.search(rf"\b{re.escape(word)}\b", body))


def snippet(text: str, words: list[str]) -> str:
    any_word = re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))), re.I)
    first = any_word.search(text)
    start = max(0, first.start() - AROUND) if first else 0
    end = (first.end() if first else 0) + 2 * AROUND
    start = text.find(" ", start) + 1 if start else 0
    piece = text[start:end].rsplit(" ", 1)[0] if end < len(text) else text[start:]
    return ("… " if start else "") + _marked(piece, any_word) + (" …" if end < len(text) else "")


def _marked(text: str, any_word: re.Pattern[str]) -> str:
    told, last = [], 0
    for found in any_word.finditer(text):
        told += [escape(text[last : found.start()]), f"<mark>{escape(found[0])}</mark>"]
        last = found.end()
    return "".join(told) + escape(text[last:])
