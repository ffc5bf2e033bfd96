"""How an import runs: what is stored, what happens twice, what a crash leaves."""

import csv
import io

import pytest
from PIL import Image

from readerstudy.audit.models import AuditEvent
from readerstudy.studies.models import Cohort, ImportBatch, ImportLine, Photo, Subject
from readerstudy.studies.selectors.cohorts import report_rows
from readerstudy.studies.services import cohorts as services

from .conftest import BAD_INPUTS, listed, picture, upload, zipped

pytestmark = pytest.mark.django_db
NAMES = [f"{i:03d}.jpg" for i in range(5)]


@pytest.fixture
def photos() -> bytes:
    return zipped({name: picture(i) for i, name in enumerate(NAMES)})


def test_facts_of_the_manifest_reach_the_subject(take):
    manifest = (
        b"subject_id;file;label;syndrome;confirmation;sex;age_months;consent;index_photo\n"
        b"A-1;000.jpg;gs;Noonan syndrome;Array;female;30,5;C-17;\n"
    )
    take(zipped({"000.jpg": picture()}), manifest)
    subject = Subject.objects.get()
    assert (subject.code, subject.has_syndrome, subject.diagnosis) == ("A-1", True, "Noonan syndrome")
    assert (subject.confirmation, subject.sex, subject.age_months, subject.consent) == ("array", "F", 30.5, "C-17")


def test_the_same_import_again_adds_nothing(take, photos):
    take(photos, listed(NAMES))
    stored = set(Photo.objects.values_list("token", flat=True))
    again = take(photos, listed(NAMES))
    assert set(Photo.objects.values_list("token", flat=True)) == stored
    assert set(again.lines.values_list("verdict", flat=True)) == {ImportLine.Verdict.IGNORED}
    assert Subject.objects.count() == 5


def test_photos_go_to_the_face_finder_once(take, photos, sent, django_capture_on_commit_callbacks):
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            take(photos, listed(NAMES))
    asked = [args[0] for name, args in sent if name == "training.find_faces"]
    assert asked == [list(Photo.objects.order_by("id").values_list("pk", flat=True))]


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_goes_on_where_it_stopped(take, cohort, photos, settings, monkeypatch, sent):
    from readerstudy.studies.imports import run

    class Killed(BaseException):
        pass

    def clean_until_killed(data, clean=run.clean, calls=[]):  # noqa: B006
        calls.append(1)
        if len(calls) == 3:
            raise Killed
        return clean(data)

    monkeypatch.setattr(run, "clean", clean_until_killed)
    batch = services.start_import(
        cohort=cohort,
        archive=upload("photos.zip", photos),
        manifest=upload("m.csv", listed(NAMES)),
        created_by=cohort.created_by,
    )
    with pytest.raises(Killed):
        services.run_import(batch_id=batch.pk)
    first = dict(Photo.objects.values_list("original_name", "token"))
    assert len(first) == 2
    assert services.requeue_stale_imports() == 0  # its heartbeat is fresh
    ImportBatch.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert services.requeue_stale_imports() == 1
    done = services.run_import(batch_id=batch.pk)
    assert done.status == ImportBatch.Status.FINISHED
    assert done.done == done.total == 5
    tokens = dict(Photo.objects.values_list("original_name", "token"))
    assert {name: tokens[name] for name in first} == first
    assert len(list((settings.MEDIA_ROOT / "photos").iterdir())) == 5
    faces = [args[0] for name, args in sent if name == "training.find_faces"]
    assert sorted(pk for chunk in faces for pk in chunk) == sorted(Photo.objects.values_list("pk", flat=True))


def test_a_second_message_for_a_running_import_does_nothing(cohort, photos):
    batch = services.start_import(
        cohort=cohort,
        archive=upload("p.zip", photos),
        manifest=upload("m.csv", listed(NAMES)),
        created_by=cohort.created_by,
    )
    ImportBatch.objects.filter(pk=batch.pk).update(status="running")
    services.run_import(batch_id=batch.pk)
    assert not ImportLine.objects.exists()


