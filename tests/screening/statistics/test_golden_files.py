"""No reference file and no value in one is left unread."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.screening.statistics.statistics_golden import GOLDEN

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
# A simulation of how often the paper's rule errs: text for people, no value to meet.
NOT_FOR_TESTS = {"band_rule_validity"}
# What a reference file holds beside the values a function of ours gives, and why nothing is held against it.
NO_VALUE_OF_OURS = {
    r"^[^/]+/meta/": "how the file was made",
    r"/(finding|note|source|label|name|order|package|package_version|missing60_input)$": "words",
    r"^paper_table1/(paper_prints/|gender/(rows|columns)/)|^paper_table2/readers/\d+/reader$": "words",
    r"^paperlike_reads_stats/readers/\w+/reader$|/(levels/\d+|ci_coords/input|roc[12])$": "words",
    r"^mrmc_vandyke_binary_imrmc/\w+/\d+/[AB]$": "words",
    r"/single_run/": "one run of R's own random numbers, an example by the README",
    r"/bootstrap/(seeds|D|p)/": "single runs of R; their means and SDs are met",
    r"/(max_abs_dev_\d+|share_of_200_iteration_runs_declaring_outside)/": "how far single runs of R departed",
    r"/(iterations|boot_n|seed)$": "how many resamples R took, and from which seed",
    r"/boot_mean$": "no result carries the mean of the replicates; median and limits are met",
    r"/ci_thresholds/\w+/\d+/boot_sd$|/ci_s[ep]/boot_sd$": "these results carry no SD; their limits are met",
    r"^paper_table2/model_row/printed/auc$": "a value of the paper's own photographs",
    r"^power_vandyke_rjafroc/pilot/JStar$": "the pilot's number of readers does not enter",
    r"/FRRC/ciAvgRdrEachTrt/\d+/DF$": "K - 1 printed beside a normal interval",
    r"^mrmc_vandyke_imrmc/Ustat_full/\d+/dfBDG(\.biased)?$": "of a difference: that of its first test, met there",
}
# Values that only the slow tests meet.
BY_SLOW_TESTS = r"/probe_points/\d+/position_ci_s[ep]$|/bootstrap_p_two_sided_at_most$"


def leaves(value, path):
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(inner, f"{path}/{key}")
    elif value is not None:
        yield path


def test_every_reference_file_is_walked_by_some_test():
    code = "".join(path.read_text() for path in HERE.glob("*.py") if path.name != Path(__file__).name)
    names = {path.stem for path in (GOLDEN / "expected").glob("*.json")}
    assert len(names) >= 17
    assert {name for name in names if f'"{name}"' not in code} == NOT_FOR_TESTS


def test_every_data_file_is_read():
    code = "".join(path.read_text() for path in HERE.glob("*.py"))
    assert all(f'"{path.stem}"' in code for path in (GOLDEN / "data").glob("*.csv"))


@pytest.mark.slow
def test_every_value_of_every_reference_file_is_held_against_a_result(tmp_path):
    """Not a sample of them: the other tests run once more, remembering every value that they look at."""
    found = tmp_path / "looked_at.json"
    others = [str(path.relative_to(ROOT)) for path in HERE.glob("test_*.py") if path != Path(__file__)]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.screening.statistics.looked_at", *others]
    run = subprocess.run(
        [*command, "-p", "no:cacheprovider"],
        cwd=ROOT,
        env=os.environ | {"LOOKED_AT": str(found)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-2000:]
    looked_at = {"/".join(map(str, path)) for path in json.loads(found.read_text())}
    allowed = re.compile("|".join([*NO_VALUE_OF_OURS, BY_SLOW_TESTS]))
    left_out = [
        path
        for file in sorted((GOLDEN / "expected").glob("*.json"))
        if file.stem not in NOT_FOR_TESTS
        for path in leaves(json.loads(file.read_text()), file.stem)
        if path not in looked_at and not allowed.search(path)
    ]
    assert not left_out, f"{len(left_out)} values are met by no test: {left_out[:20]}"
    assert len(looked_at) > 8000
