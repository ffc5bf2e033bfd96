"""Readers invited in bulk, reminded once a day, replaced, and handed a card that a camera can read."""

import re
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from readerstudy.audit.models import AuditEvent
from readerstudy.reading.models import ReadingSession
from readerstudy.refusal import Refused
from readerstudy.studies.models import Invitation, Reader
from readerstudy.studies.qr import qr_svg
from readerstudy.studies.services.invitation_lists import LARGEST_BYTES, check_list, invite_list
from readerstudy.studies.services.invitations import accept_invitation, find_invitation, invite, replace_reader
from readerstudy.studies.services.people import add_reader, withdraw_reader
from readerstudy.studies.services.reminders import remind_readers, unfinished_readers
from readerstudy.studies.services.studies import close_study

GOOD = b'email,name,seniority\nanna@example.org,Anna Weber,senior\nbo@example.org,"Lindqvist, Bo",junior\n'


def problems(study, body: str) -> list[str]:
    return [line.problem for line in check_list(study=study, data=f"email,name,seniority\n{body}".encode())]


def test_a_dry_check_tells_each_line_and_writes_nothing(study):
    lines = check_list(study=study, data=GOOD)
    assert [(line.number, line.email, line.name, line.seniority) for line in lines] == [
        (2, "anna@example.org", "Anna Weber", "senior"),
        (3, "bo@example.org", "Lindqvist, Bo", "junior"),
    ]
    assert all(line.is_fine for line in lines)
    assert not Invitation.objects.exists()
    assert not mail.outbox


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("=HYPERLINK(1)@example.org,Eve,senior", "begins with “=”"),
        ("a@example.org,+49 30 1234,senior", "name begins with “+”"),
        ("a@example.org,@SUM(A1),senior", "begins with “@”"),
        ("not an address,Eve,senior", "is not an e-mail address"),
        (",Eve,senior", "no e-mail address"),
        ("a@example.org,Eve,professor", "no seniority “professor”"),
        ("a@example.org,Weber,Anna,senior,x", "more cells than columns"),
        (f"a@example.org,{'x' * 121},senior", "too long"),
        ("rosa.reader@example.org,Rosa,senior", "is a reader of this study already"),
        ("clara.coordinator@example.org,Clara,senior", "coordinator"),
    ],
)
def test_a_line_is_refused_with_its_reason(study, body, sentence):
    (problem,) = problems(study, body)
    assert sentence in problem


def test_doubles_and_pending_invitations_are_refused_and_case_does_not_matter(study, coordinator):
    invite(study=study, email="old@example.org", role="reader", by=coordinator)
    found = problems(study, "a@example.org,A,\nA@Example.org,Again,\nOLD@example.org,Old,\n\nb@example.org,B,other")
    assert found[0] == ""
    assert "stands in line 2 already" in found[1]
    assert "invited already" in found[2]
    assert found[3] == ""


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"email,name\n", "empty"),
        (b"email,salary\na@example.org,1\n", "no column “salary”"),
        (b"name,seniority\nAnna,senior\n", "email is needed"),
        (b"email,email\na@example.org,b@example.org\n", "each once"),
        ("email,name\na@example.org,Jörg\n".encode("latin-1"), "not in UTF-8"),
        (b"PK\x03\x04\x00\x00", "not a CSV file"),
        (b"email\n" + b"a@example.org\n" * 501, "At most 500"),
        (b"x" * (LARGEST_BYTES + 1), "larger than"),
    ],
)
def test_what_is_no_list_is_refused_as_a_whole(study, data, sentence):
    with pytest.raises(Refused, match=sentence):
        check_list(study=study, data=data)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_of_other_countries_are_read(study, delimiter):
    data = "\ufeff" + delimiter.join(["E-Mail", "Name"]) + "\r\n" + delimiter.join(["a@example.org", "Jörg"]) + "\r\n"
    (line,) = check_list(study=study, data=data.encode())
    assert (line.email, line.name, line.seniority, line.problem) == ("a@example.org", "Jörg", "senior", "")


def test_the_good_lines_are_invited_and_the_others_left_alone(study, coordinator):
    made = invite_list(study=study, data=GOOD + b"broken,X,senior\n", by=coordinator)
    assert [(i.email, i.name, i.seniority) for i, _ in made] == [
        ("anna@example.org", "Anna Weber", "senior"),
        ("bo@example.org", "Lindqvist, Bo", "junior"),
    ]
    assert AuditEvent.objects.filter(action="invitation.made").count() == 2
    with pytest.raises(Refused, match="Nobody on this list"):
        invite_list(study=study, data=GOOD, by=coordinator)


