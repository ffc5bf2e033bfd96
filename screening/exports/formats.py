"""Rows into files, piece by piece: a file of any length is made in constant memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from screening.exports.columns import Column
from screening.exports.safe import cell

ROWS_A_PIECE = 500
ROWS_A_GROUP = 5000  # of a Parquet file
BYTE_ORDER_MARK = "\ufeff"


class Sink(io.RawIOBase):
    """A file that only takes; ``taken`` hands over what came since the last time."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []
        self._size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


def csv_pieces(header: Sequence[str], rows: Iterable[Sequence[Any]], *, mark: bool = True) -> Iterator[bytes]:
    """Comma-separated UTF-8; ``mark`` puts the byte-order mark in front that spreadsheets look for."""
    if mark:
        yield BYTE_ORDER_MARK.encode()
    yield _csv([header])
    for piece in _batches(rows, ROWS_A_PIECE):
        yield _csv([_cell(value) for value in row] for row in piece)


def _cell(value: Any) -> Any:
    # Most cells are numbers or empty and need no second look.
    return value if value is None or type(value) in (int, float) else cell(_plain(value))


def _csv(rows: Iterable[Sequence[Any]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def json_pieces(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """JSON Lines: one object a row; yes/no as true and false, an empty cell as null."""
    names = [column.name for column in columns]
    for piece in _batches(rows, ROWS_A_PIECE):
        lines = (json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False) for row in piece)
        yield "".join(f"{line}\n" for line in lines).encode()


def parquet_pieces(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """Parquet with typed columns, each with its meaning as metadata; a row group at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    kinds = {
        "text": pa.string(),
        "choice": pa.dictionary(pa.int8(), pa.string()),
        "integer": pa.int64(),
        "number": pa.float64(),
        "yes_no": pa.bool_(),
        "time": pa.timestamp("us", tz="UTC"),
    }
    schema = pa.schema(
        [pa.field(column.name, kinds[column.kind], metadata={"meaning": column.meaning}) for column in columns]
    )
    sink = Sink()
    with parquet.ParquetWriter(sink, schema, compression="zstd") as writer:
        for piece in _batches(rows, ROWS_A_GROUP):
            across = list(zip(*piece, strict=True))
            arrays = [pa.array(values, type=field.type) for values, field in zip(across, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            yield sink.taken()
    yield sink.taken()


def _batches(rows: Iterable[Sequence[Any]], size: int) -> Iterator[list[Sequence[Any]]]:
    rest = iter(rows)
    while piece := list(islice(rest, size)):
        yield piece


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
