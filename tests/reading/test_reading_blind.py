"""Nothing that reaches a reader hints at the truth: everything reachable is fetched and searched."""

import itertools
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from readerstudy.reading import services
from readerstudy.reading.models import ReadingSession
from readerstudy.reading.selectors import consent_version
from readerstudy.studies.models import Aid, Case

pytestmark = pytest.mark.django_db
BYTES = 4096


@pytest.fixture
def marked(make_study, coordinator, investigator, reader_user):
    """A study whose every secret carries a mark that occurs nowhere else."""
    study = make_study(coordinator, investigator, reader_user, name="Blind", n=6, practice=1, exposure_ms=500)
    for number, case in enumerate(study.cases.select_related("photo__subject", "photo__face")):
        photo, subject = case.photo, case.photo.subject
        subject.code, subject.confirmation = f"ZQCODE{number:03d}", "karyotype"
        subject.diagnosis = f"ZQDIAGNOSIS{number}" if subject.has_syndrome else ""
        subject.save()
        photo.original_name = f"zqname{number}.jpg"
        photo.save()
        # As the import makes them: another picture each, all of one length.
        picture = (b"\xff\xd8" + bytes([number]) * (20 + 30 * number)).ljust(BYTES, b"\0")
        photo.face.rendition.save(f"{photo.token}.jpg", ContentFile(picture))
    return study


FIELDS = ["has_syndrome", "karyotype", "is_represented", "repetition"]
SCHEMA = "/api/v1/schema/"  # the same for everybody: it names fields and holds no data


def secrets(study: Any) -> list[str]:
    words = ["zqcode", "zqdiagnosis", "zqname", *FIELDS]
    for case in study.cases.select_related("photo__face"):
        photo = case.photo
        words += [str(photo.token), photo.token.hex, photo.sha256, photo.face.rendition.name, photo.face.crop.name]
    return [word.lower() for word in words]


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


def addresses(values: dict[str, list[str]]) -> Iterator[str]:
    """Every route of the site with every known value in every place."""
    for route in routes(get_resolver()):
        if route.startswith(("admin/", "static/")) or "(" in route:
            continue  # the admin lets staff in only; its own test says so
        places = re.findall(r"<(?:(\w+):)?\w+>", route)
        choices = [values.get(kind or "str", ["1"]) for kind in places]
        for choice in itertools.islice(itertools.product(*choices), 40):
            filled = route
            for value in choice:
                filled = re.sub(r"<[^>]+>", value, filled, count=1)
            yield "/" + filled.replace("^", "").replace("$", "")


def whole(response: HttpResponse) -> str:
    head = "\n".join(f"{name}: {value}" for name, value in response.items())
    if getattr(response, "streaming", False):
        body = b"".join(response.streaming_content).decode("latin1")
    else:
        body = response.content.decode("latin1")
    return f"{head}\n\n{body}".lower()


def values_of(study: Any, session: ReadingSession) -> dict[str, list[str]]:
    case = study.cases.select_related("photo").last()
    numbers = {str(n) for n in (1, study.pk, study.cohort_id, case.pk, case.photo_id, case.photo.subject_id)}
    tokens = [session.token, session.trials.first().token, session.trials.last().token, case.photo.token]
    return {
        "int": sorted(numbers),
        "uuid": [str(token) for token in tokens],
        "slug": ["reader", "coordinator"],
        "str": ["reader", str(case.photo.token)],
        "path": [case.photo.file.name, case.photo.face.rendition.name],
    }


def test_nothing_a_reader_can_reach_names_a_subject_or_a_truth(marked, client, reader_user):
    client.force_login(reader_user)
    reader = services.record_consent(reader=marked.readers.get(), version=consent_version(marked))
    session = reader.sessions.get(is_practice=False)
    found = secrets(marked)
    seen = 0
    for address in addresses(values_of(marked, session)):
        response = client.get(address)
        text = whole(response).replace(address.lower(), "")  # what was put in may come back in a message
        assert response.status_code < 500, f"{address} answered {response.status_code}"
        told = [word for word in found if word in text and not (address == SCHEMA and word in FIELDS)]
        assert not told, f"{address} tells a reader too much"
        seen += 1
    assert seen > 50


def play(client: Any, session: ReadingSession) -> Iterator[HttpResponse]:
    """A whole session through the API; every answer of the server on the way."""
    api = "/api/v1/reading"

    def post(path: str, body: dict | None = None) -> HttpResponse:
        return client.post(f"{api}/{path}/", body or {}, content_type="application/json")

    response = post(f"sessions/{session.token}/start")
    while response.json()["state"] == "trial":
        yield response
        place = response.json()
        trial = f"trials/{place['trial']['token']}"
        yield client.get(place["trial"]["photo"])
        if place["ahead"]:
            yield client.get(place["ahead"]["photo"])
        yield post(f"{trial}/start", {"key": "k"})
        yield client.get(place["trial"]["photo"])
        look = {"end": "complete", "onset_ms": 100.0, "offset_ms": 600.0, "frames": 30, "measures": {"decode_ms": 3}}
        yield post(f"{trial}/exposure", look)
        call = {"is_gs": True, "confidence": 3, "response_ms": 700.5, "idempotency_key": place["trial"]["token"]}
        yield post(f"{trial}/call", call)
        yield post(f"{trial}/call", {**call, "is_gs": False})
        response = post(f"sessions/{session.token}/next")
    yield response


