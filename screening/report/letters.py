"""Fonts of the PDF. DejaVu Sans Condensed, embedded, covers Latin with every accent, Greek, Cyrillic and our signs.

Chinese, Japanese and Korean are written under font names that viewers know and bring themselves: nothing of them is
embedded, and no font has to be installed here. What neither covers (emoji) becomes a white square.
"""

from functools import cache
from html import escape
from itertools import groupby
from pathlib import Path

FONTS = Path(__file__).parent / "fonts"
TEXT, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
CHINESE, JAPANESE, KOREAN = "STSong-Light", "HeiseiKakuGo-W5", "HYGothic-Medium"
SQUARE = "\u25a1"
# reportlab keeps the signs that Japanese sets at no line's start; these are Chinese ones that it lacks.
NEVER_FIRST = "，；：！？”》·…"


@cache
def covered() -> frozenset[int]:
    """Registers the fonts, once a process; the code points that the embedded one can draw."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.platypus import paragraph

    for name in (TEXT, BOLD):
        pdfmetrics.registerFont(TTFont(name, FONTS / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(TEXT, normal=TEXT, bold=BOLD, italic=TEXT, boldItalic=BOLD)
    for name in (CHINESE, JAPANESE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    paragraph.ALL_CANNOT_START += NEVER_FIRST
    return frozenset(pdfmetrics.getFont(TEXT).face.charToGlyph)


def runs(text: str, *, is_bold: bool = False) -> list[tuple[str, str]]:
    """(font, text) in order."""
    own = BOLD if is_bold else TEXT
    pieces = groupby((_font(sign, own) for sign in text), key=lambda pair: pair[0])
    return [(font, "".join(sign for _, sign in signs)) for font, signs in pieces]


def marked(text: str) -> str:
    """The text for a paragraph of reportlab: escaped, foreign runs under their own font."""
    return "".join(
        escape(piece) if font == TEXT else f'<font name="{font}">{escape(piece)}</font>' for font, piece in runs(text)
    )


def _font(sign: str, own: str) -> tuple[str, str]:
    code = ord(sign)
    if code in covered():
        return own, sign
    if 0xAC00 <= code <= 0xD7AF or 0x1100 <= code <= 0x11FF:
        return KOREAN, sign
    if 0x3040 <= code <= 0x30FF:
        return JAPANESE, sign
    if 0x2E80 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF:
        return CHINESE, sign
    return own, SQUARE
