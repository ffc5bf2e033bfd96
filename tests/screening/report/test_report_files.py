"""The report's page, HTML file, PDF and bundle: what they hold, that they ask for nothing, who may have them."""

import re
from html import unescape
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Photo, Reader, Subject
from screening.analysis.options import Options
from screening.imports.services import import_study
from screening.report import html
from screening.report.checklist import AUTHOR, CLAIM, STARD
from screening.report.compose import compose
from screening.report.document import Figure, Heading, Paragraph, Table
from screening.report.facts import facts_of
from screening.report.flow import flow, flow_steps
from screening.report.known import answers
from screening.report.letters import BOLD, CHINESE, KOREAN, TEXT, runs
from screening.report.pdf import pdf
from screening.services import compare
from tests.screening.app.paperlike import build
from tests.screening.app.test_permissions import EXPECTED


@pytest.fixture
def document(result, facts):
    return compose(result, facts)


@pytest.fixture
def file(document) -> str:
    return html.page(document)


def words(text: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", text))


def test_the_html_file_asks_for_nothing(file):
    assert not re.search(r"<(?:script|link|iframe|img|object|embed)\b", file)
    assert not re.search(r"\b(?:src|href|action)\s*=|@import|url\(", file)
    assert set(re.findall(r"https?://[^\s\"<]+", file)) == {"http://www.w3.org/2000/svg"}
    assert file.count("<style>") == 1
    assert file.count("<svg ") == 3


def test_every_figure_is_whole_svg_with_a_name(document):
    figures = [block for block in document.blocks if isinstance(block, Figure)]
    for figure in figures:
        root = ElementTree.fromstring(html.svg(figure.drawing))
        assert root.get("role") == "img"
        assert len(root.get("aria-label") or "") > 20
        assert len(list(root)) > 10


def test_the_html_is_well_formed_and_its_headings_are_in_order(file):
    class Check(HTMLParser):
        open: list[str] = []
        levels: list[int] = []

        def handle_starttag(self, tag, attrs):
            if tag not in ("meta", "br"):
                self.open.append(tag)
            if re.fullmatch(r"h\d", tag):
                self.levels.append(int(tag[1]))

        def handle_startendtag(self, tag, attrs):
            pass

        def handle_endtag(self, tag):
            assert self.open.pop() == tag

    check = Check()
    check.feed(file)
    assert check.open == []
    assert check.levels[0] == 1
    assert all(later - before <= 1 for before, later in zip(check.levels, check.levels[1:], strict=False))


def test_nobody_s_words_are_markup(result, facts):
    result["study"]["name"] = "<script>alert(1)</script> & more"
    result["readers"][0]["code"] = "<b>SP"
    result["run"]["recipe"] = [["<i>x", "a < b"]]
    made = compose(result, facts)
    assert "<script" not in html.page(made)
    assert "&lt;script&gt;alert(1)" in html.page(made)
    assert pdf(made).startswith(b"%PDF-")


def test_the_methods_say_what_was_done(document, result):
    text = " ".join(block.text for block in document.blocks if isinstance(block, Paragraph))
    assert "456 faces were analysed, 228 of children with a genetic syndrome (GS) and 228" in text
    assert "shown once for 10.0 s" in text
    assert "5 readers (senior paediatrician: 2; junior paediatrician: 3)" in text
    assert "5 folds (90, 90, 92, 91, 93 cases held out)" in text
    assert "2000 stratified bootstrap replicates (seed 20210803)" in text
    assert "confidence asked: five points" in text
    assert "The protocol was frozen and hashed at opening." in text
    assert result["words"]["population"] in text
    for reader in result["readers"]:
        for part in ("headline", "rule", "test"):
            assert reader["words"][part] in text


def test_the_flow_diagram_counts_what_is_there(db):
    world = build(n=60, name="Flow", kind="phantom")
    gone, unusable = Photo.objects.filter(cohort=world.study.cohort).order_by("-id")[:2]
    Photo.objects.filter(pk=gone.pk).update(status="erased")
    Photo.objects.filter(pk=unusable.pk).update(status="unusable")
    child = Subject.objects.create(cohort=world.study.cohort, code="more", has_syndrome=True)
    Photo.objects.create(subject=child, cohort=world.study.cohort, sha256="s", width=1, height=1, status="ready")
    Photo.objects.create(
        subject=child, cohort=world.study.cohort, sha256="t", width=1, height=1, status="ready", is_index=False
    )
    made = compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)
    steps = flow_steps(made.result, facts_of(made))
    assert [here[0] for here, _ in steps] == [
        "Cohort: 61 children",
        "Photographs: 62",
        "Usable faces, one a child: 59",
        "Chosen for the study: 60 faces",
        "Analysed: 60 cases",
    ]
    assert steps[1][1] == [
        "Left out",
        "1 further photographs of a child",
        "1 without a usable face",
        "1 erased, consent withdrawn",
    ]
    drawing = flow(made.result, facts_of(made))
    assert "300 of 300 reads given" in drawing.alt
    assert "60 of 60 cases scored" in drawing.alt


