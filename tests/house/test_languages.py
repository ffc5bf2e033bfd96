"""The site speaks each of its languages wholly: catalogues are whole and fresh, no template is in English only."""

import gettext
import html
import io
import re
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.conf import settings
from django.utils.translation import to_locale

from readerstudy.launcher import messages
from readerstudy.launcher.messages import Found, Unreadable, of_python, of_script, of_template

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
CATALOGUES = [(language, domain) for language in messages.LANGUAGES for domain in ("django", "djangojs")]
every_catalogue = pytest.mark.parametrize(("language", "domain"), CATALOGUES)

# Words that are the same in every language, and why.
SAME = {
    "our name": {"readerstudy"},
    "signs that stand for themselves in papers of either language": {
        "GS", "AUC", "ROC", "CI", "ICC", "MRMC", "OR", "IQR", "SD", "HPO", "OMIM", "ORPHA", "ORCID", "DOI", "VGG", "AI",
        "Brier", "Holm", "Cohen", "Fleiss", "Gwet", "AC", "McNemar", "DeLong", "Obuchowski", "Rockette", "Hillis",
        "TP", "FN", "TN", "FP", "df",
    },
    "file formats and protocols": {
        "CSV", "ZIP", "PDF", "PNG", "SVG", "JSON", "JSONL", "HTML", "ONNX", "API", "QR", "JPEG", "XLSX", "Parquet",
        "Phenopacket", "Phenopackets", "SHA", "UTC", "HTTPS", "CPU", "GPU", "ID",
    },
    "names of other programs": {
        "iMRMC", "MRMCaov", "RJafroc", "Excel",
    },
    "units and keys": {"GB", "MB", "px", "mm", "ms", "min", "Hz", "Enter", "Esc", "Space", "Tab"},
    "punctuation that HTML has names for": {"nbsp"},
}  # fmt: skip
SAME_WORDS = set().union(*SAME.values())
SPOKEN = ("title", "aria-label", "placeholder", "alt", "aria-description", "label")
UNSPOKEN = ("script", "style", "svg", "code", "kbd", "pre", "samp", "template")


def known(language: str, domain: str) -> Catalog:
    return messages.read(messages.file_of(language, domain))


def test_every_language_of_the_settings_has_its_catalogue() -> None:
    assert {to_locale(code) for code, _ in settings.LANGUAGES} == {"en", *messages.LANGUAGES}


@every_catalogue
def test_the_catalogue_holds_what_the_sources_say_now(language: str, domain: str) -> None:
    """Run `make messages` after a change of words."""
    fresh = {(one.context, one.id) for one in messages.gathered(domain)}
    kept = {(one.context, _first(one.id)) for one in known(language, domain) if one.id}
    assert sorted(map(str, fresh - kept)) == [], "not in the catalogue: run `make messages`"
    assert sorted(map(str, kept - fresh)) == [], "no page says this any more: run `make messages`"


@every_catalogue
def test_every_message_is_translated_and_sure(language: str, domain: str) -> None:
    found = [one for one in known(language, domain) if one.id]
    assert [one.id for one in found if not messages.is_translated(one)] == []
    assert [one.id for one in found if one.fuzzy] == []


@every_catalogue
def test_both_sides_have_the_same_places_and_marks(language: str, domain: str) -> None:
    wrong = []
    for one in known(language, domain):
        if one.id and messages.is_translated(one):
            english = one.id[-1] if isinstance(one.id, tuple) else one.id
            wrong += [(english, said) for said in _all(one.string) if _kept(english) != _kept(said)]
    assert wrong == []


@every_catalogue
def test_what_the_site_reads_is_what_was_translated(language: str, domain: str) -> None:
    compiled = messages.compiled(known(language, domain), language, domain)
    assert _content(messages.file_of(language, domain).with_suffix(".mo").read_bytes()) == _content(compiled)


def _first(message_id: object) -> object:
    return message_id[0] if isinstance(message_id, tuple) else message_id


def _all(string: object) -> tuple:
    return string if isinstance(string, tuple) else (string,)


def _kept(text: str) -> tuple[set[str], Counter]:
    """What a translation may neither lose nor invent: named places, places without a name, tags with all they say."""
    tags = Counter(re.findall(r"</?[a-z][^>]*>", text))
    return set(re.findall(r"%\(\w+\)", text)), tags + Counter(re.findall(r"%[sd]", text))