def test_the_upload_is_gone_when_the_import_is_over(take, photos, settings):
    take(photos, listed(NAMES))
    assert list((settings.MEDIA_ROOT / "incoming").iterdir()) == []


def test_nothing_of_the_old_file_survives(take, settings):
    names = ["gps-and-personal-tags.jpg", "html-polyglot.jpg", "exif-orientation-6.jpg", "plain.heic"]
    take(zipped({n: (BAD_INPUTS / "images" / n).read_bytes() for n in names}), listed(names))
    assert Photo.objects.count() == 4
    for photo in Photo.objects.all():
        data = photo.file.read()
        with Image.open(io.BytesIO(data)) as image:
            assert image.format == "JPEG"
            assert not image.getexif()
            assert not {"exif", "xmp", "comment", "icc_profile", "photoshop"} & image.info.keys()
        for trace in (b"GPS", b"Exif", b"http://ns.adobe.com", b"<script", b"Example", b"Canon"):
            assert trace not in data


def test_turned_photos_stand_upright_and_look_the_same(take):
    from readerstudy.studies.imports.likeness import distances, words

    names = [f"exif-orientation-{i}.jpg" for i in (3, 5, 6, 8)]
    take(zipped({n: (BAD_INPUTS / "images" / n).read_bytes() for n in names}), listed(names))
    stored = list(Photo.objects.order_by("id"))
    assert {(p.width, p.height) for p in stored} == {(480, 600)}
    assert distances(stored[0].perceptual_hash, words([p.perceptual_hash for p in stored])).max() < 12


def test_hidden_pixels_under_transparency_do_not_show(take):
    take(
        zipped({"a.png": (BAD_INPUTS / "images/rgba-transparent-corners.png").read_bytes()}),
        listed(["a.png"]),
    )
    with Image.open(Photo.objects.get().file) as image:
        assert all(abs(channel - 128) <= 3 for channel in image.getpixel((2, 2)))


def test_wide_grey_keeps_its_shades():
    from readerstudy.studies.imports.pictures import clean

    with Image.open(io.BytesIO(clean((BAD_INPUTS / "images/png-16bit-gray.png").read_bytes()).data)) as image:
        low, high = image.convert("L").getextrema()
    assert high - low > 100
    assert low < 100


def test_a_large_photo_is_scaled_down_and_keeps_its_shape(take):
    take(zipped({"a.jpg": picture(size=(4200, 2100))}), listed(["a.jpg"]))
    photo = Photo.objects.get()
    assert (photo.width, photo.height) == (2048, 1024)


def test_a_missing_photo_costs_only_its_own_line(take, photos):
    batch = take(photos, listed([*NAMES, "nowhere.jpg"]))
    assert batch.lines.filter(verdict="added").count() == 5
    assert "not among the files" in batch.lines.get(file="nowhere.jpg").reason


def test_a_failure_nobody_foresaw_costs_only_its_own_line(take, photos, monkeypatch):
    from readerstudy.studies.imports import run

    def clean_but_once(data, clean=run.clean, calls=[]):  # noqa: B006
        calls.append(1)
        if len(calls) == 2:
            raise MemoryError
        return clean(data)

    monkeypatch.setattr(run, "clean", clean_but_once)
    batch = take(photos, listed(NAMES))
    assert sorted(batch.lines.values_list("verdict", flat=True)) == ["added"] * 4 + ["rejected"]


def test_several_photos_of_a_subject_need_one_index_photo(take, photos):
    manifest = b"subject_id,file,label,index_photo\nA,000.jpg,GS,yes\nA,001.jpg,GS,no\nB,002.jpg,control,\n"
    take(photos, manifest)
    assert sorted(Photo.objects.values_list("subject__code", "is_index")) == [("A", False), ("A", True), ("B", True)]


