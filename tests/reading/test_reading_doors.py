"""Who may enter: the reader and nobody else, in an open study, with a running session; and what the API refuses."""

import pytest
from django.urls import reverse

from readerstudy.reading import services
from readerstudy.reading.models import Call, Exposure, ReadingSession
from readerstudy.reading.selectors import consent_version
from readerstudy.studies.models import Reader
from readerstudy.studies.services.people import withdraw_reader

pytestmark = pytest.mark.django_db


@pytest.fixture
def session(study) -> ReadingSession:
    reader = services.record_consent(reader=study.readers.get(), version=consent_version(study))
    return services.record_device(session=reader.sessions.get(), device={"refresh_hz": 60})


def ask(client, method: str, address: str, body: dict | None = None):
    if method == "get":
        return client.get(address)
    return client.post(address, body or {}, content_type="application/json")


@pytest.fixture
def as_reader(client, reader_user):
    client.force_login(reader_user)
    return client


def doors(session: ReadingSession) -> list[tuple[str, str]]:
    trial = session.trials.first()
    named = [("post", "start"), ("post", "next"), ("post", "device"), ("post", "practice")]
    found = [(method, reverse(f"reading_api:{name}", args=[session.token])) for method, name in named]
    trials = [("get", "photo"), ("post", "exposure_start"), ("post", "exposure_end"), ("post", "call")]
    trials.append(("post", "forfeit"))
    return found + [(method, reverse(f"reading_api:{name}", args=[trial.token])) for method, name in trials]


@pytest.mark.parametrize("who", ["coordinator", "investigator", "stranger", "other reader", "neighbour's reader"])
def test_a_session_is_nobody_elses(who, session, study, neighbour, client, make_user, request):
    if who == "other reader":
        user = make_user("Olga Other")
        Reader.objects.create(study=study, user=user, code="SP 2")
    elif who == "neighbour's reader":
        user = neighbour.readers.get().user
    else:
        user = request.getfixturevalue(who)
    client.force_login(user)
    for method, address in doors(session):
        response = ask(client, method, address)
        assert response.status_code == 404, f"{who} at {address}"
    assert not Exposure.objects.exists()


def test_without_signing_in_the_api_says_so_and_pages_ask_for_it(session, study, client):
    for method, address in doors(session):
        response = ask(client, method, address)
        assert response.status_code in {401, 403}
        assert response.json()["code"] == "sign_in"
    for name in ("study", "session", "done"):
        assert "sign-in" in client.get(reverse(f"reading:{name}", args=[study.pk])).url


@pytest.mark.parametrize(
    ("who", "status"), [("reader_user", 200), ("coordinator", 403), ("investigator", 403), ("stranger", 404)]
)
def test_a_study_page_is_for_its_readers(who, status, session, study, client, request):
    client.force_login(request.getfixturevalue(who))
    for name in ("study", "session"):
        assert client.get(reverse(f"reading:{name}", args=[study.pk])).status_code == status
    assert client.get("/read/").status_code == 200


def test_a_reader_who_withdrew_is_turned_away_everywhere(session, study, reader_user, as_reader):
    withdraw_reader(reader=study.readers.get(), by=reader_user)
    for method, address in doors(session):
        assert ask(as_reader, method, address).status_code == 403
    assert as_reader.get(reverse("reading:study", args=[study.pk])).status_code == 403
    assert "No study yet" in as_reader.get("/read/").content.decode()


def test_a_draft_and_a_closed_study_are_shown_but_not_read(session, study, as_reader):
    for status, word in [("draft", "Not open yet"), ("closed", "Closed")]:
        study.status = status
        study.save()
        assert word in as_reader.get(reverse("reading:study", args=[study.pk])).content.decode()
        assert as_reader.get(reverse("reading:session", args=[study.pk])).status_code == 302
        start = ask(as_reader, "post", reverse("reading_api:start", args=[session.token]))
        assert (start.status_code, start.json()["code"]) == (409, "refused")


def test_pages_are_never_cached_and_the_reading_page_is_isolated(session, study, as_reader):
    for name in ("study", "session"):
        response = as_reader.get(reverse(f"reading:{name}", args=[study.pk]))
        assert "no-store" in response["Cache-Control"]
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert "unsafe-inline" not in response["Content-Security-Policy"].split("style-src-attr")[0]


def test_consent_comes_first_and_needs_the_tick(study, as_reader):
    page = reverse("reading:session", args=[study.pk])
    assert as_reader.get(page).url == reverse("reading:study", args=[study.pk])
    consent = reverse("reading:consent", args=[study.pk])
    version = consent_version(study)
    as_reader.post(consent, {"version": version})
    assert study.readers.get().consented_at is None
    as_reader.post(consent, {"version": "stale", "agree": "yes"})
    assert study.readers.get().consented_at is None
    as_reader.post(consent, {"version": version, "agree": "yes"})
    assert study.readers.get().consented_at
    assert as_reader.get(page).status_code == 302, "the device check comes next"