def _content(mo: bytes) -> dict:
    said = gettext.GNUTranslations(io.BytesIO(mo))._catalog  # type: ignore[attr-defined]
    return {key: value for key, value in said.items() if key != ""}


# --- templates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_a_template_says_nothing_in_english_only(path: Path) -> None:
    assert untranslated(path.read_text()) == []


def untranslated(text: str) -> list[str]:
    """What stands outside translation tags: text, spoken attributes, and words handed on by tags and filters."""
    for gone in (
        r"\{#.*?#\}",
        r"\{%\s*comment\b.*?\{%\s*endcomment\s*%\}",
        r"\{%\s*blocktrans(?:late)?\b.*?\{%\s*endblocktrans(?:late)?\s*%\}",
        r"<!--.*?-->|<!doctype[^>]*>|\{% block wrap %\}.*?\{% endblock %\}",
    ):
        text = re.sub(gone, "", text, flags=re.DOTALL)
    tags = re.findall(r"\{%.*?%\}|\{\{.*?\}\}", text, re.DOTALL)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\0", text, flags=re.DOTALL)
    for name in UNSPOKEN:
        text = re.sub(rf"<{name}\b.*?</{name}>", "\0", text, flags=re.DOTALL)
    text = re.sub(r'<(\w+)\b[^>]*translate="no"[^>]*>.*?</\1>', "\0", text, flags=re.DOTALL)
    said = re.findall(rf'\s(?:{"|".join(SPOKEN)})="([^"]*)"', text)
    said += re.split(r"<[^>]*>|\0", text)
    return [one for one in (*map(_english, said), *map(_handed_on, tags)) if one]


def _english(text: str) -> str:
    """``text`` where it has a word of some language; empty where it is signs and numbers alone."""
    words = re.findall(r"[A-Za-z]{2,}", html.unescape(text.replace("\0", " ")))
    return " ".join(text.split()) if set(words) - SAME_WORDS else ""


def _handed_on(tag: str) -> str:
    if re.search(r"\|\s*pluralize\b", tag):
        return f"{tag}: other languages have other plurals; use blocktranslate count."
    tag = re.sub(r"(?:\"[^\"]*\"|'[^']*')\|(?:said|in_words)\b", "", tag)  # in the reader's language
    tag = re.sub(r"_\((?:\"[^\"]*\"|'[^']*')\)", "", tag)
    literals = re.findall(r"\|\s*(?:default|default_if_none|yesno|add)\s*:\s*(?:\"([^\"]*)\"|'([^']*)')", tag)
    if re.match(r"\{%\s*(?:include|with)\b", tag):
        handed = re.findall(r"\b\w+=(?:\"([^\"]*)\"|'([^']*)')", tag)
        literals += [one for one in handed if re.search("[A-Z ]", "".join(one))]  # "left" is a word for the program
    said = [_english("".join(one)) for one in literals]
    return f"{tag}: {', '.join(filter(None, said))}" if any(said) else ""


@pytest.mark.parametrize(
    "text",
    [
        "<p>Good morning</p>",
        '<a title="Open it">{{ name }}</a>',
        '<input placeholder="part of a name">',
        '{% include "x.html" with title="Two words" %}',
        '{{ kind|default:"none" }}',
        "face{{ n|pluralize }}",
        "{% translate 'Yes' %} and no",
        "{% if a %}one{% else %}{% translate 'two' %}{% endif %}",
    ],
)
def test_an_english_template_would_be_seen(text: str) -> None:
    assert untranslated(text) != []


@pytest.mark.parametrize(
    "text",
    [
        "<p>{% translate 'Good morning' %} · 3 (GS) &nbsp;</p>",
        "{% blocktranslate trimmed count n=n %}one{% plural %}{{ n }} ones{% endblocktranslate %}",
        "<script src=\"{% static 'js/scroll.js' %}\"></script><code>manage.py doctor</code>{# a word #}",
        '{% include "x.html" with side="left" title=_("Two words") %}',
        '<td translate="no">{{ name }}: study.opened</td>',
    ],
)
def test_a_translated_template_is_let_through(text: str) -> None:
    assert untranslated(text) == []


# --- how messages are found -------------------------------------------------------------------------------------------