def test_two_index_photos_of_a_subject_refuse_the_manifest(take, photos):
    manifest = b"subject_id,file,label,index_photo\nA,000.jpg,GS,yes\nA,001.jpg,GS,yes\n"
    assert "Rows 2 and 3" in take(photos, manifest).problem


def test_a_later_import_may_add_a_further_photo_but_no_second_index_photo(take):
    take(zipped({"000.jpg": picture(0)}), b"subject_id,file,label\nA,000.jpg,GS\n")
    second = zipped({"001.jpg": picture(1)})
    assert "index photo already" in take(second, b"subject_id,file,label\na,001.jpg,GS\n").lines.get().reason
    batch = take(second, b"subject_id,file,label,index_photo\na,001.jpg,GS,no\n")
    assert batch.lines.get().verdict == "added"
    assert Subject.objects.count() == 1


def test_a_later_import_may_not_contradict_the_truth(take):
    take(zipped({"000.jpg": picture(0)}), b"subject_id,file,label\nA,000.jpg,GS\n")
    batch = take(zipped({"001.jpg": picture(1)}), b"subject_id,file,label,index_photo\nA,001.jpg,control,no\n")
    assert batch.lines.get().verdict == "rejected"
    assert Subject.objects.get().has_syndrome is True


def test_unlabelled_is_for_test_pictures_only(take, coordinator):
    manifest = b"subject_id,file,label\nA,000.jpg,unlabelled\n"
    data = zipped({"000.jpg": picture()})
    assert "not a label" in take(data, manifest).problem
    tests = services.create_cohort(name="Tests", kind=Cohort.Kind.TEST, created_by=coordinator)
    assert take(data, manifest, into=tests).status == ImportBatch.Status.FINISHED
    assert Subject.objects.get().has_syndrome is None


def test_unknown_columns_are_ignored_with_a_notice(take):
    batch = take(zipped({"0.jpg": picture()}), b"subject_id,file,label,ward\nA,0.jpg,GS,7\n")
    assert any("ward" in notice for notice in batch.notices)


def test_a_folder_is_read_where_it_is_and_left_alone(take, tmp_path):
    folder = tmp_path / "photos"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.jpg").write_bytes(picture())
    (folder / "link.jpg").symlink_to("/etc/passwd")
    batch = take(folder, listed(["a.jpg"]))
    assert [(line.file, line.verdict) for line in batch.lines.all()] == [("a.jpg", "added")]
    assert (folder / "sub" / "a.jpg").exists()


def test_single_photos_can_be_uploaded_without_a_zip(cohort):
    batch = services.start_import(
        cohort=cohort,
        archive=[upload("a.jpg", picture(1)), upload("b.jpg", picture(2))],
        manifest=upload("m.csv", listed(["a.jpg", "b.jpg"])),
        created_by=cohort.created_by,
    )
    assert services.run_import(batch_id=batch.pk).lines.filter(verdict="added").count() == 2


def test_the_report_is_defused_for_spreadsheets(take):
    batch = take(zipped({"=1+1.jpg": picture()}), b"subject_id,file,label\nA,=1+1.jpg,GS\n")
    rows = list(csv.reader("".join(report_rows(batch)).splitlines()))
    assert rows[1][1] == "'=1+1.jpg"


def test_every_import_leaves_a_line_in_the_audit_log(take, photos):
    take(photos, listed(NAMES))
    take(photos, b"")
    actions = list(AuditEvent.objects.values_list("action", flat=True))
    assert actions.count("import.started") == 2
    assert actions.count("import.finished") == actions.count("import.refused") == 1