def test_a_reader_leaves_the_study_only_when_sure(session, study, as_reader):
    address = reverse("reading:withdraw", args=[study.pk])
    as_reader.post(address)
    assert study.readers.get().withdrawn_at is None
    assert as_reader.post(address, {"sure": "yes"}).url == "/read/"
    assert study.readers.get().withdrawn_at


def test_the_done_page_waits_for_the_end(session, study, as_reader):
    done = reverse("reading:done", args=[study.pk])
    assert as_reader.get(done).status_code == 302
    services.start_session(session=session)
    ReadingSession.objects.update(finished_at=session.created_at)
    response = as_reader.get(done)
    assert "Thank you" in response.content.decode()
    assert as_reader.get(reverse("reading:session", args=[study.pk])).url == done


@pytest.fixture
def showing(session, as_reader):
    place = ask(as_reader, "post", reverse("reading_api:start", args=[session.token])).json()
    assert b"".join(as_reader.get(place["trial"]["photo"]).streaming_content)
    token = place["trial"]["token"]
    ask(as_reader, "post", reverse("reading_api:exposure_start", args=[token]))
    return token


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"end": "vanished"},
        {"end": "complete", "onset_ms": "soon"},
        {"end": "complete", "onset_ms": -1},
        {"end": "complete", "frames": 1.5},
        {"end": "complete", "onset_ms": 20.0, "offset_ms": 10.0},
        {"end": "complete", "measures": {"a": "b" * 20_000}},
        {"end": "complete", "measures": [1, 2]},
        {"end": "left", "kind": "<script>"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_measures_that_make_no_sense_are_refused_with_a_sentence(showing, as_reader, body):
    response = as_reader.post(
        reverse("reading_api:exposure_end", args=[showing]), body, content_type="application/json"
    )
    assert response.status_code == 400
    assert response.json()["detail"]
    assert Exposure.objects.get().ended_at is None


@pytest.mark.parametrize("text", ["not json", '{"is_gs": NaN}', "[]", '"x"'])
def test_a_body_that_is_no_object_is_refused(showing, as_reader, text):
    response = as_reader.post(reverse("reading_api:call", args=[showing]), text, content_type="application/json")
    assert response.status_code == 400
    assert not Call.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        {"idempotency_key": "12345678", "confidence": 3},
        {"is_gs": "perhaps", "idempotency_key": "12345678", "confidence": 3},
        {"is_gs": True, "confidence": 3},
        {"is_gs": True, "idempotency_key": "short", "confidence": 3},
        {"is_gs": True, "idempotency_key": "12345678", "confidence": 101},
        {"is_gs": True, "idempotency_key": "12345678", "confidence": 9},
        {"is_gs": True, "idempotency_key": "12345678"},
        {"is_gs": True, "idempotency_key": "12345678", "confidence": 3, "response_ms": -5},
        {"is_gs": True, "idempotency_key": "12345678", "confidence": 3, "input": "telepathy"},
    ],
    ids=lambda body: str(body)[:60],
)
def test_a_call_that_makes_no_sense_is_refused_with_a_sentence(showing, as_reader, body):
    response = as_reader.post(reverse("reading_api:call", args=[showing]), body, content_type="application/json")
    assert response.status_code == 400
    assert response.json()["detail"]
    assert not Call.objects.exists()


def test_the_api_answers_201_then_200_then_409(showing, as_reader):
    address = reverse("reading_api:call", args=[showing])
    call = {"is_gs": True, "confidence": 4, "response_ms": 812.25, "input": "key", "idempotency_key": "a" * 32}
    statuses = [
        as_reader.post(address, body, content_type="application/json").status_code
        for body in (call, call, {**call, "is_gs": False}, call)
    ]
    assert statuses == [201, 200, 409, 200]


def test_the_photo_of_a_started_face_is_gone(showing, as_reader):
    response = as_reader.get(reverse("reading_api:photo", args=[showing]))
    assert response.status_code == 410
    second = ask(as_reader, "post", reverse("reading_api:exposure_start", args=[showing]))
    assert second.status_code == 409


def test_writing_needs_the_csrf_token(session, reader_user):
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    strict.force_login(reader_user)
    response = ask(strict, "post", reverse("reading_api:start", args=[session.token]))
    assert (response.status_code, response.json()["code"]) == (403, "csrf")


def test_a_place_costs_a_handful_of_queries(session, as_reader, django_assert_max_num_queries):
    ask(as_reader, "post", reverse("reading_api:start", args=[session.token]))
    with django_assert_max_num_queries(12):
        ask(as_reader, "post", reverse("reading_api:next", args=[session.token]))
