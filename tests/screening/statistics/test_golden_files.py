"""No reference file is left unread."""

from pathlib import Path

from tests.screening.statistics.statistics_golden import GOLDEN

HERE = Path(__file__).parent
# A simulation of how often the paper's rule errs: text for people, no value to meet.
NOT_FOR_TESTS = {"band_rule_validity"}


def test_every_reference_file_is_walked_by_some_test():
    code = "".join(path.read_text() for path in HERE.glob("*.py") if path.name != Path(__file__).name)
    names = {path.stem for path in (GOLDEN / "expected").glob("*.json")}
    assert len(names) >= 17
    assert {name for name in names if f'"{name}"' not in code} == NOT_FOR_TESTS


def test_every_data_file_is_read():
    code = "".join(path.read_text() for path in HERE.glob("*.py"))
    assert all(f'"{path.stem}"' in code for path in (GOLDEN / "data").glob("*.csv"))
