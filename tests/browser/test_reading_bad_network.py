"""A whole reading through a network that loses, delays, doubles and reorders half of all requests."""

from urllib.parse import urlsplit

import pytest

from readerstudy.reading.models import Call, Exposure, Incident
from tests.browser.faulty_network import FAULTS, FaultyNetwork
from tests.browser.reading_desk import begin, phase, states, thanked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

FACES = 6
WATCH_STATUS = """() => {
  window.__told = [];
  const status = document.getElementById('status');
  new MutationObserver(() => window.__told.push([status.dataset.state, status.textContent]))
    .observe(status, { attributes: true, childList: true });
}"""


@pytest.fixture
def bad_desk(desk, live_server):
    """The reading page behind the proxy."""
    opened = []

    def sit(*, seed: int, **rules):
        page, session = desk(**rules)
        parts = urlsplit(live_server.url)
        network = FaultyNetwork(target=(parts.hostname, parts.port), seed=seed)
        opened.append(network)
        for cookie in page.context.cookies():
            page.context.add_cookies([{"name": cookie["name"], "value": cookie["value"], "url": network.address}])
        page.goto(f"{network.address}/read/{session.reader.study_id}/session/")
        page.set_default_timeout(60_000)
        return page, session, network

    yield sit
    for network in opened:
        network.close()


@pytest.mark.parametrize("seed", [8, 21])
def test_a_reading_over_a_bad_network_loses_and_doubles_nothing(bad_desk, seed):
    page, session, network = bad_desk(seed=seed, n=FACES, exposure_ms=400, confidence="five")
    page.evaluate(WATCH_STATUS)
    faces, pressed = [], []
    begin(page)
    for number in range(FACES):
        phase(page, "asking")
        assert Call.objects.count() == number, "no face comes before the last answer is stored"
        faces.append(page.evaluate("() => window.__readings.at(-1).key"))
        is_gs, sure = number % 2 == 0, str(1 + number % 5)
        page.keyboard.press("j" if is_gs else "f")
        phase(page, "rating")
        told = page.evaluate("() => window.__told")
        page.keyboard.press(sure)
        pressed.append((faces[-1], is_gs, int(sure)))
    thanked(page)
    network.close()
    print(f"seed {seed}: {dict(network.done)}")
    words_are_honest(told)
    assert len(set(faces)) == FACES, "no face was shown twice"
    calls = Call.objects.order_by("id").values_list("trial__token", "is_gs", "confidence")
    assert [(str(token), is_gs, sure) for token, is_gs, sure in calls] == pressed
    assert list(Exposure.objects.values_list("end", flat=True)) == ["complete"] * FACES
    assert states(session) == ["called"] * FACES
    assert not Incident.objects.exists()
    assert set(FAULTS) <= set(network.done), "every fault happened"


def words_are_honest(told: list[list[str]]) -> None:
    assert {"saving", "again", "saved"} <= {state for state, _ in told}
    for state, words in told:
        if state == "again":
            assert "your answer is kept, trying again" in words
            assert words.startswith(("no connection", "the site cannot save just now"))
        if state == "saving":
            assert words == "saving …"
