"""The latest of each session: when it was last at work, and whether its last answers came too fast or all alike.

Only the last places of a session are asked for, so that none of this grows with the length of a study.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db.models import Count, F, Max, Min, Q

HASTE_MS = 1000  # a median below one second is no look at a face
RECENT = 30  # so many answers back the two warnings look
SLACK = 5  # of these may be lost ones, without an answer
MOST_AT_ONCE = 400  # spans in one question: databases bound the depth of an expression

Span = tuple[int, int]  # positions after the first, up to the second
Sessions = Mapping[int, dict[str, Any]]


def _model(name: str) -> Any:
    return apps.get_model("reading", name).objects


def _within(spans: Mapping[int, Span]) -> Iterable[Q]:
    """The trials of each session within its span; sessions that stand at the same place are asked about together."""
    shared: dict[Span, list[int]] = {}
    for pk, span in spans.items():
        shared.setdefault(span, []).append(pk)
    places = list(shared.items())
    for start in range(0, len(places), MOST_AT_ONCE):
        wanted = Q()
        for (after, last), pks in places[start : start + MOST_AT_ONCE]:
            wanted |= Q(trial__session__in=pks, trial__position__gt=after, trial__position__lte=last)
        yield wanted


def time_the_last(sessions: Sessions) -> None:
    """``called_at`` and ``shown_at`` of each session; calls are only added, and faces are shown in their order."""
    last = {row["last_call"]: row for row in sessions.values() if row.get("last_call")}
    for pk, received_at, position in (
        _model("Call").filter(pk__in=last).values_list("id", "received_at", "trial__position")
    ):
        last[pk]["called_at"], last[pk]["last_position"] = received_at, position
    for wanted in _within({pk: _after_the_last_call(row) for pk, row in sessions.items() if row.get("total")}):
        shown = _model("Exposure").filter(wanted).values_list("trial__session_id").order_by()
        for pk, at in shown.annotate(at=Max("started_at")):
            sessions[pk]["shown_at"] = at


def _after_the_last_call(row: dict[str, Any]) -> Span:
    """From the face that was called last on; behind it lie lost ones, and some whose picture is gone."""
    position = row.get("last_position", 0)
    return position - 1, position + row.get("forfeited", 0) + RECENT


def warn(sessions: Sessions) -> None:
    """``is_hasty`` and ``is_straight`` from the last answers of each session that has enough of them.

    What was answered is compared with itself and forgotten; it never leaves this module.
    """
    done = {pk: row["called"] + row.get("forfeited", 0) for pk, row in sessions.items() if row["called"] >= RECENT}
    spans = {pk: (place - RECENT, place + 1) for pk, place in done.items()}
    plain = {pk for wanted in _within(spans) for pk in _warn_by_counts(sessions, wanted)}
    for wanted in _within({pk: span for pk, span in spans.items() if pk not in plain}):
        _warn_one_by_one(sessions, wanted)


def _warn_by_counts(sessions: Sessions, wanted: Q) -> Iterable[int]:
    """The sessions settled by counting: those with one answer a face, and no more faces than are looked at."""
    rows = _answers(wanted).values(pk=F("trial__session_id")).order_by()
    for row in rows.annotate(
        n=Count("id"),
        faces=Count("trial", distinct=True),
        gs=Count("id", filter=Q(is_gs=True)),
        sure=Count("confidence"),
        least=Min("confidence"),
        most=Max("confidence"),
        fast=Count("id", filter=Q(response_ms__lt=HASTE_MS)),
    ):
        if row["n"] == row["faces"] <= RECENT:
            is_one_call = row["gs"] in (0, row["n"])
            is_as_sure = not row["sure"] or (row["sure"] == row["n"] and row["least"] == row["most"])
            _say(sessions[row["pk"]], n=row["n"], fast=row["fast"], is_straight=is_one_call and is_as_sure)
            yield row["pk"]


def _warn_one_by_one(sessions: Sessions, wanted: Q) -> None:
    """Where answers were taken back, halved or given twice, the last one at each place counts."""
    recent: dict[int, dict[int, tuple[Any, float | None]]] = {}
    rows = _answers(wanted).order_by("trial__position", "-stage", "revision")
    for pk, position, gs, sure, ms in rows.values_list(
        "trial__session_id", "trial__position", "is_gs", "confidence", "response_ms"
    ):
        recent.setdefault(pk, {})[position] = (gs, sure), ms
    for pk, answers in recent.items():
        last = list(answers.values())[-RECENT:]
        fast = sum(ms is not None and ms < HASTE_MS for _, ms in last)
        _say(sessions[pk], n=len(last), fast=fast, is_straight=len({said for said, _ in last}) == 1)


def _answers(wanted: Q) -> Any:
    return _model("Call").filter(wanted, is_complete=True)


def _say(session: dict[str, Any], *, n: int, fast: int, is_straight: bool) -> None:
    if n >= RECENT - SLACK:
        session["is_hasty"], session["is_straight"] = 2 * fast > n, is_straight
