"""The coordinator's way through the pages, and the same through the API."""

import pytest

from readerstudy.accounts.keys import make_key
from readerstudy.studies.models import Protocol, Study
from readerstudy.studies.selectors.studies import current_protocol
from readerstudy.studies.selectors.summary import protocol_sentences, seconds
from readerstudy.studies.services.studies import create_study

RULES = {
    "exposure": "10",
    "confidence": "five",
    "block_length": "50",
    "repeats_percent": "0",
    "practice_pass_percent": "0",
    "washout_days": "28",
    "tolerance_ms": "100",
    "incident_policy": "answer",
    "design": "unaided",
    "sides": "gs_right",
}
WORDS = {"name": "New", "description": "", "consent_text": "Consent", "instructions": "Look."}


@pytest.fixture
def cohort(make_cohort, coordinator):
    return make_cohort(coordinator, n=20)


@pytest.fixture
def desk(client, coordinator):
    client.force_login(coordinator)
    return client


def test_an_empty_desk_says_what_to_do(desk):
    assert "No study yet" in desk.get("/studies/").content.decode()
    assert "A study needs a cohort first" in desk.get("/studies/new/").content.decode()


def test_the_form_starts_with_the_papers_protocol(desk, cohort):
    page = desk.get(f"/studies/new/?cohort={cohort.pk}").content.decode()
    assert "20 faces ready" in page
    assert "Each face is shown once, for 10 seconds" in page


def test_from_a_new_study_to_its_closing(desk, cohort, coordinator):
    made = desk.post("/studies/new/", RULES | WORDS | {"cohort": cohort.pk, "how": "sample", "n": 10, "practice": 2})
    study = Study.objects.get()
    assert made.url == f"/studies/{study.pk}/"
    assert (study.cases.filter(is_practice=False).count(), study.cases.filter(is_practice=True).count()) == (10, 2)
    page = desk.get(made.url).content.decode()
    assert "Each reader reads 10 faces" in page
    assert "Before it opens" in page
    for step, status in (("open", "open"), ("close", "closed"), ("reopen", "open")):
        desk.post(f"/studies/{study.pk}/{step}/", {"reason": "One reader was ill."})
        study.refresh_from_db()
        assert study.status == status
        page = desk.get(f"/studies/{study.pk}/").content.decode()
        assert current_protocol(study).digest in page
    trail = desk.get(f"/studies/{study.pk}/audit/").content.decode()
    for action in ("study.created", "cases.chosen", "study.opened", "study.closed", "study.reopened"):
        assert action in trail
    assert "The chain is intact" in trail
    assert "One reader was ill." in trail


def test_the_audit_page_narrows_down(desk, cohort, coordinator):
    study = create_study(cohort=cohort, name="S", created_by=coordinator)
    table = desk.get(f"/studies/{study.pk}/audit/?action=study.created").content.decode().split("<tbody>")[1]
    assert "study.created" in table
    assert "member.added" not in table
    assert "No such entries" in desk.get(f"/studies/{study.pk}/audit/?actor=nobody").content.decode()


def test_a_refused_step_is_said_and_changes_nothing(desk, cohort, coordinator):
    study = create_study(cohort=cohort, name="S", created_by=coordinator)
    page = desk.post(f"/studies/{study.pk}/open/", follow=True).content.decode()
    assert "No faces are chosen yet." in page
    study.refresh_from_db()
    assert study.status == "draft"


def test_a_choice_that_cannot_be_met_makes_no_study(desk, cohort):
    page = desk.post("/studies/new/", RULES | WORDS | {"cohort": cohort.pk, "how": "sample", "n": 99})
    assert "99 faces were asked for, but 20 photos are ready" in page.content.decode()
    assert not Study.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"exposure": "0.01"}, "greater than or equal to 0.1"),
        ({"exposure": "601"}, "less than or equal to 600"),
        ({"name": ""}, "required"),
        ({"how": "sample"}, "how many faces"),
    ],
)
def test_wrong_values_are_said_beside_their_field(desk, cohort, wrong, sentence):
    page = desk.post("/studies/new/", RULES | WORDS | {"cohort": cohort.pk, "how": "all"} | wrong)
    assert sentence in page.content.decode()
    assert not Study.objects.exists()


