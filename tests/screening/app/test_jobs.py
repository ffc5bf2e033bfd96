"""A large comparison is made by a worker: claimed once, followed, stopped, found again when the worker was lost."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.refusal import Refused
from screening import jobs, services, work
from screening.analysis.options import Options
from screening.models import Comparison, ComparisonJob
from tests.screening.app.paperlike import build
from training.models import State

QUICK = Options(replicates=200)
MADE = {"run": 0, "replicates": 200, "level": 0.95, "by": "specificity", "seed": 1}


@pytest.fixture
def world(db):
    return build(n=60)


@pytest.fixture
def _large(monkeypatch):
    """Whatever the study's size, it is too large for a page."""
    monkeypatch.setattr(jobs, "MOST_CALLS", 0)


@pytest.fixture
def job(world, _large) -> ComparisonJob:
    return jobs.ask(study=world.study, run=world.run, options=QUICK, by=world.investigator)


@pytest.fixture
def desk(client, world):
    client.force_login(world.investigator)
    return client


def test_a_small_comparison_is_made_at_once(world):
    assert isinstance(jobs.ask(study=world.study, run=world.run, options=QUICK, by=world.investigator), Comparison)
    assert not ComparisonJob.objects.exists()


def test_many_calls_or_many_resamples_are_large(world, monkeypatch):
    assert not jobs.is_large(world.study, Options(replicates=10_000))
    monkeypatch.setattr(jobs, "MOST_RESAMPLED_READERS", 49_999)
    assert jobs.is_large(world.study, Options(replicates=10_000))
    assert not jobs.is_large(world.study, Options(replicates=2000))
    monkeypatch.setattr(jobs, "MOST_CALLS", 299)
    assert jobs.is_large(world.study, Options(replicates=200))


