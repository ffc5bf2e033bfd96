"""The drawn faces of a protocol's preview: four with a syndrome's gestalt and four without, never a child.

    python -m readerstudy.phantoms.preview_faces readerstudy/studies/preview_faces

They are stored as small pictures because the web server that shows a preview may lack OpenCV, which draws them. The
same seed gives the same pictures.
"""

import io
import sys
from pathlib import Path

from PIL import Image

from readerstudy.phantoms.design import generate
from readerstudy.phantoms.render import render
from readerstudy.studies.pictures import rendition

SIZE = (384, 480)
SEED = 7
OF_EACH = 4
YOUNGEST, OLDEST = 18, 120  # months


def preview_faces() -> dict[str, Image.Image]:
    """``gs-1`` ... and ``control-1`` ..., RGB of :data:`SIZE`, framed as readers see faces."""
    drawn: dict[str, Image.Image] = {}
    phantoms = [p for p in generate(n=80, seed=SEED) if YOUNGEST <= p.age_months <= OLDEST]
    for has_syndrome, name in ((True, "gs"), (False, "control")):
        chosen = [p for p in phantoms if p.has_syndrome is has_syndrome][:OF_EACH]
        for number, phantom in enumerate(chosen, 1):
            pixels, landmarks = render(phantom)[:2]
            shown = rendition(Image.fromarray(pixels), landmarks=landmarks)
            drawn[f"{name}-{number}"] = Image.open(io.BytesIO(shown)).resize(SIZE, Image.Resampling.LANCZOS)
    return drawn


def main(folder: str) -> None:
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    for name, picture in preview_faces().items():
        picture.save(target / f"{name}.webp", "WEBP", quality=80, method=6)


if __name__ == "__main__":
    main(*sys.argv[1:])
