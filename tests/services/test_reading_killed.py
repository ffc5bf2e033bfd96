"""Fifty readers read while web, worker, Redis and PostgreSQL are killed with -9, again and again: what was acknowledged
stands, once and as it was said, and no face was shown twice.

Longer, with 60 faces and 150 killings::

    UNLOSABLE_FACES=60 UNLOSABLE_KILLS=30 pytest -m service -s --timeout 3600 tests/services/test_reading_killed.py
"""

import os
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from readerstudy.launcher import services
from tests.services.killer import Killer
from tests.services.scripted_reader import ScriptedReader
from tests.services.stack import Stack, running

pytestmark = [pytest.mark.service, pytest.mark.timeout(600)]

READERS = int(os.environ.get("UNLOSABLE_READERS", "50"))
FACES = int(os.environ.get("UNLOSABLE_FACES", "6"))
KILLS = int(os.environ.get("UNLOSABLE_KILLS", "3"))  # of each kind
SEED = int(os.environ.get("UNLOSABLE_SEED", "8"))
PHOTOS = 60  # of an import that the worker has to do meanwhile
KINDS = ("web", "web child", "worker", "redis", "postgres")


@pytest.fixture
def site(tmp_path: Path):
    try:
        with running(tmp_path / "site") as stack:
            stack.parts["web"].start()
            stack.add_celery("worker", "work").start()
            yield stack
    except services.Unavailable as reason:
        pytest.fail(str(reason)) if os.environ.get("CI") else pytest.skip(str(reason))


def test_fifty_readers_lose_nothing_while_everything_is_killed(site: Stack) -> None:
    cast = site.python(
        "import json; from tests.services.cast import reading_study\n"
        f"print(json.dumps(reading_study(readers={READERS}, faces={FACES}, exposure_ms=400, confidence='five')))"
    )
    site.python(
        "import json; from tests.services.cast import waiting_import\n"
        f"print(json.dumps(waiting_import(photos={PHOTOS}, folder={str(site.folder)!r})))"
    )
    readers = [
        ScriptedReader(site.address, cast["study"], code, cookie, seed=1000 * SEED + number)
        for number, (code, cookie) in enumerate(cast["readers"].items())
    ]
    begun = time.monotonic()
    killer, problems = read_while_killing(site, readers)
    print(f"\n{killer.report()}")
    assert problems == []
    assert killer.problem is None, killer.problem
    counted(site, readers, seconds=time.monotonic() - begun)
    assert set(site.killed) == set(KINDS), "every kind was killed while people read"
    import_ends(site)
    nothing_is_lost_or_changed(site, readers)
    nothing_is_doubled(site)
    assert "intact" in site.manage("verify_audit")


def read_while_killing(site: Stack, readers: list[ScriptedReader]) -> tuple[Killer, list[str]]:
    problems: list[str] = []

    def run(reader: ScriptedReader) -> None:
        try:
            reader.run()
        except BaseException as problem:
            problems.append(f"{reader.code}: {type(problem).__name__}: {problem}")

    threads = [threading.Thread(target=run, args=(reader,), daemon=True) for reader in readers]
    killer = Killer(site, KINDS * KILLS, seed=SEED, pauses=(0.3, 2.5))
    killer.may_go_on = lambda: any(thread.is_alive() for thread in threads)
    killer.after = {"worker": lambda: take_up_the_import(site)}
    for thread in [killer, *threads]:
        thread.start()
    for thread in [killer, *threads]:
        thread.join()
    return killer, problems


def take_up_the_import(site: Stack) -> None:
    """Two minutes after a worker fell silent, as the rows have it."""
    site.rows("UPDATE studies_importbatch SET heartbeat_at = heartbeat_at - interval '1 hour'")
    site.send("studies.requeue_stale")


