"""A phantom cohort as a folder: photos, a manifest in the public import format, and every picture's origin.

photos/<opaque name>.jpg   480 x 600 pixels, JPEG
manifest.csv               what the import door takes; ``file`` is relative to ``photos/``
phantoms.csv               seed, version, scores, ideal observer's L and landmarks of every picture; never imported
"""

from __future__ import annotations

import csv
import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from readerstudy.phantoms.camera import jpeg
from readerstudy.phantoms.design import generate
from readerstudy.phantoms.gestalts import SCORES
from readerstudy.phantoms.phantom import Phantom
from readerstudy.phantoms.render import render

CONSENT = "phantom-no-consent-needed"
MANIFEST = ("subject_id", "file", "label", "syndrome", "confirmation", "sex", "age_months", "consent", "index_photo")
POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
LANDMARKS = tuple(f"{point}_{axis}" for point in POINTS for axis in "xy")
ORIGIN = (
    "subject_id",
    "file",
    "seed",
    "version",
    "preset",
    "llr",
    "difficulty",
    "skin_tone",
    "is_expressed",
    *SCORES,
    *LANDMARKS,
)
FEW = 24  # below this, starting processes costs more than it saves

Progress = Callable[[int, int], None]


def write_cohort(
    directory: str | Path,
    *,
    n: int = 456,
    seed: int = 1,
    preset: str = "demo",
    on_progress: Progress | None = None,
    processes: int | None = None,
) -> list[Phantom]:
    """Draw a cohort into ``directory`` and return its phantoms.

    ``on_progress(done, total)`` is called after every picture. ``processes`` defaults to the processors at hand, and
    to 1 in a process that may have no children (a Celery worker's). The tables are written last: a folder with a
    manifest is whole. A folder that already holds other photos is refused with FileExistsError.
    """
    directory = Path(directory)
    phantoms = generate(n=n, seed=seed, preset=preset)
    photos = _photo_folder(directory, {phantom.file for phantom in phantoms})
    processes = processes or default_processes(n)
    points = {}
    for code, landmarks in _draw_all(phantoms, photos, processes):
        points[code] = landmarks
        if on_progress:
            on_progress(len(points), n)
    _write_table(
        directory / "phantoms.csv", ORIGIN, (_origin_row(phantom, points[phantom.code]) for phantom in phantoms)
    )
    _write_table(directory / "manifest.csv", MANIFEST, map(_manifest_row, phantoms))
    return phantoms


def default_processes(pictures: int) -> int:
    """How many processes to draw with. Daemonic processes, as Celery's prefork workers are, cannot have children."""
    if multiprocessing.current_process().daemon or pictures < FEW:
        return 1
    at_hand = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(at_hand, 16)


def read_origins(path: str | Path) -> dict[str, dict[str, str | float]]:
    """The rows of a ``phantoms.csv`` by subject code, numbers as floats."""
    texts = {"subject_id", "file", "version", "preset"}
    with Path(path).open(newline="", encoding="utf-8") as table:
        return {
            row["subject_id"]: {key: value if key in texts else float(value) for key, value in row.items()}
            for row in csv.DictReader(table)
        }


def _photo_folder(directory: Path, expected: set[str]) -> Path:
    photos = directory / "photos"
    photos.mkdir(parents=True, exist_ok=True)
    strangers = sorted(path.name for path in photos.iterdir() if path.name not in expected)
    if strangers:
        raise FileExistsError(
            f"{photos} already holds {len(strangers)} files of something else ({strangers[0]} ...). "
            "Choose an empty folder or remove them first."
        )
    (directory / "manifest.csv").unlink(missing_ok=True)
    return photos


def _draw_all(phantoms: list[Phantom], photos: Path, processes: int) -> Iterator[tuple[str, np.ndarray]]:
    if processes == 1:
        with _one_thread():
            for phantom in phantoms:
                yield _draw(phantom, photos)
        return
    # Spawned, not forked: the caller may hold threads (TensorFlow, a web server) that a fork would leave dead.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        waiting = [pool.submit(_draw, phantom, photos) for phantom in phantoms]
        try:
            for done in as_completed(waiting):
                yield done.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _one_thread() -> Iterator[None]:
    """OpenCV's own threads cost more than they bring on pictures of this size."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _draw(phantom: Phantom, photos: Path) -> tuple[str, np.ndarray]:
    picture, points = render(phantom)
    (photos / phantom.file).write_bytes(jpeg(picture))
    return phantom.code, points


def _manifest_row(phantom: Phantom) -> tuple:
    label = "GS" if phantom.has_syndrome else "control"
    truth = (label, phantom.diagnosis, phantom.confirmation)
    return (phantom.code, phantom.file, *truth, phantom.sex, f"{phantom.age_months:.1f}", CONSENT, "yes")


def _origin_row(phantom: Phantom, points: np.ndarray) -> tuple:
    origin = (phantom.code, phantom.file, phantom.seed, phantom.version, phantom.preset)
    observer = (
        f"{phantom.llr:.6f}",
        f"{phantom.difficulty:.6f}",
        f"{phantom.looks.tone:.4f}",
        int(phantom.is_expressed),
    )
    return (
        *origin,
        *observer,
        *(f"{score:.5f}" for score in phantom.scores),
        *(f"{value:.2f}" for value in points.ravel()),
    )


def _write_table(path: Path, header: tuple[str, ...], rows: Iterable[tuple]) -> None:
    with path.open("w", newline="", encoding="utf-8") as table:
        writer = csv.writer(table)
        writer.writerow(header)
        writer.writerows(rows)