def test_no_box_of_the_flow_diagram_lies_on_another(result, facts):
    facts["cohort"] |= {
        "photos": 480,
        "further": 10,
        "waiting": 5,
        "unusable": 6,
        "erased": 3,
        "practice": 4,
        "cases": 460,
    }
    drawing = flow(result, facts)
    boxes = [shape.points for shape in drawing.shapes if getattr(shape, "is_closed", False) and len(shape.points) == 4]
    spans = [(min(x for x, _ in b), min(y for _, y in b), max(x for x, _ in b), max(y for _, y in b)) for b in boxes]
    assert len(spans) == 9
    for i, a in enumerate(spans):
        assert 0 <= a[0] <= a[2] <= drawing.width
        assert a[3] <= drawing.height
        for b in spans[i + 1 :]:
            assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]


def test_the_checklists_are_answered_or_left_to_the_author(document, result, facts):
    tables = [block for block in document.blocks if isinstance(block, Table) and block.header[0] == "Item"]
    known = answers(result, facts)
    assert [len(table.rows) for table in tables] == [len(STARD), len(CLAIM)] == [40, 44]
    assert [row[0] for row in tables[1].rows] == [str(i) for i in range(1, 45)]
    for table, items in zip(tables, (STARD, CLAIM), strict=True):
        for row, (_, _, topic) in zip(table.rows, items, strict=True):
            assert row[2] == (known.get(topic) or AUTHOR)
        assert table.caption.endswith(
            f"{sum(row[2] != AUTHOR for row in table.rows)} of {len(items)} items answered from the data."
        )
    topics = {topic for _, _, topic in (*STARD, *CLAIM) if topic}
    assert set(known) <= topics


def test_what_is_not_known_is_left_to_the_author(result, facts):
    result["study"]["imported"] = {
        "at": "2026-01-01",
        "by": "I",
        "files": [],
        "description": "",
        "reading": {},
        "has_folds": True,
    }
    known = answers(result, facts)
    for topic in (
        "blinding",
        "protocol",
        "training",
        "preprocessing",
        "partition",
        "deidentified",
        "index_test",
        "internal",
    ):
        assert topic not in known
    made = compose(result, facts)
    text = words(html.page(made))
    assert "imported" in made.label
    assert "10.0 s" not in text
    assert "five points" not in text
    assert "frozen" not in text
    assert "one photograph a child" not in text
    assert "held-out scores" not in text.replace("all held-out scores, each at its fold", "")


def test_an_imported_study_has_its_report(client, investigator, wishes, files):
    stored = import_study(files=files, wishes=wishes, by=investigator)
    made = compare(study=stored.study, run=stored.run, options=Options(replicates=200), by=investigator)
    document = compose(made.result, facts_of(made))
    text = words(html.page(document))
    for file in files:
        assert file.sha256 in text
    assert "how long each face was shown" in text
    assert "Imported with its results" in text
    assert "Every face was shown once" not in text
    assert len(pdf(document)) > 20_000


@pytest.fixture
def investigator(make_user):
    return make_user("Ines Investigator", may_coordinate=True)