@pytest.mark.usefixtures("_large")
def test_a_large_one_wakes_a_worker_and_the_same_wish_wakes_none_again(world, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first = jobs.ask(study=world.study, run=world.run, options=QUICK, by=world.investigator)
        again = jobs.ask(study=world.study, run=world.run, options=QUICK, by=world.coordinator)
    assert first == again
    assert sent == [("screening.make_comparison", (first.pk,))]
    other = jobs.ask(study=world.study, run=world.run, options=Options(replicates=2000), by=world.investigator)
    assert other.pk != first.pk


def test_the_database_lets_no_second_live_job_of_a_wish_in(job):
    same = {"study": job.study, "run": job.run, "options": job.options, "wish": job.wish, "created_by": job.created_by}
    with pytest.raises(IntegrityError), transaction.atomic():
        ComparisonJob.objects.create(**same)
    with pytest.raises(IntegrityError), transaction.atomic():
        ComparisonJob.objects.create(**same, state=State.FINISHED)  # without a comparison
    jobs.cancel(job=job, by=job.created_by)
    ComparisonJob.objects.create(**same)


@pytest.mark.usefixtures("_large")
def test_what_cannot_be_compared_is_refused_before_a_worker_is_woken(world):
    world.run.state = State.RUNNING
    with pytest.raises(Refused, match="not finished"):
        jobs.ask(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    assert not ComparisonJob.objects.exists()


def test_the_worker_makes_the_same_comparison_as_the_page(job, world):
    work.make_comparison(job_id=job.pk)
    job.refresh_from_db()
    assert (job.state, job.share) == (State.FINISHED, 1.0)
    made = services.compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    assert job.comparison == made
    assert Comparison.objects.count() == 1


def test_progress_rises_to_the_end_and_names_what_is_done(world):
    told: list[tuple[float, str]] = []
    services.compare(
        study=world.study,
        run=world.run,
        options=QUICK,
        by=world.investigator,
        tell=lambda share, step: told.append((share, step)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[0] == 0
    assert shares[-1] == 0.95
    assert "JP 3 against the model" in [step for _, step in told]


def test_only_one_worker_gets_it(job):
    assert jobs.claim(job_id=job.pk, worker="one") is not None
    assert jobs.claim(job_id=job.pk, worker="two") is None
    assert jobs.claim(job_id=job.pk + 1, worker="two") is None


def test_a_cancelled_job_stops_the_worker_and_stores_nothing(job):
    held = jobs.claim(job_id=job.pk, worker="one")
    assert jobs.advance(held, share=0.5, step="half")
    assert jobs.cancel(job=job, by=job.created_by)
    with pytest.raises(work.Unwanted):
        work.reporter(held, every=0)(0.6, "more")
    assert not jobs.finish(held, made=None)
    assert not jobs.cancel(job=job, by=job.created_by)
    asked, cancelled = AuditEvent.objects.filter(target=f"study:{job.study_id}", detail__job=job.pk).order_by("id")
    assert (asked.action, cancelled.action) == ("comparison.asked", "comparison.cancelled")


def test_a_refusal_found_on_the_way_is_the_jobs_problem(job, world):
    world.study.readers.first().sessions.model.objects.all().update(is_practice=True)
    work.make_comparison(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "No reader has called a case yet" in job.problem


def test_an_error_of_the_program_is_a_sentence_and_no_traceback(job, monkeypatch):
    def broken(**_):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(services, "compare", broken)
    work.make_comparison(job_id=job.pk)
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "division" not in job.problem
    assert "log" in job.problem


@pytest.fixture
def sweep(sent, django_capture_on_commit_callbacks):
    def run(**later):
        sent.clear()
        with django_capture_on_commit_callbacks(execute=True):
            return jobs.requeue_stale(now=timezone.now() + timedelta(**later))

    return run


def test_a_living_workers_job_is_left_alone(job, sweep, sent):
    jobs.claim(job_id=job.pk, worker="one")
    assert sweep(seconds=30) == {"lost": 0, "waiting": 0}
    assert sent == []


def test_a_lost_workers_job_waits_again_and_the_lost_one_is_fenced_off(job, sweep, sent):
    lost = jobs.claim(job_id=job.pk, worker="one")
    assert sweep(seconds=91)["lost"] == 1
    assert sent == [("screening.make_comparison", (job.pk,))]
    assert jobs.claim(job_id=job.pk, worker="two").attempts == 2
    assert not jobs.beat(lost)
    assert not jobs.fail(lost, problem="late")


def test_the_third_loss_fails_it_with_a_sentence(job, sweep):
    jobs.claim(job_id=job.pk, worker="one")
    ComparisonJob.objects.filter(pk=job.pk).update(attempts=3)
    assert sweep(seconds=91) == {"lost": 0, "waiting": 0}
    job.refresh_from_db()
    assert job.state == State.FAILED
    assert "lost 3 times" in job.problem


def test_a_lost_message_is_sent_once_more(job, sweep):
    assert sweep(seconds=30)["waiting"] == 0
    assert sweep(seconds=61)["waiting"] == 1
    assert sweep(seconds=62)["waiting"] == 0


@pytest.mark.usefixtures("_large")
def test_the_page_leads_to_the_progress_and_then_to_the_comparison(desk, world):
    answer = desk.post(f"/analysis/{world.study.pk}/", MADE | {"run": world.run.pk})
    job = ComparisonJob.objects.get()
    assert answer["Location"] == f"/analysis/{world.study.pk}/jobs/{job.pk}/"
    page = desk.get(answer["Location"]).content.decode()
    assert "Waiting for a worker" in page
    assert "<progress" in page
    assert "In the making" in desk.get(f"/analysis/{world.study.pk}/").content.decode()
    work.make_comparison(job_id=job.pk)
    made = Comparison.objects.get()
    assert desk.get(answer["Location"])["Location"] == f"/analysis/{world.study.pk}/{made.pk}/"
    told = desk.get(f"{answer['Location']}state.json").json()
    assert told == {"state": "finished", "share": 1.0, "step": "", "is_live": False}


def test_a_cancelled_job_can_be_tried_again_by_a_button(desk, job):
    place = f"/analysis/{job.study_id}/jobs/{job.pk}/"
    assert desk.post(f"{place}again/")["Location"] == place  # nothing to try again while it waits
    desk.post(f"{place}cancel/")
    page = desk.get(place).content.decode()
    assert "was cancelled" in page
    answer = desk.post(f"{place}again/")
    fresh = ComparisonJob.objects.exclude(pk=job.pk).get()
    assert answer["Location"] == f"/analysis/{job.study_id}/jobs/{fresh.pk}/"
    assert fresh.options == job.options


@pytest.mark.usefixtures("_large")
def test_the_api_answers_202_and_tells_how_far_it_is(desk, world):
    body = {"study": world.study.pk, "run": world.run.pk, "replicates": 200}
    asked = desk.post("/api/v1/comparisons/", body, content_type="application/json")
    assert asked.status_code == 202
    assert asked.json()["state"] == "queued"
    place = f"/api/v1/comparison-jobs/{asked.json()['id']}/"
    work.make_comparison(job_id=asked.json()["id"])
    assert desk.get(place).json()["comparison"] == Comparison.objects.get().pk
    assert desk.post(f"{place}cancel/").json()["state"] == "finished"


@pytest.mark.parametrize("tail", ["", "state.json", "cancel/", "again/"])
def test_jobs_open_for_investigators_only(client, job, world, stranger, tail):
    place = f"/analysis/{world.study.pk}/jobs/{job.pk}/{tail}"
    ask = client.post if tail.endswith(("l/", "n/")) else client.get
    api = f"/api/v1/comparison-jobs/{job.pk}/"
    neighbour = build(name="Next door", n=60, readers=False)
    assert ask(place).status_code == 302
    for user, status in ((stranger, 404), (world.coordinator, 403), (neighbour.investigator, 404)):
        client.force_login(user)
        assert ask(place).status_code == status
        assert client.get(api).status_code == status
        assert client.post(f"{api}cancel/").status_code == status
    assert client.get(f"/analysis/{neighbour.study.pk}/jobs/{job.pk}/").status_code == 404
    job.refresh_from_db()
    assert job.state == State.QUEUED


def test_a_changed_option_makes_another_comparison_and_the_first_stays(desk, world):
    first = services.compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    place = f"/analysis/{world.study.pk}/{first.pk}/"
    assert 'name="by" value="sensitivity"' in desk.get(place).content.decode()
    answer = desk.post(f"{place}change/", {"by": "sensitivity"})
    second = Comparison.objects.exclude(pk=first.pk).get()
    assert answer["Location"] == f"/analysis/{world.study.pk}/{second.pk}/"
    assert second.options == first.options | {"by": "sensitivity"}
    assert desk.post(f"{answer['Location']}change/", {"by": "specificity"})["Location"] == place
    assert Comparison.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"replicates": "7"}, "200, 2000 or 10000"),
        ({"replicates": "x"}, "no value"),
        ({"without_flagged": "y"}, "no value"),
    ],
)
def test_a_change_that_is_no_option_is_refused_with_a_sentence(desk, world, change, word):
    first = services.compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    place = f"/analysis/{world.study.pk}/{first.pk}/"
    page = desk.post(f"{place}change/", change, follow=True).content.decode()
    assert word in page
    assert Comparison.objects.count() == 1


def test_only_investigators_change_options(client, world, stranger):
    first = services.compare(study=world.study, run=world.run, options=QUICK, by=world.investigator)
    for user, status in ((stranger, 404), (world.coordinator, 403)):
        client.force_login(user)
        place = f"/analysis/{world.study.pk}/{first.pk}/change/"
        assert client.post(place, {"by": "sensitivity"}).status_code == status
    assert Comparison.objects.count() == 1
