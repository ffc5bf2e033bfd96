"""Every row of tests/data/bad-inputs/expected.csv: manifests, archives and pictures get the verdict it asks for."""

import io
import zipfile

import pytest

from readerstudy.studies.models import ImportBatch, ImportLine, Photo, Subject

from .conftest import BAD_INPUTS, expected, listed, picture, zipped

pytestmark = pytest.mark.django_db

GOOD_ZIP = BAD_INPUTS / "archives" / "good.zip"
DUPLICATES = {f"images/duplicate-{x}" for x in ("b-same-bytes.jpg", "c-recompressed.jpg", "d-mirrored-resized.jpg")}
# The face finder's rows: they decode well, and only what stands on them sends them to a person.
FACE_ROWS = {
    f"images/{name}"
    for name in (
        "bit-rot.jpg",
        "face-and-small-bystander.jpg",
        "face-half-out-of-frame.jpg",
        "face-without-mouth.jpg",
        "no-face.jpg",
        "out-of-focus.jpg",
        "overexposed.jpg",
        "privacy-bar-over-eyes.jpg",
        "profile.jpg",
        "rotated-90-without-exif.jpg",
        "small-face-96px.jpg",
        "two-faces.jpg",
        "upside-down-without-exif.jpg",
        "very-dark.jpg",
    )
}
IMAGES = [row for row in expected("images") if row[0] not in FACE_ROWS | DUPLICATES]


def nothing_is_stored() -> bool:
    return not Photo.objects.exists() and not Subject.objects.exists()


@pytest.mark.parametrize(("file", "verdict"), expected("manifests"))
def test_a_manifest_gets_its_verdict(take, settings, file, verdict):
    batch = take(GOOD_ZIP, BAD_INPUTS / file)
    if verdict == "reject":
        assert batch.status == ImportBatch.Status.FAILED
        assert batch.problem
        assert [line.reason for line in batch.lines.all()] == batch.problem.split("\n")
        assert nothing_is_stored()
        assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    else:
        assert batch.status == ImportBatch.Status.FINISHED, batch.problem
        n = 3 if "only-one-class" in file else 6
        assert batch.lines.filter(verdict=ImportLine.Verdict.ADDED).count() == n
        assert any("one class alone" in notice for notice in batch.notices) == (verdict == "review")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("duplicate-subject.csv", ["Rows 2 and 5", "P001"]),
        ("ids-differ-by-case-and-space.csv", ["Rows 2 and 3 and 4", "P001, p001"]),
        ("duplicate-file-two-labels.csv", ["Rows 2 and 5", "001.jpg"]),
        ("latin-1.csv", ["Row 2", "UTF-8"]),
        ("missing-label-column.csv", ["label", "subject_id, file, syndrome"]),
        ("odd-labels.csv", ["Row 2", "“yes”", "Row 3", "“0”", "Row 5", "Row 6", "“case?”"]),
        ("odd-ages.csv", ["Row 2", "Row 3", "Row 4", "Row 5", "Row 7"]),
        ("with-names-and-birth-dates.csv", ["patient_name, date_of_birth", "Nothing was stored"]),
        ("ragged-rows.csv", ["Row 2: 3 cells", "Row 3: 8 cells"]),
        ("unclosed-quote.csv", ["Row 2", "never closed"]),
        ("nul-bytes.csv", ["Row 2", "NUL"]),
        ("xlsx-renamed.csv", ["spreadsheet"]),
        ("files-missing-and-outside.csv", ["Row 3", "../002.jpg"]),
        ("control-with-syndrome.csv", ["Row 3", "diagnosis"]),
    ],
)
def test_a_refused_manifest_names_the_row_and_the_cause(take, file, words):
    problem = take(GOOD_ZIP, BAD_INPUTS / "manifests" / file).problem
    assert [word for word in words if word not in problem] == []


def manifest_for(archive: str) -> bytes:
    """A manifest that names every picture of an archive, so that only the archive itself can be at fault."""
    try:
        with zipfile.ZipFile(BAD_INPUTS / archive) as z:
            names = [info.filename for info in z.infolist()]
    except zipfile.BadZipFile:
        names = []
    kept = {}
    for name in names:
        if not name.startswith(("__MACOSX", ".DS", "Thumbs")) and not name.endswith((".sh", ".docx", ".txt", ".zip")):
            kept.setdefault(name.casefold().replace("e\u0308", "ë"), name)
    return listed(list(kept.values()) or ["001.jpg"])


@pytest.mark.parametrize(("file", "verdict"), expected("archives"))
def test_an_archive_gets_its_verdict(take, tmp_path, file, verdict):
    manifest = manifest_for(file)
    if "traversal" in file or "duplicate-names" in file:
        manifest = listed(["ok.jpg", "001.jpg"])
    batch = take((BAD_INPUTS / file).read_bytes(), manifest)
    if verdict == "reject":
        assert batch.status == ImportBatch.Status.FAILED
        assert nothing_is_stored()
    else:
        assert batch.status == ImportBatch.Status.FINISHED, batch.problem
        assert Photo.objects.exists()
    assert not list(tmp_path.rglob("evil*"))


