"""What the web may import stays light: a fresh process looks at what came with it."""

import subprocess
import sys

import pytest

HEAVY = ("tensorflow", "keras", "mtcnn", "cv2", "sklearn", "scipy", "h5py", "django")


@pytest.mark.parametrize("module", ["recipe", "checks", "words", "layout", "splits", "results", "machine"])
def test_a_light_module_brings_nothing_heavy(module):
    code = f"import sys, training.engine.{module}; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_tensorflow_loads_without_a_word():
    code = "import training.engine.fit, training.engine.faces; training.engine.faces.FaceFinder()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=240, check=True)
    assert (done.stdout, done.stderr) == ("", "")