def test_seconds_become_milliseconds_exactly(desk, cohort):
    desk.post(
        "/studies/new/",
        RULES | WORDS | {"cohort": cohort.pk, "how": "later", "exposure": "0.29", "answer_window": "2.5"},
    )
    protocol = current_protocol(Study.objects.get())
    assert (protocol.exposure_ms, protocol.answer_window_ms) == (290, 2500)


def test_a_draft_is_edited_and_an_open_study_revised_with_a_visible_difference(desk, cohort):
    desk.post("/studies/new/", RULES | WORDS | {"cohort": cohort.pk, "how": "all"})
    study = Study.objects.get()
    edit = f"/studies/{study.pk}/edit/"
    desk.post(edit, RULES | WORDS | {"name": "Better", "exposure": "8"})
    study.refresh_from_db()
    assert (study.name, current_protocol(study).exposure_ms) == ("Better", 8000)
    desk.post(f"/studies/{study.pk}/open/")
    assert "required" in desk.post(edit, RULES | {"exposure": "6"}).content.decode()  # the reason
    desk.post(edit, RULES | {"exposure": "6", "reason": "Asked for by the committee."})
    page = desk.get(f"/studies/{study.pk}/").content.decode()
    assert "exposure ms: 8000 → 6000" in page
    assert "Version 2" in page
    desk.post(f"/studies/{study.pk}/close/")
    assert desk.get(edit).url == f"/studies/{study.pk}/"


def test_a_changed_case_breaks_the_fingerprint_visibly(desk, study):
    assert "fingerprint does not match" in desk.get(f"/studies/{study.pk}/").content.decode()  # the cast's is made up


def test_faces_are_frozen_once_open(desk, study):
    assert "frozen" in desk.get(f"/studies/{study.pk}/cases/").content.decode()
    assert "frozen" in desk.post(f"/studies/{study.pk}/cases/", {"how": "all"}).content.decode()


def test_the_summary_follows_the_form(desk, cohort):
    told = desk.get("/studies/summary/", RULES | {"exposure": "5", "call_ends_exposure": "on"}).content.decode()
    assert "for at most 5 seconds; an answer covers it at once" in told
    assert "possible" in desk.get("/studies/summary/", {"exposure": "x"}).content.decode()


def test_adding_an_existing_account(desk, study, stranger):
    desk.post(f"/studies/{study.pk}/people/add/", {"email": stranger.email, "role": "reader", "seniority": "junior"})
    assert study.readers.get(user=stranger).code == "JP 1"
    page = desk.post(
        f"/studies/{study.pk}/people/add/", {"email": "no@example.org", "role": "reader", "seniority": "junior"}
    )
    assert "There is no account for no@example.org" in page.content.decode()


def test_withdrawing_and_removing_by_button(desk, study):
    desk.post(f"/studies/{study.pk}/people/readers/{study.readers.get().pk}/withdraw/", {"reason": "Ill"})
    assert study.readers.get().withdrawn_at
    investigator = study.memberships.get(role="investigator")
    desk.post(f"/studies/{study.pk}/people/members/{investigator.pk}/remove/")
    assert [m.role for m in study.memberships.all()] == ["coordinator"]
    page = desk.post(f"/studies/{study.pk}/people/members/{study.memberships.get().pk}/remove/", follow=True)
    assert "at least one coordinator" in page.content.decode()


def test_a_phantom_cohort_is_badged(desk, study):
    study.cohort.kind = "phantom"
    study.cohort.save()
    for path in ("/studies/", "/studies/new/", f"/studies/{study.pk}/", f"/studies/{study.pk}/monitor/"):
        assert "phantom" in desk.get(path).content.decode(), path


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        ({"repeats_percent": 5}, "5 % of the faces come a second time"),
        ({"answer_window_ms": 3000}, "there are 3 seconds left"),
        ({"confidence": "none"}, "No confidence is asked for."),
        ({"confidence": "hundred"}, "from 0 to 100"),
        ({"incident_policy": "represent"}, "once more at the end"),
    ],
)
def test_each_rule_has_its_sentence(rules, sentence):
    assert sentence in " ".join(protocol_sentences(Protocol(**rules)))


def test_no_rest_is_not_mentioned():
    assert "rest" not in " ".join(protocol_sentences(Protocol(block_length=0))).replace("interrupted", "")


