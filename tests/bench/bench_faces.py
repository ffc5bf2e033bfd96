"""Face finding against the stock `mtcnn` package, CPU seconds side by side in one run.

    python -m tests.bench.bench_faces [FOLDER OF PHOTOS ...]

Without folders it draws 24 phantoms. Recall and landmarks are compared where both find exactly one face.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from training.engine.detector import Detector
from training.engine.faces import WORKING_SIZE, FaceFinder, _resize


def pictures(folders: list[str]) -> list[np.ndarray]:
    if not folders:
        from readerstudy.phantoms.cohort import write_cohort

        with tempfile.TemporaryDirectory() as where:
            write_cohort(where, n=24, seed=3, processes=1)
            return _read(Path(where))
    return [image for folder in folders for image in _read(Path(folder))]


def _read(folder: Path) -> list[np.ndarray]:
    return [np.asarray(Image.open(path).convert("RGB")) for path in sorted(folder.rglob("*.jpg"))]


def cpu(work: Callable[[np.ndarray], object], images: list[np.ndarray]) -> tuple[float, list[object]]:
    """CPU milliseconds an image, after one warm-up."""
    work(images[0])
    start = time.process_time()
    results = [work(image) for image in images]
    return 1000 * (time.process_time() - start) / len(images), results


def main() -> None:
    from mtcnn import MTCNN

    images = pictures(sys.argv[1:])
    stock, detector, finder = MTCNN(), Detector(), FaceFinder()

    def ours(image: np.ndarray) -> object:
        scale = min(1.0, WORKING_SIZE / max(image.shape[:2]))
        small = _resize(image, scale)
        return [(face, scale) for face in detector.detect(small, min_face=0.15 * min(small.shape[:2]))]

    sizes = {
        "as they are": images,
        "640 x 480": _resized(images[:8], 640, 480),
        "12 Mpx": _resized(images[:2], 4000, 3000),
    }
    for name, some in sizes.items():
        base, stock_found = cpu(stock.detect_faces, some)
        fast, our_found = cpu(ours, some)
        full, results = cpu(finder.find, some)
        print(f"{name}: {len(some)} pictures, CPU ms each: stock {base:.0f}, ours {fast:.0f} ({base / fast:.1f}x),")
        print(f"  with retries, turn check and verdict {full:.0f} ({base / full:.1f}x)")
        print(f"  one face: stock {_ones(stock_found)}, ours {_ones(our_found)}, finder {_found(results)}")
        print(f"  landmarks apart, median of the eye distance: {_apart(stock_found, our_found):.1%}")


def _resized(images: list[np.ndarray], width: int, height: int) -> list[np.ndarray]:
    return [np.asarray(Image.fromarray(image).resize((width, height))) for image in images]


def _ones(found: list[object]) -> int:
    return sum(len(faces) == 1 for faces in found)


def _found(results: list[object]) -> int:
    return sum(result.landmarks is not None for result in results)


def _apart(stock: list[object], ours: list[object]) -> float:
    names = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    apart = []
    for theirs, mine in zip(stock, ours, strict=True):
        if len(theirs) == len(mine) == 1:
            points = np.array([theirs[0]["keypoints"][name] for name in names], float)
            face, scale = mine[0]
            error = np.linalg.norm(face.landmarks / scale - points, axis=1).mean()
            apart.append(error / np.linalg.norm(points[1] - points[0]))
    return float(np.median(apart)) if apart else float("nan")


if __name__ == "__main__":
    main()
