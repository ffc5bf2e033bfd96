"""The handbook: every page is reachable, every link and anchor leads somewhere, and what it says of the code is so."""

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from django.core.management import call_command
from django.urls import Resolver404, resolve

from readerstudy.handbook import book
from readerstudy.handbook.search import find, snippet
from screening.exports import EXPORTS, handbook
from screening.exports.columns import MODEL, READS

ROOT = Path(__file__).resolve().parents[2]
PAGES = {slug: book.page(slug) for slug in book.slugs()}
ANCHORS = {slug: set(re.findall(r' id="([^"]+)"', page.html)) for slug, page in PAGES.items()}
LINKS = [(slug, link) for slug, page in PAGES.items() for link in page.links]


def test_every_document_is_in_the_contents_once_and_nothing_else():
    listed = [slug for chapter in book.chapters() for slug, _ in chapter.pages]
    assert sorted([*listed, book.INDEX]) == book.slugs()
    assert {link.removesuffix(".md") for link in PAGES[book.INDEX].links} == set(listed)


@pytest.mark.parametrize(("slug", "link"), LINKS)
def test_a_link_leads_somewhere(slug, link):
    parts = urlsplit(link)
    if parts.scheme:
        assert parts.scheme == "https"
        return
    if parts.path and not parts.path.endswith(".md"):
        assert parts.path in book.files()
        return
    target = parts.path.removesuffix(".md") or slug
    assert target in PAGES
    assert not parts.fragment or parts.fragment in ANCHORS[target]


def test_raw_html_is_an_anchor_and_nothing_else():
    for slug in book.slugs():
        text = re.sub(r"```.*?```|`[^`]*`|^    .*$", "", (book.FOLDER / f"{slug}.md").read_text(), flags=re.S | re.M)
        assert [tag for tag in re.findall(r"<[^>]+>", text) if not re.fullmatch(r'<a id="[\w-]+">|</a>', tag)] == []


def test_everybody_reads_every_page_and_picture(client, db):
    for slug, page in PAGES.items():
        answer = client.get(page.address)
        assert answer.status_code == 200
        told = answer.content.decode()
        assert told.count("<h1") == 1
        assert 'href="/docs/' in told
        assert not re.search(r'href="[^"]*\.md["#]', page.html), slug
        assert not re.search(r"(src|action)=\"https?:", told)
    for name in book.files():
        assert client.get(f"/docs/files/{name}").status_code == 200
    assert client.get("/docs/nothing/").status_code == 404
    assert client.get("/docs/README/").status_code == 404
    for name in ("../manage.py", "settings.md", "screenshots.py", "screenshots/../../manage.py"):
        assert client.get(f"/docs/files/{name}").status_code == 404


def test_one_reads_from_the_first_page_to_the_last():
    order, slug = [], book.INDEX
    while slug:
        order.append(slug)
        after = book.neighbours(slug)[1]
        slug = after[0] if after else None
    assert sorted(order) == book.slugs()
    assert book.neighbours(order[-1])[0][0] == order[-2]


def test_a_chinese_page_says_that_the_handbook_is_english(client, db):
    assert "written in English" not in client.get("/docs/readers/").content.decode()
    answer = client.get("/docs/readers/", headers={"accept-language": "zh-Hans"}).content.decode()
    assert answer.count('class="notice"') == 1
    assert '<article class="handbook-page" lang="en">' in answer


# --- search ----------------------------------------------------------------------------------------------------------


def test_a_search_finds_parts_with_all_words_the_headings_first(client, db):
    hits = find(list(PAGES.values()), "restore PostgreSQL")
    assert hits[0].address == "/docs/operating/#restore-and-move-to-postgresql"
    assert "<mark>" in hits[0].snippet
    assert find(list(PAGES.values()), "zzzz restore") == []
    assert find(list(PAGES.values()), "  ?! ") == []
    assert "/docs/concepts/#phantoms" in [hit.address for hit in find(list(PAGES.values()), "phantom drawn")]
    told = client.get("/docs/search/", {"q": "restore PostgreSQL"}).content.decode()
    assert 'href="/docs/operating/#restore-and-move-to-postgresql"' in told


