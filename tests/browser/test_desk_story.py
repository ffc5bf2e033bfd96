"""The coordinator's whole way in one browser, from an empty site to the files of a finished reading, with two readers.

The photographs that lie beside the project are used where they are, and a small cohort of phantoms where they are not.
What a worker would do is done between two looks at the page, in this process: nothing here depends on who is faster.
"""

import csv
import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from PIL import Image

from readerstudy.accounts.services import first_account_token
from readerstudy.phantoms.cohort import write_cohort
from readerstudy.reading.models import Call
from readerstudy.studies.models import Cohort, ImportBatch, Photo, Study
from readerstudy.studies.services.cohorts import run_import
from tests.browser.reading_desk import answer, thanked
from tests.conftest import PHOTOGRAPHS

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]
PASSWORD = "a long enough pass phrase"
KEYS = "jfjf"
FACES = len(KEYS)
PATIENCE = 60_000  # ms; how long a page may take on a machine with other work


@pytest.fixture
def work(sent: list[tuple[str, tuple]]) -> Callable[[], None]:
    """Does what the pages have asked of a worker so far."""
    from training.services import find_faces

    tasks = {
        "studies.import_cohort": lambda pk: run_import(batch_id=pk),
        "training.find_faces": lambda pks: find_faces(photo_ids=pks),
    }

    def work() -> None:
        while sent:
            name, args = sent.pop(0)
            tasks[name](*args)

    return work


def photographs(folder: Path) -> tuple[Path, Path, str]:
    """A ZIP and its manifest: faces of people who are neither case nor control, plain ones and hard ones."""
    kinds = {"child": 14, "adult": 6, "hard": 8}
    files = [path for kind, n in kinds.items() for path in sorted((PHOTOGRAPHS / kind).glob("*.jpg"))[:n]]
    rows = [f"F-{i:03d},{path.name},unlabelled" for i, path in enumerate(files)]
    return _packed(folder, files), _listed(folder, ["subject_id,file,label", *rows]), "test"


def phantoms(folder: Path) -> tuple[Path, Path, str]:
    """The same with drawn faces, of which one has lost its colours and so needs a look."""
    write_cohort(folder / "drawn", n=12, seed=3)
    files = sorted((folder / "drawn" / "photos").iterdir())
    Image.open(files[0]).convert("L").save(files[0])
    lines = (folder / "drawn" / "manifest.csv").read_text().splitlines()
    return _packed(folder, files), _listed(folder, lines), "phantom"


def _packed(folder: Path, files: list[Path]) -> Path:
    with zipfile.ZipFile(folder / "photos.zip", "w") as packed:
        for file in files:
            packed.write(file, file.name)
    return folder / "photos.zip"


def _listed(folder: Path, lines: list[str]) -> Path:
    (folder / "list.csv").write_text("\n".join(lines))
    return folder / "list.csv"


@pytest.mark.parametrize("material", [pytest.param(photographs, marks=pytest.mark.photographs), pytest.param(phantoms)])
def test_a_coordinator_goes_from_a_folder_of_photos_to_a_finished_reading(open_page, tmp_path, work, material):
    page = open_page()
    page.set_default_timeout(PATIENCE)
    make_first_account(page)
    archive, manifest, kind = material(tmp_path)
    cohort = import_photos(page, archive, manifest, kind, work)
    clear_the_queue(page, cohort)
    study = open_study(page, cohort)
    for name in ("Rosa Reader", "Rita Reader"):
        invite(page, study, name)
    for number, name in enumerate(("Rosa Reader", "Rita Reader")):
        reader = open_page()
        reader.set_default_timeout(PATIENCE)
        accept(reader, mail.outbox[number], name)
        read(reader, study)
    watch(page, study)
    close_and_export(page, study)


def make_first_account(page: Any) -> None:
    page.goto(f"/accounts/first/?token={first_account_token()}")
    page.fill("[name=name]", "Clara Coordinator")
    page.fill("[name=email]", "clara@example.org")
    fill_passwords(page)
    page.click("main form button.primary")
    page.get_by_text("Begin with a cohort").wait_for()


def fill_passwords(page: Any) -> None:
    for field in page.locator("input[type=password]").all():
        field.fill(PASSWORD)