def test_messages_of_python_are_found_however_the_function_is_called() -> None:
    source = """
from django.utils import translation
from django.utils.translation import gettext as _, gettext_lazy as lazily, ngettext, pgettext_lazy
A = lazily("lazy"), _("two " "parts"), ngettext("one", "many", n) % n, pgettext_lazy("desk", "Screen")
B = translation.gettext("by the module"), _(variable), other.gettext("of somebody else")
"""
    assert set(of_python(source, where="x.py")) == {
        Found(id="lazy"),
        Found(id="two parts"),
        Found(id="one", plural="many"),
        Found(id="Screen", context="desk"),
        Found(id="by the module"),
    }
    for wrong in ('_(f"{n} faces")', '_("a" + b)', '_("{}".format(n))'):
        with pytest.raises(Unreadable, match=r"x\.py, line 2"):
            list(of_python(f"from django.utils.translation import gettext as _\n{wrong}", where="x.py"))
    assert list(of_python('def _(x): pass\n_("no message")', where="x.py")) == []


def test_messages_of_templates_are_found_wherever_they_stand() -> None:
    source = """<p>
    {% translate "Plain" %} {% translate 'Case' context "a face" %}
      {% blocktranslate trimmed count n=n with at=day|date:"j F" %}
        {{ n }} face
          on {{ at }}
      {% plural %}{{ n }} faces on {{ at }}{% endblocktranslate %}
  {% include "x.html" with title=_("Handed on") %}{{ name|default:_("nobody") }}{# translate "not this" #}
    """
    assert set(of_template(source)) == {
        Found(id="Plain"),
        Found(id="Case", context="a face"),
        Found(id="%(n)s face on %(at)s", plural="%(n)s faces on %(at)s"),
        Found(id="Handed on"),
        Found(id="nobody"),
    }


def test_messages_of_scripts_are_plain_strings() -> None:
    source = """
const _ = globalThis.gettext ?? ((text) => text);
show(`${_("in a template string")}: ${n}`, ngettext("%(n)s face", "%(n)s faces", n), _('single'), `_("no message")`);
"""
    found = set(of_script(source, where="x.js"))
    assert {Found(id="in a template string"), Found(id="%(n)s face", plural="%(n)s faces"), Found(id="single")} <= found
    with pytest.raises(Unreadable, match=r"x\.js"):
        list(of_script("gettext(`${n} faces`)", where="x.js"))


def test_a_translation_stays_when_the_catalogue_is_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    now = {Found(id="Kept"), Found(id="New"), Found(id="one", plural="many"), Found(id="Kept", context="elsewhere")}
    monkeypatch.setattr(messages, "gathered", lambda domain: now)
    before = Catalog(locale="zh_Hans")
    for said in (("Kept", "留"), ("Gone", "去"), (("one", "many"), ("个",))):
        before.add(*said)
    made = messages.catalogue("zh_Hans", "django", [before])
    told = {(one.context, _first(one.id)): _all(one.string or "") for one in made if one.id}
    assert told == {(None, "Kept"): ("留",), (None, "New"): ("",), (None, "one"): ("个",), ("elsewhere", "Kept"): ("",)}
    text = messages.as_text(made)
    assert text == messages.as_text(messages.catalogue("zh_Hans", "django", [made]))
    assert not re.search(rb"Date|#: |fuzzy", text)
    assert _content(messages.compiled(made, "zh_Hans", "django")) == {"Kept": "留", ("one", 0): "个"}


def test_a_word_of_scripts_is_not_taken_from_the_pages(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """“Start” begins a session in a script, and is what a training starts from on a page."""
    monkeypatch.setattr(messages, "gathered", lambda domain: {Found(id="Start")})
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    monkeypatch.setattr(messages, "ROOT", tmp_path)
    files = {"more-js.po": "开始", "more.po": "起始权重"}
    for name, said in files.items():
        given = Catalog(locale="zh_Hans")
        given.add("Start", said)
        (tmp_path / name).write_bytes(messages.as_text(given))
    assert messages.main([str(tmp_path / name) for name in files]) == 0
    made = {domain: messages.read(messages.file_of("zh_Hans", domain)) for domain in ("django", "djangojs")}
    told = {domain: one["Start"].string for domain, one in made.items()}
    assert told == {"django": "起始权重", "djangojs": "开始"}
