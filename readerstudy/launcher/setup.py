"""Make the virtual environment, install into it, and hand over to ``readerstudy.launcher.chores`` inside it.

Needs nothing but a Python of 3.11 to 3.13; run as a file, so that nothing of the project is imported before it exists.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
CONSTRAINTS = ROOT / "readerstudy" / "launcher" / "constraints.txt"
SERVE = ("embedded", "worker", "onnx")
TEST = ("embedded", "worker", "s3", "dev")
CHORES = {
    "setup": (SERVE, "only install, into .venv"),
    "demo": (SERVE, "set up, make the phantom demo study and serve it at http://127.0.0.1:8000"),
    "run": (SERVE, "set up and serve the same site, empty, for real use"),
    "test": (TEST, "set up and run every test: lint, types, unit, database, browser, services"),
    "fast": (TEST, "the quick tests only"),
    "lint": (TEST, "style, walls and types only"),
    "messages": (TEST, "bring the catalogues of the languages up to date"),
    "screenshots": (TEST, "make the README's pictures from a running demo"),
    "bench": (TEST, "print the benchmarks' figures"),
}


def stop(message: str) -> None:
    sys.exit("\n" + message + "\n")


def main() -> None:
    chore = sys.argv[1] if len(sys.argv) > 1 else "help"
    if chore not in CHORES:
        print("make CHORE, or python3 readerstudy/launcher/setup.py CHORE:\n")
        for name, (_extras, what) in CHORES.items():
            print(f"  {name:<12} {what}")
        print("\nSettings are environment variables (HOST, PORT, DATA_DIR ...): see docs/settings.md.")
        sys.exit(0 if chore == "help" else 2)
    check_python()
    make_venv()
    install(CHORES[chore][0] + (("s3",) if os.environ.get("S3_BUCKET") else ()))
    if chore == "setup":
        print("Installed into .venv. Next: `make demo` to look around, or `make run` for real use.")
        return
    os.chdir(ROOT)
    os.execv(str(PYTHON), [str(PYTHON), "-m", "readerstudy.launcher.chores", *sys.argv[1:]])


def check_python() -> None:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        found = ".".join(str(part) for part in sys.version_info[:3])
        stop(
            f"readerstudy needs Python 3.11, 3.12 or 3.13, and {sys.executable} is {found}.\n"
            "Name another one: make PYTHON=python3.12 demo"
        )
    if os.name != "posix":
        stop("readerstudy runs on Linux and macOS. On Windows, use it inside WSL.")


def make_venv() -> None:
    if PYTHON.exists():
        return
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        stop(
            f"This Python has no ensurepip. On Debian or Ubuntu: apt-get install python3-venv "
            f"(python{sys.version_info[0]}.{sys.version_info[1]}-venv), then try again."
        )
    print("Making the virtual environment .venv ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)


def install(extras: "tuple[str, ...]") -> None:
    """Install what is missing; a stamp in .venv remembers what is there, so that a second start takes no time."""
    from requirements import requirements  # the neighbouring file; this one runs as a script

    wanted = requirements(*extras)
    stamp = VENV / "installed"
    content = "\n".join([*sorted(wanted), hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()])
    have = stamp.read_text() if stamp.exists() else ""
    if set(content.split("\n")) <= set(have.split("\n")):
        return
    size = "3 GB" if "dev" in extras else "2 GB"
    print(
        f"Installing the pinned packages into .venv: about {size} with TensorFlow, one to two minutes ...", flush=True
    )
    uv = shutil.which("uv")
    if uv:
        command = [uv, "pip", "install", "--quiet", "--python", str(PYTHON)]
    else:
        command = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    result = subprocess.run([*command, "--constraint", str(CONSTRAINTS), *wanted])
    if result.returncode:
        stop(
            "The packages could not be installed; the lines above say why.\n"
            "Without a network, point pip at a folder of wheels: PIP_NO_INDEX=1 PIP_FIND_LINKS=/media/wheels make demo"
        )
    stamp.write_text(content)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