def test_an_archive_with_litter_gives_its_two_pictures_and_lists_the_rest(take):
    take((BAD_INPUTS / "archives/not-only-images.zip").read_bytes(), listed(["001.jpg", "002.jpg"]))
    verdicts = dict(ImportLine.objects.values_list("file", "verdict"))
    assert verdicts == {
        "001.jpg": "added",
        "002.jpg": "added",
        "__MACOSX/._001.jpg": "ignored",
        ".DS_Store": "ignored",
        "Thumbs.db": "ignored",
        "notes.docx": "rejected",
        "run.sh": "rejected",
    }


def test_odd_names_are_shown_escaped_and_never_used_as_paths(take, settings):
    file = "archives/odd-names.zip"
    take((BAD_INPUTS / file).read_bytes(), manifest_for(file))
    assert ImportLine.objects.filter(verdict="added").count() == 1
    assert ImportLine.objects.filter(verdict="rejected", reason__contains="byte for byte").count() == 15
    assert ImportLine.objects.get(verdict="ignored").reason.startswith("The same name and content")
    shown = set(ImportLine.objects.values_list("file", flat=True))
    assert {"new\\nline.jpg", "photo\\u202egpj.exe.jpg"} <= shown
    stored = [path.name for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert stored == [f"{Photo.objects.get().token}.jpg"]


@pytest.mark.parametrize(("file", "verdict"), IMAGES)
def test_a_picture_gets_its_verdict_and_spares_the_one_beside_it(take, file, verdict):
    name = file.split("/")[1]
    batch = take(zipped({name: (BAD_INPUTS / file).read_bytes(), "good.png": picture(7)}), listed([name, "good.png"]))
    line, good = batch.lines.all()
    allowed = {"accept": {"added"}, "review": {"review"}, "reject": {"rejected"}, "accept or reject": {"added"}}[
        verdict
    ]
    assert line.verdict in allowed, line.reason
    assert good.verdict == "added"
    assert line.reason or line.verdict == "added"
    assert (line.photo is None) == (line.verdict == "rejected")


@pytest.mark.parametrize("file", sorted(FACE_ROWS))
def test_what_only_a_face_finder_can_judge_is_stored_and_waits_for_it(take, file):
    name = file.split("/")[1]
    batch = take(zipped({name: (BAD_INPUTS / file).read_bytes()}), listed([name]))
    assert batch.lines.get().photo.status == Photo.Status.IMPORTED


def test_the_rows_left_to_the_face_finder_are_all_rows_of_the_table():
    rows = dict(expected("images"))
    assert rows.keys() >= FACE_ROWS | DUPLICATES
    assert {rows[file] for file in FACE_ROWS} <= {"review", "review or reject", "accept or review"}


def test_four_copies_of_one_picture_are_told_apart(take):
    names = ["duplicate-a.jpg", "duplicate-b-same-bytes.jpg", "duplicate-c-recompressed.jpg"]
    names.append("duplicate-d-mirrored-resized.jpg")
    batch = take(zipped({n: (BAD_INPUTS / "images" / n).read_bytes() for n in names}), listed(names))
    lines = list(batch.lines.all())
    assert [line.verdict for line in lines] == ["added", "rejected", "review", "review"]
    assert all("duplicate-a.jpg" in line.reason and "P001" in line.reason for line in lines[1:])


@pytest.mark.parametrize("name", ["bomb-30000x30000.png", "huge-header.png"])
def test_a_bomb_is_refused_from_its_header(name):
    import time
    import tracemalloc

    from readerstudy.studies.imports.pictures import PictureRefused, clean

    data = (BAD_INPUTS / "images" / name).read_bytes()
    tracemalloc.start()
    began = time.perf_counter()
    with pytest.raises(PictureRefused, match="megapixels"):
        clean(data)
    assert time.perf_counter() - began < 1
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_an_entry_that_lies_about_its_size_is_cut_off_while_it_is_read(tmp_path, monkeypatch):
    from readerstudy.studies.imports import limits
    from readerstudy.studies.imports.archive import EntryRefused, open_source

    monkeypatch.setattr(limits, "FILE_BYTES", 100_000)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.jpg", bytes(3_000_000))
    data = out.getvalue().replace((3_000_000).to_bytes(4, "little"), (5_000_000).to_bytes(4, "little"))
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    source = open_source(file)
    with pytest.raises(EntryRefused, match="unpacked"):
        source.read(source.find("a.jpg"))
    assert source.bytes_read <= 3_000_000
