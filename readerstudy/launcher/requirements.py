"""Print the requirements of pyproject.toml, one a line: ``python requirements.py [extra ...]``."""

import sys
import tomllib
from pathlib import Path


def requirements(*extras: str) -> list[str]:
    project = tomllib.loads((Path(__file__).resolve().parents[2] / "pyproject.toml").read_text())["project"]
    return project["dependencies"] + [line for extra in extras for line in project["optional-dependencies"][extra]]


if __name__ == "__main__":
    print("\n".join(requirements(*sys.argv[1:])))
