"""File names as they come: compared in one spelling, shown without surprises, never used as a path."""

import re
import unicodedata

WINDOWS_DRIVE = re.compile(r"^[A-Za-z]:")
LITTER = {".ds_store", "thumbs.db", "desktop.ini", "ehthumbs.db", ".directory", "icon\r"}
PICTURE_SUFFIXES = {
    "jpg",
    "jpeg",
    "jpe",
    "jfif",
    "png",
    "webp",
    "tif",
    "tiff",
    "bmp",
    "heic",
    "heif",
    "hif",
    "avif",
    "gif",
}
ARCHIVE_SUFFIXES = {"zip", "7z", "rar", "tar", "gz", "tgz", "bz2", "xz", "zst"}


def plain(name: str) -> str:
    """``name`` with forward slashes and without ``./`` in front."""
    name = name.replace("\\", "/")
    while name.startswith("./"):
        name = name[2:]
    return name


def key(name: str) -> str:
    """One key for all spellings of a name: NFC and NFD, upper and lower case, both slashes."""
    return unicodedata.normalize("NFC", plain(name)).casefold()


def base(name: str) -> str:
    return plain(name).rsplit("/", 1)[-1]


def leaves_the_folder(name: str) -> bool:
    """Whether ``name`` is absolute or climbs out of where it belongs.

    >>> [leaves_the_folder(n) for n in ("a/b.jpg", "../b.jpg", "/b.jpg", "C:\\\\b.jpg", "a/../../b.jpg")]
    [False, True, True, True, True]
    """
    name = plain(name)
    return name.startswith("/") or bool(WINDOWS_DRIVE.match(name)) or ".." in name.split("/")


def shown(text: str, *, limit: int = 255) -> str:
    r"""``text`` with control, direction and unassigned characters escaped, cut to ``limit`` characters.

    >>> shown("new\nline.jpg"), shown("photo\u202egpj.exe.jpg")
    ('new\\nline.jpg', 'photo\\u202egpj.exe.jpg')
    """
    safe = "".join(
        c.encode("unicode_escape").decode()
        if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        else c
        for c in text
    )
    return safe if len(safe) <= limit else safe[: limit - 1] + "…"


def suffix(name: str) -> str:
    stem, dot, ending = base(name).rpartition(".")
    return ending.casefold() if dot and stem else ""


def is_litter(name: str) -> bool:
    """What macOS and Windows leave in every folder."""
    parts = plain(name).split("/")
    return "__MACOSX" in parts or parts[-1].casefold() in LITTER or parts[-1].startswith("._")
