"""A five-fold run while trainers, worker, Redis and PostgreSQL are killed with -9: it ends with the very scores of a
run that nobody disturbed, and leaves no file behind.

Longer::

    UNLOSABLE_KILLS=10 UNLOSABLE_EPOCHS=120 pytest -m service -s --timeout 3600 tests/services/test_run_killed.py
"""

import os
import time
from pathlib import Path

import pytest

from readerstudy.launcher import services
from tests.services.killer import Killer
from tests.services.stack import Stack, running

pytestmark = [pytest.mark.service, pytest.mark.timeout(900)]

KILLS = int(os.environ.get("UNLOSABLE_KILLS", "1"))  # of each kind
EPOCHS = int(os.environ.get("UNLOSABLE_EPOCHS", "20"))
SEED = int(os.environ.get("UNLOSABLE_SEED", "8"))
KINDS = ("trainer-1", "trainer-2", "worker", "redis", "postgres")
TRAIN = ("train", "--cohort", "Faces", "--recipe", "smoke", "--set", f"epochs={EPOCHS}", "--seed", "3")
OWNER = ("--owner", "ines@example.org")


@pytest.fixture
def site(tmp_path: Path):
    try:
        with running(tmp_path / "site") as stack:
            yield stack
    except services.Unavailable as reason:
        pytest.fail(str(reason)) if os.environ.get("CI") else pytest.skip(str(reason))


def test_a_run_that_is_killed_again_and_again_ends_with_the_same_scores(site: Stack) -> None:
    site.python(
        "import json; from tests.services.cast import training_cohort\nprint(json.dumps(training_cohort(n=30)))"
    )
    site.manage(*TRAIN, *OWNER, "--name", "undisturbed", "--inline")
    for name, queue in (("worker", "work"), ("trainer-1", "train"), ("trainer-2", "train")):
        site.add_celery(name, queue).start()
    begun = time.monotonic()
    site.manage(*TRAIN, *OWNER, "--name", "killed", "--no-follow")
    killer = Killer(site, KINDS * KILLS, seed=SEED, pauses=(1.0, 4.0))
    killer.may_go_on = lambda: state_of(site, "killed") in {"queued", "running"}
    killer.after = {name: lambda name=name: found_lost(site, name) for name in KINDS}
    killer.start()
    comes_to_its_end(site, "killed", seconds=500)
    killer.join()
    print(f"\n{killer.report()}")
    assert killer.problem is None, killer.problem
    attempts = [n for (n,) in site.rows(f"SELECT attempts FROM training_fold WHERE run_id = {run(site, 'killed')}")]
    scored = scores(site, "killed")
    print(f"{len(scored)} scores after {time.monotonic() - begun:.0f} s; attempts of the five folds: {attempts}")
    assert len(site.killed) >= 3, "most of the killing was done while the run went on"
    assert KILLS == 1 or sum(attempts) > 5, "a fold was lost and taken up"
    assert scored == scores(site, "undisturbed"), "bit by bit the same"
    assert len(scored) == 30
    site.send("training.requeue_stale")
    no_orphans(site)
    assert "intact" in site.manage("verify_audit")


def run(site: Stack, name: str) -> int:
    return int(site.rows("SELECT id FROM training_trainingrun WHERE name = %s", name)[0][0])


def state_of(site: Stack, name: str) -> str:
    try:
        found = site.rows("SELECT state, problem FROM training_trainingrun WHERE name = %s", name)
    except Exception:  # PostgreSQL is being killed by the other thread
        return "running"
    assert found[0][0] != "failed", found
    return str(found[0][0])


def found_lost(site: Stack, name: str) -> None:
    """A minute and a half after a trainer fell silent, as the rows have it: the folds that nobody holds any more."""
    held = {process.pid for part in site.parts.values() for process in part.family()}
    running_folds = site.rows("SELECT id, worker FROM training_fold WHERE state = 'running'")
    for fold, worker in running_folds:
        if int(str(worker).rsplit(":", 1)[1]) not in held:
            site.rows("UPDATE training_fold SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE id = %s", fold)
    # What waits and whose message was taken by the killed process, or by a Redis that was away.
    long_ago = "SET heartbeat_at = heartbeat_at - interval '1 hour' WHERE state = 'queued'"
    if name != "postgres":
        for table in ("training_trainingrun", "training_fold"):
            site.rows(f"UPDATE {table} {long_ago} AND heartbeat_at > now() - interval '20 minutes'")
    site.send("training.requeue_stale")


def comes_to_its_end(site: Stack, name: str, *, seconds: float) -> None:
    end, nudged = time.monotonic() + seconds, time.monotonic()
    while state_of(site, name) != "finished":
        assert time.monotonic() < end, "\n".join(part.said(1500) for part in site.parts.values())
        if time.monotonic() - nudged > 15:  # a beat
            site.send("training.requeue_stale")
            nudged = time.monotonic()
        time.sleep(0.5)


def scores(site: Stack, name: str) -> dict[int, tuple[float, float]]:
    """Score and calibrated score by photo, as the database has them."""
    rows = site.rows(
        "SELECT p.photo_id, p.score, p.calibrated FROM training_prediction p JOIN training_trainingrun r "
        "ON r.id = p.run_id WHERE r.name = %s AND p.score IS NOT NULL",
        name,
    )
    return {photo: (score, calibrated) for photo, score, calibrated in rows}


def no_orphans(site: Stack, *, seconds: float = 60) -> None:
    """Each fold has its weights and its maps, and nothing else lies anywhere."""
    named = {name for (name,) in site.rows("SELECT weights FROM training_fold")}
    named |= {f"media/{name}" for (name,) in site.rows("SELECT heat_map FROM training_prediction WHERE heat_map <> ''")}
    end, surplus = time.monotonic() + seconds, {"not looked yet"}
    while surplus and time.monotonic() < end:
        there = {
            str(path.relative_to(site.folder))
            for root in ("runs", "media/heat")
            for path in (site.folder / root).rglob("*")
            if path.is_file()
        }
        assert named <= there, f"missing: {named - there}"
        surplus = there - named
        time.sleep(0.5)
    assert surplus == set()
