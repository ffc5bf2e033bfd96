"""Two tabs, two devices and a nervous finger at the very same moment: the database lets one of them through."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection

from readerstudy.reading import services
from readerstudy.reading.models import Call, Exposure, Incident
from readerstudy.refusal import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(count: int, act: Callable[[int], object]) -> list[object]:
    """The results of ``count`` threads that start together; a refusal counts as the result "refused"."""
    gate, results = threading.Barrier(count), []

    def run(number: int) -> None:
        gate.wait()
        try:
            results.append(act(number))
        except Refused:
            results.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_of_many_starts_at_once_one_is_let_through(hand):
    trial = hand.next().trial
    services.issue_photo(trial=trial).close()
    results = at_once(6, lambda number: services.open_exposure(trial=trial, key=f"page-{number}"))
    assert results.count("refused") == 5
    assert Exposure.objects.count() == 1
    assert Incident.objects.filter(kind="second-look-refused").count() == 5


def test_of_many_answers_at_once_one_is_stored_and_all_like_it_are_told_so(hand):
    trial = hand.next().trial
    hand.start(trial)
    hand.close(trial)

    def call(number: int) -> bool:
        key = "the-same-page" if number < 4 else "another-page"
        answer = {"is_gs": number < 4, "confidence": 3, "idempotency_key": key, "response_ms": 900.0}
        return services.record_call(trial=trial, **answer)[0].is_gs

    results = at_once(6, call)
    stored = Call.objects.get().is_gs
    assert results.count(stored) == (4 if stored else 2)
    assert results.count("refused") == (2 if stored else 4)


def test_pages_that_ask_for_the_place_together_get_the_same_one(hand):
    places = at_once(6, lambda number: services.next_trial(session=hand.session).trial.pk)
    assert len(set(places)) == 1
