"""The messages that people read, gathered into the catalogue of each language: what ``make messages`` calls.

    python -m readerstudy.launcher.messages [MORE.po ...]

Templates and Python go into the domain ``django``, our scripts into ``djangojs``. Translations are kept, and taken from
MORE.po (for scripts: MORE-js.po) where it has some; what no page says any more is dropped. Needs no gettext on the
machine.
"""

import ast
import io
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import extract, mofile, pofile
from babel.messages.catalog import Catalog, Message
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
LOCALES = ROOT / "readerstudy" / "locale"
LANGUAGES = ("zh_Hans",)
PACKAGES = ("readerstudy", "screening", "training")
SILENT = ("migrations", "readerstudy/launcher", "training/engine", "screening/statistics")  # they speak to no page
ARGUMENTS = {
    "gettext": ("id",),
    "ngettext": ("id", "plural"),
    "pgettext": ("context", "id"),
    "npgettext": ("context", "id", "plural"),
}
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
HEADER = "# Written by `make messages`; translations are filled in by hand."
ONCE = datetime(2000, 1, 1, tzinfo=UTC)  # a catalogue that says the same is the same file
CHANGING = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Language-Team", "Report-Msgid", "Generated-By")


class Unreadable(Exception):
    """A message that no catalogue can hold, and where it stands."""


@dataclass(frozen=True, kw_only=True)
class Found:
    id: str
    plural: str = ""
    context: str | None = None


def gathered(domain: str) -> set[Found]:
    """Every message of ``domain`` in the sources as they are now."""
    return set(_of_scripts() if domain == "djangojs" else [*_of_templates(), *_of_packages()])


def _of_templates() -> Iterator[Found]:
    for path in sorted((ROOT / "templates").rglob("*")):
        if path.suffix in {".html", ".txt"}:
            yield from of_template(path.read_text())


def of_template(text: str) -> Iterator[Found]:
    # A template is indented as it likes; Babel reads what Django makes of it as Python.
    lines = "\n".join(line.strip() for line in templatize(text).splitlines())
    return _by_babel("python", lines, {})


def _of_scripts() -> Iterator[Found]:
    for path in sorted((ROOT / "static" / "js").rglob("*.js")):
        yield from of_script(path.read_text(), where=path.relative_to(ROOT).as_posix())


def of_script(text: str, *, where: str) -> Iterator[Found]:
    if wrong := re.search(r"\b(?:n?p?gettext|_)\(\s*`[^`]*`", text):
        raise Unreadable(f"{where}: {wrong[0]}: a message is a plain string; use interpolate() for its values.")
    return _by_babel("javascript", text, {"parse_template_string": True})


def _by_babel(method: str, text: str, options: dict[str, Any]) -> Iterator[Found]:
    source = io.BytesIO(text.encode())
    for _line, said, _comments, context in extract.extract(method, source, KEYWORDS, options=options):
        parts = said if isinstance(said, tuple) else (said,)
        if parts[0]:
            yield Found(id=parts[0], plural=parts[1] if len(parts) > 1 else "", context=context)


def _of_packages() -> Iterator[Found]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if not any(part in f"/{name}" for part in SILENT):
                yield from of_python(path.read_text(), where=name)


def of_python(text: str, *, where: str) -> Iterator[Found]:
    tree = ast.parse(text)
    names = _names(tree)
    for node in ast.walk(tree) if names else ():
        if isinstance(node, ast.Call) and (function := names.get(_called(node.func))):
            yield from _of_call(node, ARGUMENTS[function], f"{where}, line {node.lineno}")


def _names(tree: ast.Module) -> dict[str, str]:
    """How this file calls Django's functions: ``{"_": "gettext", "translation.ngettext": "ngettext"}``."""
    found = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom):
            continue
        for one in node.names:
            as_name = one.asname or one.name
            if node.module == "django.utils.translation":
                found[as_name] = _plain(one.name)
            elif node.module == "django.utils" and one.name == "translation":
                found |= {f"{as_name}.{name}{end}": name for name in ARGUMENTS for end in ("", "_lazy", "_noop")}
    return {name: function for name, function in found.items() if function in ARGUMENTS}


