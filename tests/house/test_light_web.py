"""The web process never loads TensorFlow: every module outside the engine is imported in a fresh process."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import importlib, json, pkgutil, sys
import django
django.setup()
seen = []
for top in ("readerstudy", "training", "screening"):
    package = importlib.import_module(top)
    for module in pkgutil.walk_packages(package.__path__, top + "."):
        if module.name.startswith("training.engine"):
            continue
        importlib.import_module(module.name)
        seen.append(module.name)
unwanted = {"tensorflow", "keras", "mtcnn", "torch", "jax", "pyarrow", "openpyxl", "phenopackets", "reportlab"}
heavy = sorted({name.split(".")[0] for name in sys.modules} & unwanted)
print(json.dumps({"seen": seen, "heavy": heavy}))
"""


def test_no_module_outside_the_engine_loads_a_heavy_library(tmp_path: Path) -> None:
    environment = {"DJANGO_SETTINGS_MODULE": "readerstudy.settings", "DATA_DIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert {"training.tasks", "screening.views", "readerstudy.reading.services"} <= {
        ".".join(name.split(".")[:3]) if name.startswith("readerstudy") else ".".join(name.split(".")[:2])
        for name in told["seen"]
    }
    assert told["heavy"] == []