@pytest.fixture
def files():
    from tests.screening.imports.conftest import golden

    return [golden("paperlike_scores.csv"), golden("paperlike_reads.csv")]


@pytest.fixture
def wishes():
    from tests.screening.imports.test_doors import _wishes

    return _wishes("Hong-like")


def test_the_pdf_has_its_fonts_its_language_and_an_outline(document):
    data = pdf(document)
    assert data.startswith(b"%PDF-")
    assert data.count(b"/FontFile2") == 2
    assert b"/Lang (en)" in data
    assert b"/Outlines" in data
    assert b"/URI" not in data
    assert b"/JavaScript" not in data
    headings = sum(isinstance(block, Heading) for block in document.blocks)
    assert data.count(b"/Title") == headings + 1
    assert len(data) < 400_000
    assert pdf(document) == data


def test_names_keep_their_letters():
    assert runs("Žofia Łukaszewska-Müller, Đặng, Ἀθηνᾶ, Ёж") == [(TEXT, "Žofia Łukaszewska-Müller, Đặng, Ἀθηνᾶ, Ёж")]
    assert runs("Dr 李 1", is_bold=True) == [(BOLD, "Dr "), (CHINESE, "李"), (BOLD, " 1")]
    assert runs("한") == [(KOREAN, "한")]
    assert runs("\U0001f9ec") == [(TEXT, "□")]


@pytest.fixture
def world(db):
    made = build(n=60, kind="phantom", status="open")
    return made, compare(study=made.study, run=made.run, options=Options(replicates=200), by=made.investigator)


def test_the_files_are_given_to_investigators_only_and_audited(client, world, make_user):
    made, comparison = world
    reader = make_user("Rosa Reader")
    Reader.objects.create(study=made.study, user=reader, code="SP 9")
    cast = {
        "investigator": made.investigator,
        "coordinator": made.coordinator,
        "reader": reader,
        "stranger": make_user("Sam Stranger"),
        "neighbour": build(name="Next door", n=60, readers=False).investigator,
    }
    paths = [f"/analysis/{made.study.pk}/{comparison.pk}/report.{kind}" for kind in ("html", "pdf", "zip")]
    paths.append(f"/api/v1/comparisons/{comparison.pk}/report.pdf")
    for path in paths:
        client.logout()
        assert client.get(path).status_code in (302, 401, 403)
        for who, user in cast.items():
            client.force_login(user)
            response = client.get(path)
            assert response.status_code == EXPECTED[who], (who, path)
            if who == "investigator":
                assert response["Cache-Control"] == "no-store"
                assert response["Content-Disposition"].startswith("attachment;")
    found = AuditEvent.objects.filter(action="study.exported").order_by("id")
    assert [event.detail["file"] for event in found] == ["report.html", "report.pdf", "bundle.zip", "report.pdf"]
    client.force_login(made.investigator)
    assert client.get(paths[0].replace(".html", ".exe")).status_code == 404


def test_the_page_is_the_same_report_and_obeys_the_policy(client, world):
    made, comparison = world
    comparison.refresh_from_db()  # in the order in which the database keeps what is named
    client.force_login(made.investigator)
    response = client.get(f"/analysis/{made.study.pk}/{comparison.pk}/report/")
    page = response.content.decode()
    article = page.split("<article")[1].split("</article>")[0]
    assert " style=" not in article
    assert "<script" not in article
    assert article.count("<svg ") == 3
    assert html.body(compose(comparison.result, facts_of(comparison))) in article
    for word in ("digital phantom", "simulated readers", "the reading is still open"):
        assert word in article


def test_the_files_are_one_click_from_the_comparison(client, world):
    made, comparison = world
    client.force_login(made.investigator)
    place = f"/analysis/{made.study.pk}/{comparison.pk}/"
    page = client.get(place).content.decode()
    for kind, media in (("html", "text/html; charset=utf-8"), ("pdf", "application/pdf")):
        (target,) = re.findall(rf'href="({place}report\.{kind})"', page)
        assert client.get(target)["Content-Type"] == media