def _plain(name: str) -> str:
    return name.removesuffix("_lazy").removesuffix("_noop")


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return f"{function.value.id}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _of_call(node: ast.Call, parts: tuple[str, ...], where: str) -> Iterator[Found]:
    given = node.args[: len(parts)]
    if all(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in given) and len(given) == len(parts):
        yield Found(**dict(zip(parts, (one.value for one in given), strict=True)))  # type: ignore[attr-defined]
    elif any(isinstance(one, ast.JoinedStr | ast.BinOp | ast.Call) for one in given):
        raise Unreadable(f"{where}: a message is one plain string; put its values in with % afterwards.")


def catalogue(language: str, domain: str, known: Iterable[Catalog]) -> Catalog:
    """Exactly the messages there are now, with what ``known`` says for them; a later catalogue wins."""
    made = _empty(language, domain)
    for one in sorted(gathered(domain), key=lambda found: (found.id, found.context or "", found.plural)):
        made.add((one.id, one.plural) if one.plural else one.id, context=one.context)
    for message in made:
        message.flags.clear()  # "50% of them" is no format; the tests compare the named places of both sides
    for other in known:
        for message in other:
            mine = made.get(message.id, message.context) if message.id else None
            if mine is not None and is_translated(message) and not message.fuzzy:
                mine.string = _shaped(message.string, like=mine, forms=made.num_plurals)
    return made


def _empty(language: str, domain: str) -> Catalog:
    dates = {"creation_date": ONCE, "revision_date": ONCE}
    return Catalog(
        locale=language, domain=domain, project="readerstudy", version="1", header_comment=HEADER, fuzzy=False, **dates
    )


def is_translated(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    return all(strings)


def _shaped(string: Any, *, like: Message, forms: int) -> Any:
    first = string[0] if isinstance(string, tuple) else string
    if not like.pluralizable:
        return first
    return string if isinstance(string, tuple) and len(string) == forms else (first,) * forms


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return pofile.read_po(file, locale="zh_Hans", abort_invalid=True)


def as_text(made: Catalog) -> bytes:
    """The .po file: sorted, without places and dates, so that a change shows what changed."""
    out = io.BytesIO()
    pofile.write_po(out, made, no_location=True, sort_output=True, ignore_obsolete=True, width=0)
    lines = out.getvalue().decode().splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(tuple(f'"{name}' for name in CHANGING))).encode()


def compiled(made: Catalog, language: str, domain: str) -> bytes:
    """The .mo file of what is translated."""
    whole = _empty(language, domain)
    for message in made:
        if message.id and is_translated(message):
            whole[message.id] = Message(message.id, message.string, context=message.context)
    out = io.BytesIO()
    mofile.write_mo(out, whole)
    return out.getvalue()


def file_of(language: str, domain: str) -> Path:
    return LOCALES / language / "LC_MESSAGES" / f"{domain}.po"


def domain_of(path: Path) -> str:
    """``more.po`` is for pages, ``more-js.po`` for scripts: a short word may mean one thing here and another there."""
    return "djangojs" if path.stem.endswith("js") else "django"


def main(more: list[str]) -> int:
    for language in LANGUAGES:
        for domain in ("django", "djangojs"):
            path = file_of(language, domain)
            given = [one for one in map(Path, more) if domain_of(one) == domain]
            made = catalogue(language, domain, map(read, [*([path] if path.exists() else []), *given]))
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_text(made))
            path.with_suffix(".mo").write_bytes(compiled(made, language, domain))
            _tell(path, made)
    return 0


def _tell(path: Path, made: Catalog) -> None:
    missing = [message for message in made if message.id and not is_translated(message)]
    print(f"{path.relative_to(ROOT)}: {len(made)} messages, {len(missing)} of them without a translation")
    for message in missing:
        print(f"  {message.id[0] if message.pluralizable else message.id}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