def test_the_command_prints_a_line_a_file_and_writes_the_report(tmp_path, coordinator, photos, capsys):
    from django.core.management import CommandError, call_command

    (tmp_path / "photos.zip").write_bytes(photos)
    (tmp_path / "m.csv").write_bytes(listed(NAMES))
    call_command(
        "import_cohort",
        name="By command",
        photos=tmp_path / "photos.zip",
        manifest=tmp_path / "m.csv",
        owner=coordinator.email,
        report=tmp_path / "report.csv",
    )
    out = capsys.readouterr().out
    assert all(name in out for name in NAMES)
    assert "5 added" in out
    assert len((tmp_path / "report.csv").read_text().splitlines()) == 6
    (tmp_path / "m.csv").write_bytes(b"file\n")
    with pytest.raises(CommandError, match="subject_id"):
        call_command("import_cohort", name="By command", photos=tmp_path, manifest=tmp_path / "m.csv")


def test_printed_writing_sends_a_photo_to_a_person():
    from PIL import ImageDraw, ImageFont

    from readerstudy.studies.imports.writing import has_writing

    with Image.open(BAD_INPUTS / "images" / "no-extension") as image:
        plain = image.convert("RGB")
    assert not has_writing(plain)
    for size, colour in ((11, "white"), (16, "black"), (24, "yellow")):
        written = plain.copy()
        font = ImageFont.load_default(size)
        ImageDraw.Draw(written).text((8, 560), "EXAMPLE NAME 2020-01-01", fill=colour, font=font)
        assert has_writing(written), (size, colour)


@pytest.mark.parametrize("name", ["progressive.jpg", "plain.webp", "palette-alpha.png", "plain.heic", "icc-srgb.jpg"])
def test_a_damaged_picture_is_clean_or_refused_and_never_an_error(name):
    import random

    from readerstudy.studies.imports.pictures import PictureRefused, clean

    data = (BAD_INPUTS / "images" / name).read_bytes()
    dice = random.Random(name)
    sentences = []
    for _ in range(25):
        damaged = bytearray(data[: dice.randrange(1, len(data))] if dice.random() < 0.4 else data)
        for _ in range(dice.randrange(1, 30)):
            damaged[dice.randrange(len(damaged))] = dice.randrange(256)
        try:
            assert clean(bytes(damaged)).data[:2] == b"\xff\xd8"
        except PictureRefused as refused:
            sentences.append(str(refused))
    assert all(sentence.endswith(".") for sentence in sentences)


def test_a_long_thin_photo_does_not_vanish_when_it_is_scaled_down():
    from readerstudy.studies.imports.pictures import clean

    photo = clean(picture(size=(9000, 70)))
    assert photo.width == 2048
    assert photo.height >= 1


def test_a_large_transparent_picture_costs_little_more_than_its_pixels():
    import subprocess
    import sys

    program = (
        "import io, re\n"
        "from pathlib import Path\n"
        "from PIL import Image\n"
        "from readerstudy.studies.imports.pictures import clean\n"
        "out = io.BytesIO(); Image.new('RGBA', (6000, 6000), (200, 60, 90, 128)).save(out, 'PNG')\n"
        "clean(out.getvalue())\n"
        # Not getrusage: its peak is handed down from the process that started this one.
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 450  # 144 MB of pixels


def test_an_error_of_the_server_ends_the_import_with_a_sentence_and_keeps_what_is_stored(
    take, client, coordinator, photos, monkeypatch
):
    from django.urls import reverse

    from readerstudy.studies.imports.run import Run

    def full_disk(self, step, *, verdict, reason, photo=None, write=Run._write):
        if step.number == 3:
            raise OSError(28, "No space left on device")
        write(self, step, verdict=verdict, reason=reason, photo=photo)

    with monkeypatch.context() as patch:
        patch.setattr(Run, "_write", full_disk)
        batch = take(photos, listed(NAMES))
    assert batch.status == ImportBatch.Status.FAILED
    assert batch.problem.startswith("The site's disk is full")
    assert "import the same files again" in batch.problem
    assert Photo.objects.count() == 2
    client.force_login(coordinator)
    page = client.get(reverse("studies:import_report", args=[batch.cohort_id, batch.pk])).content.decode()
    assert "Stopped" in page
    assert "nothing was stored" not in page
    assert "000.jpg" in page
    assert take(photos, listed(NAMES)).lines.filter(verdict="added").count() == 3