def test_what_is_asked_for_is_never_run(client, db):
    told = client.get("/docs/search/", {"q": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert" not in told
    assert "&lt;script&gt;" in told
    assert snippet("a <b>bold</b> word & more", ["bold"]) == "a &lt;b&gt;<mark>bold</mark>&lt;/b&gt; word &amp; more"
    assert client.get("/docs/search/", {"q": "x" * 100_000}).status_code == 200
    assert client.get("/docs/search/").status_code == 200
    assert client.get("/docs/search/", {"q": "\x00"}).status_code == 200


def test_every_result_leads_to_a_part_that_is_there():
    for hit in find(list(PAGES.values()), "the"):
        path, _, anchor = hit.address.partition("#")
        slug = path.removeprefix("/docs/").strip("/") or book.INDEX
        assert not anchor or anchor in ANCHORS[slug]


# --- what it says of the code ----------------------------------------------------------------------------------------


def test_the_data_dictionary_is_the_one_the_files_are_made_from(capsys):
    call_command("data_dictionary")
    assert capsys.readouterr().out == (ROOT / "docs/data.md").read_text(), "manage.py data_dictionary > docs/data.md"


def test_every_column_is_described():
    text = "".join(handbook.lines())
    for column in READS + MODEL:
        assert f"| `{column.name}` |" in text
        assert column.meaning.strip()
    for export in EXPORTS.values():
        for name, meaning in export.columns:
            assert f"| `{name}` |" in text
            assert meaning.strip(), name
    measured = [line.split(" | ") for line in text.splitlines() if re.match(r"\| `\w+_ms`", line)]
    assert measured
    assert {cells[-2] for cells in measured} == {"ms"}


def test_the_file_to_cite_from_is_valid_and_of_this_version():
    told = yaml.safe_load((ROOT / "docs/CITATION.cff").read_text())
    assert {"cff-version", "message", "title", "authors", "version"} <= told.keys()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert told["version"] == version
    assert f"Version {version}" in (ROOT / "docs/citing.md").read_text()
    (reference,) = told["references"]
    page = (ROOT / "docs/citing.md").read_text()
    assert reference["doi"] in page
    assert " ".join(reference["title"].split()) in " ".join(page.replace(">", " ").split())


ARCHITECTURE = (ROOT / "docs/architecture.md").read_text()


def test_the_architecture_page_names_every_room():
    rooms = set()
    for package in ("readerstudy", "training", "screening"):
        for path in (ROOT / package).iterdir():
            if (path / "__init__.py").exists() and path.name not in {"migrations", "management", "templatetags"}:
                rooms.add(f"{package}.{path.name}")
    rooms |= {f"readerstudy.{path.stem}" for path in (ROOT / "readerstudy").glob("*.py") if path.stem != "__init__"}
    assert {room for room in rooms if not re.search(rf"\b{re.escape(room)}\b", ARCHITECTURE)} == set()


def test_the_arrows_are_those_of_the_contract():
    """Each layer of the contract stands in the drawing above the one it may import."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    drawing = ARCHITECTURE.split("\n\n")[2]
    places = []
    for layer in layers:
        found = [re.search(rf"(?<![\w.]){re.escape(name.strip())}(?![\w.*])", drawing) for name in layer.split("|")]
        assert all(found), layer
        places.append([drawing[: one.start()].count("\n") for one in found if one])
    for upper, lower in pairwise(places):
        assert max(upper) <= min(lower)


def test_every_way_into_the_site_is_in_the_table_of_doors():
    from tests.house.test_doors import doors

    first = {"/" + route.split("/")[0] for route, _ in doors().values() if route and not route.startswith("<")}
    table = ARCHITECTURE.partition("## Doors")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(/[\w-]*)", table))
    assert first - named == set()
    assert named - first - {"/", "/admin"} == set()


def test_an_address_that_a_page_names_is_one():
    """In ``/analysis/STUDY/`` or ``/analysis/<study>/`` a capital or bracketed word stands for a number."""
    found = set()
    for slug in book.slugs():
        found |= set(
            re.findall(r"`(?:GET |POST |PUT |PATCH |DELETE )?(/[\w<>/.-]*/)`", (book.FOLDER / f"{slug}.md").read_text())
        )
    ours = {path for path in found if not path.startswith(("/srv/", "/backups/", "/media/", "/run/", "/api/"))}
    assert len(ours) > 5
    for path in ours:
        tried = [re.sub(r"\b[A-Z_]{2,}\b|<[\w ]+>", word, path) for word in ("1", "x")]
        assert any(_is_ours(one) for one in tried), path


def _is_ours(path: str) -> bool:
    try:
        resolve(path)
    except Resolver404:
        return False
    return True
