"""Files are made piece by piece: a reading of any length fits a small memory."""

import itertools

import pyarrow.parquet as pq
import pytest

from screening.exports import formats
from screening.exports.columns import Column

COLUMNS = (
    Column(name="who", kind="text", meaning="a code"),
    Column(name="n", kind="integer", meaning="a number"),
    Column(name="is_it", kind="yes_no", meaning="1: it is"),
)


def endless():
    for i in itertools.count():
        yield [f"SP {i % 7}", i, i % 2 == 0 if i % 5 else None]


@pytest.mark.parametrize(
    "pieces",
    [
        lambda rows: formats.csv_pieces(["who", "n", "is_it"], rows),
        lambda rows: formats.json_pieces(COLUMNS, rows),
        lambda rows: formats.parquet_pieces(COLUMNS, rows),
    ],
    ids=["csv", "json", "parquet"],
)
def test_the_first_pieces_leave_before_the_last_row_is_known(pieces):
    first = list(itertools.islice(pieces(endless()), 4))
    assert all(first)
    assert sum(map(len, first)) < 2_000_000


def test_parquet_of_several_groups_is_one_file(tmp_path):
    rows = list(itertools.islice(endless(), 12_500))
    path = tmp_path / "reads.parquet"
    path.write_bytes(b"".join(formats.parquet_pieces(COLUMNS, rows)))
    table = pq.read_table(path)
    assert pq.ParquetFile(path).num_row_groups == 3
    assert table.column("n").to_pylist() == list(range(12_500))
    assert table.slice(0, 3).to_pylist()[0] == {"who": "SP 0", "n": 0, "is_it": None}


def test_a_file_without_rows_is_a_file(tmp_path):
    path = tmp_path / "none.parquet"
    path.write_bytes(b"".join(formats.parquet_pieces(COLUMNS, [])))
    assert pq.read_table(path).num_rows == 0
    assert b"".join(formats.csv_pieces(["who"], [])).decode("utf-8-sig") == "who\r\n"
    assert b"".join(formats.json_pieces(COLUMNS, [])) == b""