def import_photos(page: Any, archive: Path, manifest: Path, kind: str, work: Callable[[], None]) -> Cohort:
    page.goto("/cohorts/new/")
    page.fill("[name=name]", "Clinic")
    page.select_option("[name=kind]", kind)
    page.click("main form button.primary")
    page.set_input_files("input[name=photos]", archive)
    page.set_input_files("input[name=manifest]", manifest)
    page.get_by_role("button", name="Upload and check").click()
    page.wait_for_url(re.compile(r"/imports/\d+/$"))
    work()
    page.get_by_text("Nothing is stored yet").wait_for()
    page.get_by_role("button", name=re.compile(r"^Add \d+ photos to the cohort")).click()
    page.get_by_text("Waiting for a worker").wait_for()
    work()
    page.get_by_role("link", name="To the cohort").wait_for()
    batch = ImportBatch.objects.get()
    assert batch.status == ImportBatch.Status.FINISHED, batch.problem
    cohort = Cohort.objects.get(name="Clinic")
    assert not cohort.photos.filter(status=Photo.Status.IMPORTED).exists()
    return cohort


def clear_the_queue(page: Any, cohort: Cohort) -> None:
    """Accept what has a face and refuse the rest, photo after photo, until nothing waits."""
    waiting = cohort.photos.filter(status=Photo.Status.REVIEW).count()
    assert waiting
    page.goto(f"/cohorts/{cohort.pk}/review/")
    for left in range(waiting, 0, -1):
        page.get_by_role("heading", name=re.compile(rf"^{left} photos? to look at")).wait_for()
        accepting = page.locator("form[action$='/accept/'] button")
        if accepting.count():
            accepting.click()
        else:
            page.fill("#reason", "Not one clear face")
            page.locator("form.refuse button").click()
    page.get_by_role("heading", name="Nothing to look at").wait_for()
    assert not cohort.photos.filter(status=Photo.Status.REVIEW).exists()


def open_study(page: Any, cohort: Cohort) -> Study:
    page.goto(f"/studies/new/?cohort={cohort.pk}")
    page.fill("[name=name]", "The desk")
    page.fill("[name=exposure]", "0.5")
    page.select_option("[name=how]", "sample")
    page.fill("[name=n]", str(FACES))
    page.fill("[name=practice]", "0")
    page.check("[name=with_unstated]")
    page.select_option("[name=confidence]", "none")
    page.click("button.primary.large")
    page.wait_for_url(re.compile(r"/studies/\d+/$"))
    page.get_by_role("button", name="Open the study").click()
    page.get_by_text("Open since").wait_for()
    return Study.objects.get(name="The desk")


def invite(page: Any, study: Study, name: str) -> None:
    page.goto(f"/studies/{study.pk}/people/")
    form = page.locator("form", has=page.locator("h2", has_text="Invite"))
    form.locator("[name=email]").fill(f"{name.split()[0].lower()}@example.org")
    form.locator("[name=name]").fill(name)
    form.get_by_role("button", name="Invite", exact=True).click()
    page.wait_for_selector("[data-copy]")


def accept(page: Any, message: Any, name: str) -> None:
    assert name in message.body
    page.goto(re.search(r"https?://[^/\s]+(/invitations/\S+)", message.body)[1])
    page.fill("[name=name]", name)
    fill_passwords(page)
    page.click("main form button.primary")
    page.wait_for_url(re.compile(r"^(?!.*/invitations/).*$"))


def read(page: Any, study: Study) -> None:
    page.goto(f"/read/{study.pk}/")
    page.check("[name=agree]")
    page.click("text=Agree and go on")
    page.wait_for_selector("[type=submit]:not([disabled])")
    page.click("text=Check this device")
    page.wait_for_selector("[data-keys]:visible, [data-go]:visible")
    page.keyboard.press("f")
    page.keyboard.press("j")
    page.click("[data-go]")
    page.click("text=Start reading")
    page.click("#go")
    for number, key in enumerate(KEYS):
        answer(page, key)
        if number < FACES - 1:
            page.wait_for_function("n => window.__readings.length > n", arg=number)
    thanked(page)


def watch(page: Any, study: Study) -> None:
    page.goto(f"/studies/{study.pk}/monitor/")
    assert page.locator("[data-is=done]").all_inner_texts() == [f"{FACES} / {FACES}"] * 2
    assert page.locator("[data-is=state]").all_inner_texts() == ["finished"] * 2
    assert page.get_by_text("Rita Reader").count() == 1


def close_and_export(page: Any, study: Study) -> None:
    page.goto(f"/studies/{study.pk}/")
    page.get_by_role("button", name="Close the reading").click()
    page.get_by_role("link", name="Files of the reading").click()
    with page.expect_download() as downloading:
        page.locator("a[href$='/files/reads.csv']").click()
    rows = list(csv.DictReader(io.StringIO(Path(downloading.value.path()).read_text("utf-8-sig"))))
    assert {row["reader"] for row in rows} == {"SP 1", "SP 2"}
    assert [row["call"] for row in rows if row["reader"] == "SP 1"] == ["1", "0", "1", "0"]
    assert len(rows) == Call.objects.count() == 2 * FACES
