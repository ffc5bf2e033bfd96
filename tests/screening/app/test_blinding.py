"""Nobody sees results before the reading is closed, unless the protocol or a reason that is kept says otherwise."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import get_resolver, reverse

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.admin import CallAdmin, IncidentAdmin
from readerstudy.reading.models import Call, Incident, Trial
from readerstudy.refusal import Refused
from readerstudy.studies.models import Reader, Study, Unblinding
from readerstudy.studies.selectors.blinding import results_wait, waiting_studies
from readerstudy.studies.services.blinding import unblind_study
from readerstudy.studies.services.studies import close_study, reopen_study
from screening import jobs
from screening.analysis.options import Options
from screening.downloads import DOWNLOADS, fetch
from screening.models import Comparison, ComparisonJob
from screening.pilots import sources
from screening.services import compare
from tests.screening.app.paperlike import Paperlike, build

QUICK = Options(replicates=200)
REASON = "A safety board has asked for the numbers."
# Pages of a study that hold neither an answer nor a comparison, and so stay open to its investigators.
HARMLESS = {"study", "aids", "unblind", "blinding"}
# Doors with a test of their own below, or whose number is no comparison's: a job tells how far it is and no more.
ELSEWHERE = {"change", "pair", "study_planner", "import", "import_decide", "link", "link_revoke"}
JOBS = {"job", "job_state", "job_cancel", "job_again"}


@pytest.fixture
def world(db) -> Paperlike:
    """A closed study with a comparison, opened for reading again under its blinded protocol."""
    made = build(n=60)
    compare(study=made.study, run=made.run, options=QUICK, by=made.investigator)
    made.study = reopen_study(study=made.study, by=made.coordinator)
    return made


def doors() -> list[tuple[str, str]]:
    """Every page and API route of the analysis that names a study or a comparison."""
    found = []
    for namespace in ("screening", "screening_api"):
        resolver = get_resolver()
        for part in namespace_of(resolver, namespace).url_patterns:
            arguments = part.pattern.converters
            if part.name not in HARMLESS | ELSEWHERE | JOBS and ({"study", "pk"} & set(arguments)):
                found.append((f"{namespace}:{part.name}", " ".join(arguments)))
    return found


def namespace_of(resolver, namespace):
    for part in resolver.url_patterns:
        if getattr(part, "namespace", None) == namespace:
            return part
        if hasattr(part, "url_patterns") and (found := namespace_of(part, namespace)):
            return found
    return None


def opened(client, world, name: str, arguments: str) -> int:
    made = Comparison.objects.get()
    values = {"study": world.study.pk, "pk": made.pk, "name": "calls" if "pk" in arguments else "reads.csv"}
    values |= {"number": 1, "kind": "html"}
    return client.get(reverse(name, kwargs={key: values[key] for key in arguments.split()})).status_code


@pytest.mark.parametrize(("name", "arguments"), doors())
@pytest.mark.parametrize("who", ["investigator", "coordinator"])
def test_every_door_to_results_is_shut_while_they_wait(client, world, name, arguments, who):
    client.force_login(getattr(world, who))
    assert opened(client, world, name, arguments) in (403, 404)


@pytest.mark.parametrize(("name", "arguments"), [door for door in doors() if not door[0].endswith(":mine")])
def test_and_open_again_once_the_reading_is_closed(client, world, name, arguments):
    close_study(study=world.study, by=world.coordinator)
    client.force_login(world.investigator)
    assert opened(client, world, name, arguments) == 200


def test_there_are_doors_to_try():
    names = {name for name, _ in doors()}
    assert {"screening:comparison", "screening:answers", "screening_api:data", "screening_api:file"} <= names


def test_the_services_behind_the_doors_refuse_too(world):
    with pytest.raises(Refused, match="stay closed until its reading is closed"):
        compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    with pytest.raises(Refused, match="stay closed until its reading is closed"):
        fetch(download=DOWNLOADS["reads.csv"], study=world.study, run=None, by=world.investigator)


def test_no_list_shows_a_comparison_that_waits(client, world):
    client.force_login(world.investigator)
    page = client.get(f"/analysis/{world.study.pk}/").content.decode()
    assert "Results stay closed until the reading is closed" in page
    assert f"/analysis/{world.study.pk}/files/" not in page
    assert f"/analysis/{world.study.pk}/{Comparison.objects.get().pk}/" not in page
    assert client.get("/api/v1/comparisons/").json()["results"] == []


def test_a_link_made_before_opens_no_result_that_waits_again(client, world):
    study, pk = world.study, Comparison.objects.get().pk
    close_study(study=study, by=world.coordinator)
    paths = [
        reverse("screening:report_file", args=[study.pk, pk, "pdf"]),
        reverse("screening:file", args=[study.pk, "reads.csv"]),
    ]
    client.force_login(world.investigator)
    links = [client.post(f"/analysis/{study.pk}/links/", {"path": path}).context["address"] for path in paths]
    client.logout()
    addresses = ["/" + link.split("/", 3)[3] for link in links]
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    reopen_study(study=study, by=world.coordinator)
    assert [client.get(address).status_code for address in addresses] == [410, 410]
    client.force_login(world.investigator)
    assert client.post(f"/analysis/{study.pk}/links/revoke/").status_code in (403, 404)


def test_an_incident_tells_no_refused_answer_while_results_wait(client, world, rf):
    """What was refused is kept whole in the row: it is shown with everything else, once results may be seen."""
    trial = Trial.objects.filter(session__reader__study=world.study).first()
    said = {"is_gs": True, "confidence": 87, "syndrome": "Noonan"}
    Incident.objects.create(session=trial.session, trial=trial, kind="late-call", detail=said | {"stage": "unaided"})
    client.force_login(world.coordinator)
    doors = [f"/studies/{world.study.pk}/incidents/", f"/studies/{world.study.pk}/monitor/"]
    api = f"/api/v1/studies/{world.study.pk}/incidents/"
    for door in doors:
        page = client.get(door).content.decode()
        assert "unaided" in page
        assert "Noonan" not in page
    assert [row["detail"] for row in client.get(api).json()["results"]] == [{"stage": "unaided"}]
    assert not IncidentAdmin(Incident, None).get_queryset(rf.get("/")).exists()
    close_study(study=world.study, by=world.coordinator)
    assert all("Noonan" in client.get(door).content.decode() for door in doors)
    assert client.get(api).json()["results"][0]["detail"] == said | {"stage": "unaided"}
    assert IncidentAdmin(Incident, None).get_queryset(rf.get("/")).exists()


def test_two_comparisons_are_not_put_side_by_side(client, world):
    first = Comparison.objects.get().pk
    world.study = close_study(study=world.study, by=world.coordinator)
    second = compare(
        study=world.study, run=world.run, options=Options(replicates=200, seed=2), by=world.investigator
    ).pk
    client.force_login(world.investigator)
    path = f"/analysis/{world.study.pk}/side-by-side/?comparison={first}&comparison={second}"
    assert client.get(path).status_code == 200
    reopen_study(study=world.study, by=world.coordinator)
    assert client.get(path).status_code == 403


def test_no_option_is_changed_and_no_job_begins(client, world, monkeypatch):
    client.force_login(world.investigator)
    path = f"/analysis/{world.study.pk}/{Comparison.objects.get().pk}/change/"
    assert client.post(path, {"replicates": 2000}).status_code == 403
    monkeypatch.setattr(jobs, "MOST_CALLS", 0)
    with pytest.raises(Refused, match="stay closed until its reading is closed"):
        jobs.ask(study=world.study, run=world.run, options=Options(replicates=2000), by=world.investigator)
    assert not ComparisonJob.objects.exists()


def test_the_planner_learns_nothing_from_them(client, world):
    assert sources(world.study) == []
    client.force_login(world.investigator)
    assert client.get(f"/analysis/{world.study.pk}/planner/").context["learned"] is None
    answer = client.get(f"/api/v1/studies/{world.study.pk}/planner/")
    assert (answer.status_code, "no pilot" in answer.json()["detail"]) == (400, True)


def test_posting_the_form_or_the_api_makes_nothing(client, world):
    client.force_login(world.investigator)
    form = {"run": world.run.pk, "replicates": 200, "level": 0.95, "by": "specificity", "seed": 3}
    assert client.post(f"/analysis/{world.study.pk}/", form).status_code == 400
    wish = {"study": world.study.pk, "run": world.run.pk, "replicates": 200}
    answer = client.post("/api/v1/comparisons/", wish, content_type="application/json")
    assert (answer.status_code, "stay closed" in answer.json()["detail"]) == (403, True)
    assert Comparison.objects.count() == 1


def test_the_administration_hides_the_answers_of_studies_that_wait(world, rf):
    other = build(name="Closed", n=60)
    shown = CallAdmin(Call, None).get_queryset(rf.get("/"))
    studies = set(shown.values_list("trial__session__reader__study", flat=True))
    assert studies == {other.study.pk}


@pytest.mark.parametrize(
    ("status", "is_blinded", "waits"),
    [("draft", True, True), ("open", True, True), ("closed", True, False), ("open", False, False)],
)
def test_when_results_wait(study, status, is_blinded, waits):
    Study.objects.filter(pk=study.pk).update(status=status)
    study.protocols.update(is_blinded_until_closed=is_blinded)
    study.refresh_from_db()
    assert results_wait(study) is waits
    assert waiting_studies().filter(pk=study.pk).exists() is waits


def test_an_investigator_opens_results_early_and_it_is_said_for_ever(client, world):
    client.force_login(world.investigator)
    path = f"/analysis/{world.study.pk}/unblind/"
    assert "This cannot be undone" in client.get(path).content.decode()
    assert client.post(path, {"reason": REASON}).status_code == 400, "the tick is missing"
    assert client.post(path, {"reason": " ", "sure": "on"}).status_code == 400
    assert not Unblinding.objects.exists()
    assert client.post(path, {"reason": REASON, "sure": "on"}, follow=True).status_code == 200
    (event,) = AuditEvent.objects.filter(action="study.unblinded_early")
    assert event.detail["reason"] == REASON
    early = compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    closed = close_study(study=world.study, by=world.coordinator)
    final = compare(study=closed, run=world.run, options=QUICK, by=world.investigator)
    for made in (early, final):
        words = " ".join(made.result["warnings"])
        assert "Unblinded early, on " in words
        assert "because: A safety board has asked for the numbers." in words
    for page in ("", "report/"):
        assert "Unblinded early" in client.get(f"/analysis/{world.study.pk}/{final.pk}/{page}").content.decode()


def test_opening_them_early_opens_nothing_to_coordinators(client, world):
    unblind_study(study=world.study, by=world.investigator, reason=REASON)
    client.force_login(world.coordinator)
    assert client.get(f"/analysis/{world.study.pk}/files/").status_code == 403


def test_it_cannot_be_changed_or_taken_back(world):
    made = unblind_study(study=world.study, by=world.investigator, reason=REASON)
    made.reason = "Another one"
    with pytest.raises(TypeError):
        made.save()
    with pytest.raises(TypeError):
        made.delete()
    with pytest.raises(DatabaseError), transaction.atomic():
        Unblinding.objects.update(reason="Another one")
    with pytest.raises(Refused, match="early already"):
        unblind_study(study=world.study, by=world.investigator, reason=REASON)


@pytest.mark.parametrize(("status", "is_blinded"), [("draft", True), ("closed", True), ("open", False)])
def test_there_is_nothing_to_open_early(world, status, is_blinded):
    Study.objects.filter(pk=world.study.pk).update(status=status)
    world.study.protocols.update(is_blinded_until_closed=is_blinded)
    with pytest.raises(Refused):
        unblind_study(study=world.study, by=world.investigator, reason=REASON)


def test_the_page_and_the_api_for_everybody(client, world, make_user):
    reader = make_user("Rosa Reader")
    Reader.objects.create(study=world.study, user=reader, code="SP 9")
    pages = [f"/analysis/{world.study.pk}/unblind/", f"/api/v1/studies/{world.study.pk}/blinding/"]
    expected = [(world.coordinator, 403), (reader, 403), (make_user("Sam Stranger"), 404), (world.investigator, 200)]
    for user, status in expected:
        client.force_login(user)
        for page in pages:
            assert client.get(page).status_code == status
            if status != 200:
                assert client.post(page, {"reason": REASON, "sure": True}).status_code == status
    assert not Unblinding.objects.exists()


def test_a_script_opens_them_early(client, world):
    client.force_login(world.investigator)
    path = f"/api/v1/studies/{world.study.pk}/blinding/"
    assert client.get(path).json() == {"results_wait": True, "unblinded_at": None, "reason": ""}
    assert client.post(path, {"reason": REASON, "sure": False}, content_type="application/json").status_code == 400
    told = client.post(path, {"reason": REASON, "sure": True}, content_type="application/json").json()
    assert (told["results_wait"], told["reason"]) == (False, REASON)
    assert client.post(path, {"reason": REASON, "sure": True}, content_type="application/json").status_code == 409


def test_a_reading_that_was_opened_again_is_said(world):
    closed = close_study(study=world.study, by=world.coordinator)
    made = compare(study=closed, run=world.run, options=QUICK, by=world.investigator)
    assert "closed and opened again on " in " ".join(made.result["warnings"])


def test_interim_looks_that_the_protocol_allows_are_said(db):
    world = build(status="open", n=60)
    interim = compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    assert "interim numbers, which the protocol allows," in " ".join(interim.result["warnings"])
    closed = close_study(study=world.study, by=world.coordinator)
    final = compare(study=closed, run=world.run, options=QUICK, by=world.investigator)
    assert "allowed looks at interim results" in " ".join(final.result["warnings"])