def test_a_whole_session_through_the_api_tells_nothing(marked, client, reader_user):
    client.force_login(reader_user)
    reader = services.record_consent(reader=marked.readers.get(), version=consent_version(marked))
    for is_practice in (True, False):
        session = reader.sessions.get(is_practice=is_practice)
        answers = list(play(client, session))
        found = secrets(marked)
        pictures = [a for a in answers if a["Content-Type"] == "image/jpeg"]
        assert len(pictures) >= session.trials.count()
        assert {answer["Content-Length"] for answer in pictures} == {str(BYTES)}
        assert {answer["Content-Disposition"] for answer in pictures} == {'inline; filename="face"'}
        for answer in answers:
            assert answer["Cache-Control"] == "no-store"
            assert answer["X-Content-Type-Options"] == "nosniff"
            text = whole(answer) if answer not in pictures else "\n".join(answer.headers.values()).lower()
            assert not [word for word in found if word in text], text[:300]
        told = [answer.json().get("feedback") for answer in answers if "application/json" in answer["Content-Type"]]
        assert any(told) is is_practice, "the truth is told for practice faces and for no other"
        assert {a.status_code for a in answers} <= {200, 201, 409, 410}
        session.refresh_from_db()
        assert session.finished_at


def test_answers_differ_by_nothing_but_the_token_between_a_syndrome_and_none(marked, client, reader_user):
    """Same fields, same lengths, same headers: not even the size of a message tells the classes apart."""
    client.force_login(reader_user)
    reader = services.record_consent(reader=marked.readers.get(), version=consent_version(marked))
    list(play(client, reader.sessions.get(is_practice=True)))
    answers = list(play(client, reader.sessions.get(is_practice=False)))
    answers = [answer for answer in answers if answer["Content-Type"] == "application/json"]
    starts = [answer for answer in answers if b"requested_ms" in answer.content]
    assert len({tuple(answer.json()) for answer in starts}) == 1
    calls = [answer for answer in answers if answer.status_code == 201 and b"is_gs" in answer.content]
    assert len({answer.content for answer in calls}) == 1
    assert Case.objects.filter(study=marked, is_practice=False).count() == len(starts) == len(calls)


NUMBER = 0.123456  # what the model says of every face, to be found nowhere before its time


@pytest.fixture
def aided(make_study, coordinator, investigator, reader_user):
    def make(design: str):
        study = make_study(coordinator, investigator, reader_user, n=4, exposure_ms=500, design=design)
        for case in study.cases.all():
            aid = Aid(case=case, probability=NUMBER, label="zqrun", made_by=investigator)
            aid.heat_map.save(f"zqheat{case.pk}.png", ContentFile(b"zqheatbytes"))
        return study

    return make


def tells(response: HttpResponse) -> bool:
    text = whole(response)
    return any(word in text for word in ("0.1234", "0.1235", "zqheat", "zqrun", "enfozwf0ynl0zxm"))  # last: base64


def test_what_the_model_says_is_nowhere_before_the_unaided_answer_is_stored(aided, client, reader_user):
    study = aided("sequential")
    client.force_login(reader_user)
    reader = services.record_consent(reader=study.readers.get(), version=consent_version(study))
    session = reader.sessions.get()
    post = lambda path, **body: client.post(f"/api/v1/reading/{path}/", body, content_type="application/json")  # noqa: E731
    place = post(f"sessions/{session.token}/start").json()
    trial = f"trials/{place['trial']['token']}"
    ahead = f"trials/{place['ahead']['token']}"
    call = {"is_gs": True, "confidence": 3, "idempotency_key": "unaided-1"}
    steps = [
        lambda: client.get(place["trial"]["photo"]),
        lambda: client.get(place["ahead"]["photo"]),
        lambda: post(f"{trial}/start", key="k"),
        lambda: post(f"{trial}/call", **call, stage="aided"),
        lambda: post(f"{trial}/call", **call),
        lambda: post(f"{trial}/aid"),  # the face is still there
        lambda: post(f"{trial}/exposure", end="complete", onset_ms=1.0, offset_ms=501.0),
        lambda: post(f"{ahead}/aid"),
        lambda: post(f"sessions/{session.token}/next"),
    ]
    for step in steps:
        assert not tells(step())
        assert not tells(post(f"{ahead}/aid"))
    for address in addresses(values_of(study, session)):
        assert not tells(client.get(address)), address
    assert tells(post(f"{trial}/aid"))
    assert not tells(post(f"{ahead}/aid"))
    assert post(f"{trial}/call", **{**call, "idempotency_key": "aided-01"}).json()["stage"] == "aided"
    assert not tells(post(f"{trial}/aid"))


def test_in_an_unaided_session_of_a_crossover_the_model_says_nothing_at_all(aided, client, reader_user):
    study = aided("crossover")
    client.force_login(reader_user)
    reader = services.record_consent(reader=study.readers.get(), version=consent_version(study))
    first, second = reader.sessions.order_by("occasion")
    for answer in play(client, first):
        assert not tells(answer)
        for trial in (*first.trials.all(), *second.trials.all()):
            assert not tells(client.post(f"/api/v1/reading/trials/{trial.token}/aid/"))
    answer = client.post(f"/api/v1/reading/sessions/{second.token}/start/")
    assert answer.status_code == 409
    assert not tells(answer)


def test_in_an_aided_session_it_comes_with_the_start_of_the_look_and_not_before(aided, client, reader_user):
    study = aided("crossover")
    study.readers.update(allocation=1)
    client.force_login(reader_user)
    reader = services.record_consent(reader=study.readers.get(), version=consent_version(study))
    session = reader.sessions.get(occasion=1)
    assert session.arm == "aided"
    told = [answer for answer in play(client, session) if tells(answer)]
    assert len(told) == 4
    assert all("requested_ms" in answer.json() for answer in told)
