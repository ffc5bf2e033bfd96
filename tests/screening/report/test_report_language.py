"""The report is written in the language of who opens it, or in the one that is asked for."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from screening import jobs
from screening.analysis.options import Options
from screening.exports.columns import columns_of, dictionary_rows
from screening.problem_words import PROGRAM, problem_words
from screening.report import html
from screening.report.compose import compose
from screening.report.document import Figure, Heading, Paragraph, Table
from screening.report.languages import in_language, offered, page_language
from screening.report.letters import NEVER_FIRST, covered, marked
from screening.report.pdf import pdf
from screening.report.pdf_styles import styles
from screening.services import compare
from tests.screening.app.paperlike import build

CHINESE = "zh-hans"


@pytest.fixture
def made(db):
    world = build(n=60)
    return compare(study=world.study, run=world.run, options=Options(replicates=200), by=world.investigator)


def fetched(made, kind: str, *, language: str = "", accept: str = "en") -> bytes:
    client = Client(HTTP_ACCEPT_LANGUAGE=accept)
    client.force_login(made.created_by)
    address = reverse("screening:report_file", args=[made.study_id, made.pk, kind])
    response = client.get(f"{address}?language={language}" if language else address)
    assert response.status_code == 200
    return response.content


def test_the_files_are_in_the_language_of_the_person_unless_another_is_asked_for(made):
    assert b'<html lang="en">' in fetched(made, "html")
    assert b'<html lang="zh-Hans">' in fetched(made, "html", accept=CHINESE)
    assert b'<html lang="zh-Hans">' in fetched(made, "html", language=CHINESE)
    assert b'<html lang="en">' in fetched(made, "html", language="en", accept=CHINESE)
    assert b"/Lang (zh-Hans)" in fetched(made, "pdf", language=CHINESE)
    assert b"/Lang (en)" in fetched(made, "pdf")


def test_a_language_that_is_not_offered_changes_nothing(made):
    assert fetched(made, "html", language="tlh") == fetched(made, "html")
    with in_language("../../etc"):
        assert page_language() == "en"


def test_the_page_links_the_other_language_and_its_files_keep_it(made):
    client = Client(HTTP_ACCEPT_LANGUAGE="en")
    client.force_login(made.created_by)
    address = reverse("screening:report", args=[made.study_id, made.pk])
    page = client.get(address).content.decode()
    assert all(f'href="?language={code}"' in page for code, _ in offered() if code != "en")
    chinese = client.get(f"{address}?language={CHINESE}").content.decode()
    assert '<article class="card report" lang="zh-Hans">' in chinese
    for kind in ("pdf", "html"):
        assert f"{reverse('screening:report_file', args=[made.study_id, made.pk, kind])}?language=zh-hans" in chinese


def test_the_bundle_is_for_machines_and_is_the_same_for_everybody(made):
    assert fetched(made, "zip", accept=CHINESE) == fetched(made, "zip")


def test_every_text_of_a_report_is_a_plain_string_in_every_language(result, facts):
    for language, _ in offered():
        with translation.override(language):
            document = compose(result, facts)
            texts = [document.title, document.subtitle, document.label]
            for block in document.blocks:
                if isinstance(block, Heading | Paragraph):
                    texts.append(block.text)
                if isinstance(block, Figure):
                    texts += [block.caption, block.drawing.alt]
                if isinstance(block, Table):
                    assert len(block.header) == len(block.widths)
                    texts += [block.caption, *block.header, *(cell for row in block.rows for cell in row)]
            assert {type(text) for text in texts} == {str}
            assert html.page(document) == html.page(compose(result, facts))
            assert pdf(document) == pdf(compose(result, facts))


def test_files_for_machines_know_one_language():
    columns = columns_of(with_model=True)
    english = dictionary_rows(columns)
    with translation.override(CHINESE):
        assert json.dumps(dictionary_rows(columns)) == json.dumps(english)


def test_a_stored_problem_is_worded_when_it_is_shown():
    assert problem_words(PROGRAM) == PROGRAM
    assert problem_words(jobs._lost_words(3)) == jobs._lost_words(3)
    assert "3 times" in problem_words(jobs._lost_words(3))
    assert problem_words("The run “A” has gone.") == "The run “A” has gone."
    assert problem_words("") == ""


def test_no_line_of_a_chinese_paragraph_begins_with_a_sign_that_may_not():
    from reportlab.platypus import Paragraph as Text

    covered()
    told = "".join(f"GS {'照' * n}，{'片' * n}；" for n in range(1, 25))
    text = Text(marked(told), styles("zh-Hans")["body"])
    for width in range(60, 160, 7):
        _, height = text.wrap(width, 10_000)
        assert height > 100
        starts = [line.words[0].text[:1] for line in text.blPara.lines if line.words]
        assert len(starts) > 5
        assert not set(starts) & set(NEVER_FIRST)
