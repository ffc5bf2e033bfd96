"""A site in a folder of its own, driven by its commands as an operator drives it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILL = """
from pathlib import Path
import django; django.setup()
from django.conf import settings
from readerstudy.audit.services import record
from screening.analysis.options import Options
from screening.services import compare
from tests.screening.app.paperlike import build
made = build(n={n})
compare(study=made.study, run=made.run, options=Options(replicates=200), by=made.investigator)
for number in range(3):
    record("site.tested", actor=made.investigator, name="Zoë 中文", number=number)
for name in ("media/photos/ab/face.jpg", "runs/1/fold-0.weights.h5", "weights/own.npz"):
    root = Path(settings.MEDIA_ROOT).parent
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_bytes(name.encode() * 50_000)
"""
COUNT = """
import json
import django; django.setup()
from readerstudy.operations import rows
found = rows.models_of(rows.applied_migrations())
def plain(line):  # PostgreSQL keeps the names within a JSON value in an order of its own
    return json.dumps(json.loads(line), sort_keys=True)
told = {label: sorted(map(plain, rows.lines_of(model))) for label, model in found.items()}
print(json.dumps(told))
"""


@dataclass(frozen=True)
class Site:
    folder: Path
    database_url: str = ""

    def run(self, *command: str, expected: int | None = 0, **more: str) -> str:
        """What it printed; of one that ends with another status, what it complained of. None: either status."""
        environment = {**os.environ, "DATA_DIR": str(self.folder), "DATABASE_URL": self.database_url, "DEBUG": "1"}
        environment |= {"DJANGO_SETTINGS_MODULE": "readerstudy.settings", "PYTHONPATH": str(ROOT)} | more
        done = subprocess.run([sys.executable, *command], cwd=ROOT, env=environment, capture_output=True, text=True)
        assert expected is None or done.returncode == expected, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stderr if expected else done.stdout

    def manage(self, *command: str, expected: int | None = 0) -> str:
        return self.run("manage.py", *command, expected=expected)

    def fill(self, n: int = 40) -> None:
        self.manage("migrate", "--verbosity", "0")
        self.run("-c", FILL.format(n=n))

    def rows(self) -> str:
        return self.run("-c", COUNT)

    def files(self) -> dict[str, bytes]:
        places = [self.folder / name for name in ("media", "runs", "weights")]
        found = [path for place in places for path in place.rglob("*") if path.is_file()]
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}