@pytest.mark.parametrize(("ms", "words"), [(10_000, "10 seconds"), (1000, "1 second"), (250, "0.25 seconds")])
def test_seconds_are_written_as_people_do(ms, words):
    assert seconds(ms) == words


def test_a_script_makes_a_whole_study_with_its_key(client, cohort, coordinator, stranger, investigator):
    key = {"HTTP_AUTHORIZATION": f"Token {make_key(user=coordinator, name='Script', can_write=True)[1]}"}

    def post(path: str, body: dict | None = None):
        return client.post(f"/api/v1/studies/{path}", body or {}, content_type="application/json", **key)

    body = {"name": "Scripted", "cohort": cohort.pk, "protocol": {"exposure_ms": 5000, "confidence": "hundred"}}
    made = post("", body)
    assert made.status_code == 201
    study = made.json()
    assert (study["protocol"]["exposure_ms"], study["cases"]["reading"]) == (5000, 0)
    assert post("", body).json() == {"detail": "There is a study named “Scripted” already. Choose another name."}
    assert post("", body | {"name": "B", "protocol": {"exposure_ms": 5}}).status_code == 400
    path = f"{study['id']}/"
    assert post(f"{path}open/").status_code == 409
    assert post(f"{path}cases/", {"how": "sample", "n": 8, "practice": 2, "seed": 4}).json()["cases"]["reading"] == 8
    assert post(f"{path}readers/", {"email": stranger.email, "seniority": "junior"}).json()["code"] == "JP 1"
    assert post(f"{path}readers/", {"email": coordinator.email}).status_code == 409
    invited = post(f"{path}invitations/", {"email": "n@example.org", "role": "reader"}).json()
    assert "/invitations/" in invited["link"]
    assert invited["is_mailed"] is True
    renewed = post(f"{path}invitations/{invited['id']}/renew/").json()
    assert renewed["link"] != invited["link"]
    assert post(f"{path}invitations/{invited['id']}/revoke/").json()["revoked_at"]
    listed = client.get(f"/api/v1/studies/{path}invitations/", **key).json()["results"]
    assert "link" not in listed[0]
    opened = post(f"{path}open/").json()
    assert (opened["status"], len(opened["protocol"]["digest"])) == ("open", 64)
    reader = client.get(f"/api/v1/studies/{path}readers/", **key).json()["results"][0]
    assert post(f"{path}readers/{reader['id']}/withdraw/", {"reason": "Ill"}).json()["withdrawn_at"]
    assert client.get(f"/api/v1/studies/{path}incidents/", **key).json()["results"] == []
    assert post(f"{path}close/").json()["status"] == "closed"
    assert post(f"{path}reopen/", {"reason": "More readers"}).json()["status"] == "open"


def test_the_schema_describes_the_routes(client, coordinator):
    client.force_login(coordinator)
    schema = client.get("/api/v1/schema/?format=json").json()
    assert "/api/v1/studies/{id}/monitor/" in schema["paths"]


def test_the_admin_shows_studies_and_changes_none(client, study, make_user):
    client.force_login(make_user("Root", is_staff=True, is_superuser=True))
    pages = (
        "studies/study",
        "studies/cohort",
        "studies/photo",
        "studies/invitation",
        "accounts/user",
        "audit/auditevent",
    )
    for page in pages:
        assert client.get(f"/admin/{page}/").status_code == 200, page
    assert client.get(f"/admin/studies/study/{study.pk}/change/").status_code == 200
    assert client.post(f"/admin/studies/study/{study.pk}/change/", {"name": "Other"}).status_code == 403
    assert client.get("/admin/studies/study/add/").status_code == 403


def test_days_between_readings_are_named_where_there_are_two():
    assert "28 days" not in " ".join(protocol_sentences(Protocol(washout_days=28)))
    assert "at least 28 days" in " ".join(protocol_sentences(Protocol(washout_days=28, design="crossover")))


def test_the_printed_protocol_has_no_heading_without_words(client, study, coordinator):
    client.force_login(coordinator)
    for words in ("", "You may stop at any time."):
        Study.objects.filter(pk=study.pk).update(consent_text=words, instructions=words)
        page = client.get(f"/studies/{study.pk}/protocol/").content.decode()
        for heading in ("The consent that readers give", "The instructions they get"):
            assert (heading in page) == bool(words)