def test_the_page_checks_first_then_sends_and_shows_each_link_once(client, study, coordinator):
    client.force_login(coordinator)
    path = reverse("studies:invite_many", args=[study.pk])
    checked = client.post(path, {"text": GOOD.decode()}).content.decode()
    assert "Invite 2 readers" in checked
    assert not mail.outbox
    cards = client.post(path, {"text": GOOD.decode(), "do": "invite"}, follow=True).content.decode()
    assert (len(mail.outbox), cards.count('class="qr"'), cards.count("/invitations/")) == (2, 2, 2)
    assert "Dear Anna Weber" in mail.outbox[0].body
    assert "not shown again" in client.get(reverse("studies:cards", args=[study.pk])).content.decode()
    assert "no column" in client.post(path, {"text": "x,y\n1,2"}).content.decode()


def test_the_page_takes_a_file(client, study, coordinator, tmp_path):
    (tmp_path / "list.csv").write_bytes(GOOD)
    client.force_login(coordinator)
    with (tmp_path / "list.csv").open("rb") as file:
        page = client.post(reverse("studies:invite_many", args=[study.pk]), {"file": file})
    assert "Invite 2 readers" in page.content.decode()


def test_a_script_checks_and_invites(client, study, coordinator):
    client.force_login(coordinator)
    path = reverse("studies_api:invite_many", args=[study.pk])
    body = {"csv": GOOD.decode() + "broken,X,senior\n"}
    dry = client.post(path, body, content_type="application/json").json()
    assert [bool(line["problem"]) for line in dry["lines"]] == [False, False, True]
    assert (dry["invitations"], Invitation.objects.count()) == ([], 0)
    real = client.post(path, body | {"dry_run": False}, content_type="application/json").json()
    assert [made["is_mailed"] for made in real["invitations"]] == [True, True]
    assert find_invitation(real["invitations"][0]["link"].rstrip("/").split("/")[-1]).name == "Anna Weber"


@pytest.fixture
def crowd(study, make_user) -> list[Reader]:
    """Finished, reading, not begun, withdrawn, simulated."""
    readers = [study.readers.get(), *(add_reader(study=study, user=make_user(n)) for n in ("Ann", "Ben", "Cid"))]
    readers.append(add_reader(study=study, user=make_user("Sim", is_simulated=True)))
    now, protocol = timezone.now(), study.protocols.get()
    for reader, finished in ((readers[0], now), (readers[1], None)):
        ReadingSession.objects.create(reader=reader, protocol=protocol, seed=1, started_at=now, finished_at=finished)
    withdraw_reader(reader=readers[3], by=study.created_by)
    return readers


def test_those_who_have_not_finished_are_reminded_once_a_day(study, coordinator, crowd):
    now = timezone.now()
    assert remind_readers(study=study, by=coordinator, now=now).mailed == ["SP 2", "SP 3"]
    assert [message.to for message in mail.outbox] == [["ann@example.org"], ["ben@example.org"]]
    assert f"/read/{study.pk}/" in mail.outbox[0].body
    again = remind_readers(study=study, by=coordinator, now=now + timedelta(hours=23))
    assert (again.mailed, again.too_soon) == ([], ["SP 2", "SP 3"])
    assert remind_readers(study=study, by=coordinator, now=now + timedelta(hours=25)).mailed == ["SP 2", "SP 3"]
    events = AuditEvent.objects.filter(action="readers.reminded")
    assert [event.detail["readers"] for event in events] == [["SP 2", "SP 3"]] * 2


def test_a_reader_between_two_readings_is_left_in_peace(study, crowd):
    reader, now = crowd[0], timezone.now()
    ReadingSession.objects.create(
        reader=reader, protocol=study.protocols.get(), seed=2, arm="aided", occasion=2, started_at=None
    )
    assert reader not in unfinished_readers(study, now=now + timedelta(days=27))
    assert reader in unfinished_readers(study, now=now + timedelta(days=29))