def import_ends(site: Stack) -> None:
    end = time.monotonic() + 60
    while site.rows("SELECT status FROM studies_importbatch") != [("checked",)]:
        assert time.monotonic() < end, f"{site.rows('SELECT status, problem FROM studies_importbatch')}"
        if time.monotonic() > end - 55:
            take_up_the_import(site)
        time.sleep(5)
    lines = site.rows("SELECT number, verdict FROM studies_importline ORDER BY number")
    assert lines == [(number, "added") for number in range(1, PHOTOS + 1)]


def counted(site: Stack, readers: list[ScriptedReader], *, seconds: float) -> None:
    statuses, tries = Counter(), Counter()
    for reader in readers:
        statuses += reader.statuses
        tries += reader.tries
    calls = sum("call" in said for reader in readers for said in reader.acknowledged.values())
    looks = sum("start" in said for reader in readers for said in reader.acknowledged.values())
    print(
        f"{len(readers)} readers x {FACES} faces in {seconds:.0f} s: {looks} looks and {calls} calls acknowledged, "
        f"{sum(reader.reloaded for reader in readers)} pages reloaded\n"
        f"answers by status (0: nobody answered): {dict(sorted(statuses.items()))}\n"
        f"calls sent {tries['call']} times, looks begun {tries['start']} times"
    )


def nothing_is_lost_or_changed(site: Stack, readers: list[ScriptedReader]) -> None:
    """The database against what each reader was told."""
    stored = {
        key: (str(token), is_gs, confidence, response_ms)
        for key, token, is_gs, confidence, response_ms in site.rows(
            "SELECT c.idempotency_key, t.token, c.is_gs, c.confidence, c.response_ms "
            "FROM reading_call c JOIN reading_trial t ON t.id = c.trial_id"
        )
    }
    looks = {
        str(token): (key, end, onset)
        for token, key, end, onset in site.rows(
            """SELECT t.token, e.measures ->> 'start_key', e."end", e.onset_ms """
            "FROM reading_exposure e JOIN reading_trial t ON t.id = e.trial_id"
        )
    }
    said = {}
    for reader in readers:
        for token, acknowledged in reader.acknowledged.items():
            if "start" in acknowledged:
                assert looks[token][0] == acknowledged["start"]
            if exposure := acknowledged.get("exposure"):
                assert looks[token][1:] == (exposure["end"], exposure["onset_ms"])
            call = acknowledged["call"]
            told = (token, call["is_gs"], call["confidence"], call["response_ms"])
            assert stored[call["idempotency_key"]] == told
            said[call["idempotency_key"]] = told
    assert stored == said, "no call is there that nobody was told of"
    assert len(said) == READERS * FACES
    assert [(reader.code, reader.refused) for reader in readers if reader.refused] == []


def nothing_is_doubled(site: Stack) -> None:
    twice = "SELECT {} FROM {} GROUP BY {} HAVING count(*) > 1"
    assert site.rows(twice.format("trial_id", "reading_call", "trial_id")) == []
    per_case = (
        "SELECT s.reader_id, t.case_id, count(*) FROM reading_exposure e JOIN reading_trial t ON t.id = e.trial_id "
        "JOIN reading_readingsession s ON s.id = t.session_id GROUP BY s.reader_id, t.case_id HAVING count(*) > 1"
    )
    assert site.rows(per_case) == [], "every exposure happens at most once"
    sessions = site.rows(
        "SELECT count(*), count(started_at), count(finished_at) FROM reading_readingsession WHERE NOT is_practice"
    )
    assert sessions == [(READERS, READERS, READERS)]
    open_trials = (
        "SELECT count(*) FROM reading_trial t LEFT JOIN reading_exposure e ON e.trial_id = t.id "
        "LEFT JOIN reading_call c ON c.trial_id = t.id "
        "WHERE t.forfeited_at IS NULL AND (e.ended_at IS NULL OR c.id IS NULL)"
    )
    assert site.rows(open_trials) == [(0,)], "no finished session has an open trial"
    kinds = dict(site.rows("SELECT kind, count(*) FROM reading_incident GROUP BY kind"))
    assert set(kinds) <= {"left"}, f"only pages that were reloaded over a face leave a mark: {kinds}"