def test_a_mail_that_was_not_taken_may_be_tried_again_at_once(study, coordinator, crowd, settings, monkeypatch):
    monkeypatch.setattr(
        "readerstudy.studies.services.reminders.send_mail", lambda **_: (_ for _ in ()).throw(OSError("no server"))
    )
    assert remind_readers(study=study, by=coordinator).failed == ["SP 2", "SP 3"]
    assert not AuditEvent.objects.filter(action="readers.reminded").exists()
    monkeypatch.undo()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert remind_readers(study=study, by=coordinator).mailed == ["SP 2", "SP 3"]


def test_a_closed_study_reminds_nobody_and_the_page_says_who_got_a_mail(client, study, coordinator, crowd):
    client.force_login(coordinator)
    path = reverse("studies:remind", args=[study.pk])
    assert "A reminder went to SP 2, SP 3." in client.post(path, follow=True).content.decode()
    assert "within the last day" in client.post(path, follow=True).content.decode()
    close_study(study=study, by=coordinator)
    assert "not open for reading" in client.post(path, follow=True).content.decode()
    assert client.post(reverse("studies_api:remind", args=[study.pk])).status_code == 409


def test_a_reader_is_replaced_by_somebody_of_the_same_seniority(study, coordinator, make_user):
    old = study.readers.get()
    invitation, token = replace_reader(reader=old, email="new@example.org", by=coordinator, reason="Moved away")
    old.refresh_from_db()
    assert old.withdrawn_at
    assert (invitation.seniority, invitation.replaces) == (old.seniority, old)
    with pytest.raises(Refused, match="invited in the place of SP 1 already"):
        replace_reader(reader=old, email="third@example.org", by=coordinator)
    new = accept_invitation(token=token, user=make_user("New"))
    assert (new.code, new.replaces) == ("SP 2", old)
    with pytest.raises(Refused, match="replaced already"):
        replace_reader(reader=old, email="third@example.org", by=coordinator)
    assert AuditEvent.objects.get(action="reader.replaced").detail["reason"] == "Moved away"


def test_a_replacement_that_cannot_read_leaves_the_reader_in_place(client, study, coordinator, investigator):
    client.force_login(coordinator)
    reader = study.readers.get()
    path = reverse("studies:replace_reader", args=[study.pk, reader.pk])
    page = client.post(path, {"email": investigator.email}, follow=True).content.decode()
    assert "knows too much" in page
    reader.refresh_from_db()
    assert reader.withdrawn_at is None
    assert "Give the e-mail address" in client.post(path, {"email": "x"}, follow=True).content.decode()
    client.post(path, {"email": "n@example.org"})
    assert "for SP 1" in client.get(reverse("studies:people", args=[study.pk])).content.decode()


def test_the_code_on_the_card_is_read_by_a_camera(client, study, coordinator):
    """The SVG's own strokes are drawn pixel by pixel and given to a decoder."""
    import cv2
    import numpy as np

    link = "https://study.example.org/invitations/" + "aB3_-x" * 7 + "/"
    drawn = ElementTree.fromstring(qr_svg(link, label="A & B"))
    assert "<script" not in ElementTree.tostring(drawn, encoding="unicode")
    stroke = next(path.get("d") for path in drawn.iter() if path.get("stroke") == "#000")
    size = int(float(drawn.get("viewBox", f"0 0 {drawn.get('width')} 0").split()[2]))
    picture = np.full((size, size), 255, dtype=np.uint8)
    x = y = 0.0
    for command, numbers in _steps(stroke):
        if command == "M":
            x, y = numbers
        elif command == "m":
            x, y = x + numbers[0], y + numbers[1]
        else:
            picture[int(y), int(x) : int(x + numbers[0])] = 0
            x += numbers[0]
    picture = np.kron(picture, np.ones((8, 8), dtype=np.uint8))
    text, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert text == link


def _steps(path: str) -> list[tuple[str, list[float]]]:
    steps = re.findall(r"([Mmh])([^Mmh]*)", path)
    return [(command, [float(n) for n in re.findall(r"-?[\d.]+", rest)]) for command, rest in steps]


def test_the_card_of_one_invitation_has_its_code_and_name(client, study, coordinator):
    client.force_login(coordinator)
    body = {"email": "n@example.org", "name": "Nadia New", "role": "reader", "seniority": "junior"}
    page = client.post(reverse("studies:people", args=[study.pk]), body, follow=True).content.decode()
    assert 'class="qr"' in page
    assert "Nadia New, you are invited" in page
    assert "http" not in page.split("<svg")[2].split("</svg>")[0].replace("http://www.w3.org/2000/svg", "")
    assert Invitation.objects.get().name == "Nadia New"
