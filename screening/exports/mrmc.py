"""The primary reads as the multi-reader multi-case packages want them: iMRMC, MRMCaov, RJafroc.

One *modality* (MRMCaov: test) is "unaided" or "aided"; the rating of a read is higher the surer the reader is of GS.
iMRMC and MRMCaov take designs with holes, so every primary read is in their files; RJafroc wants a rectangle.

Who is in them is who has a point in a comparison: readers who called cases of both groups, those who withdrew included,
since what they called before is data. The files name them, so that an analysis without them is one filter away.
"""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from screening.exports.safe import cell
from screening.tables import Bools, Floats, Ints, Table


@dataclass(frozen=True, kw_only=True, eq=False)
class Ratings:
    """``values`` has shape (modalities, readers, cases); NaN: not read. Cases without a truth are left out."""

    modalities: list[str]
    readers: list[str]
    numbers: Ints
    truth: Bools
    values: Floats
    is_binary: bool  # the calls alone, 0 and 1: no confidence was asked for, or not every read has one
    withdrawn: frozenset[str] = frozenset()  # codes of readers who withdrew; their reads are there


def ratings_of(tables: dict[str, Table]) -> Ratings:
    """From the tables by stage; a stage nobody has read is left out, and so is a reader who has no point in any."""
    first = next(iter(tables.values()))
    read = {stage: table for stage, table in tables.items() if not np.isnan(table.calls).all()} or tables
    calls = np.stack([table.calls for table in read.values()])
    confidence = np.stack([table.confidence for table in read.values()])
    is_binary = bool(np.isnan(confidence[~np.isnan(calls)]).any())
    values = calls if is_binary else np.where(calls == 1, 1.0, -1.0) * (confidence + 1)
    here = (_has_read(calls, first.truth) & _has_read(calls, ~first.truth)).any(axis=0)
    return Ratings(
        modalities=list(read),
        readers=[reader.code for reader, is_here in zip(first.readers, here, strict=True) if is_here],
        numbers=first.number,
        truth=first.truth,
        values=np.where(np.isnan(calls), np.nan, values)[:, here],
        is_binary=is_binary,
        withdrawn=frozenset(reader.code for reader in first.readers if reader.is_withdrawn),
    )


def _has_read(calls: Floats, group: Bools) -> Bools:
    """Shape (modalities, readers)."""
    read: Bools = ~np.isnan(calls[:, :, group]).all(axis=2)
    return read


def imrmc_lines(ratings: Ratings, *, title: str) -> Iterator[bytes]:
    """The list format of iMRMC: a description, the sizes, then ``reader, case, modality, score`` lines.

    Reader -1 states the truth of a case, 0 or 1, under modality 0. Sizes count what follows.
    """
    sizes = {
        "N0": int((~ratings.truth).sum()),
        "N1": int(ratings.truth.sum()),
        "NR": len(ratings.readers),
        "NM": len(ratings.modalities),
    }
    # A description that holds "BEGIN DATA" would end there.
    yield f"{' '.join(title.split()).replace('BEGIN DATA', 'begin data')}{_withdrawn(ratings)}\n".encode()
    yield "".join(f"{name}: {size}\n" for name, size in sizes.items()).encode()
    yield b"BEGIN DATA:\n"
    truths = zip(ratings.numbers, ratings.truth, strict=True)
    yield "".join(f"-1,{number},0,{int(is_gs)}\n" for number, is_gs in truths).encode()
    for modality, reader, reads in _by_reader(ratings):
        yield "".join(f"{reader},{number},{modality},{rating:g}\n" for number, _, rating in reads).encode()


def _withdrawn(ratings: Ratings) -> str:
    gone = [code for code in ratings.readers if code in ratings.withdrawn]
    return f" (withdrew, reads before that included: {', '.join(gone)})" if gone else ""


LONG_HEADER = ["reader", "test", "case", "truth", "rating", "withdrawn"]


def long_rows(ratings: Ratings) -> Iterator[list[Any]]:
    """The long table of MRMCaov: ``mrmc(empirical_auc(truth, rating), test, reader, case, data)``."""
    for modality, reader, reads in _by_reader(ratings):
        for number, is_gs, rating in reads:
            yield [reader, modality, number, int(is_gs), rating, int(reader in ratings.withdrawn)]


def _by_reader(ratings: Ratings) -> Iterator[tuple[str, str, list[tuple[int, bool, float]]]]:
    for i, modality in enumerate(ratings.modalities):
        for j, reader in enumerate(ratings.readers):
            row = ratings.values[i, j]
            yield (
                modality,
                reader,
                [(ratings.numbers[k], ratings.truth[k], row[k]) for k in np.flatnonzero(~np.isnan(row))],
            )


def rectangle(ratings: Ratings) -> Ratings:
    """The cases that every reader has read in every modality; RJafroc's factorial design knows no holes."""
    whole = ~np.isnan(ratings.values).any(axis=(0, 1))
    return Ratings(
        modalities=ratings.modalities,
        readers=ratings.readers,
        numbers=ratings.numbers[whole],
        truth=ratings.truth[whole],
        values=ratings.values[:, :, whole],
        is_binary=ratings.is_binary,
        withdrawn=ratings.withdrawn,
    )


def rjafroc_workbook(ratings: Ratings) -> Iterator[bytes]:
    """RJafroc's Excel file for ROC data (``DfReadDataFile(file, newExcelFileFormat = TRUE)``), from a rectangle.

    Three sheets: ``TRUTH`` (CaseID, LesionID: 0 for a control and 1 for GS, Weight, the readers and modalities as
    comma-separated text, and Paradigm, whose first two cells are ROC and FCTRL), ``FP`` (ratings of controls) and
    ``TP`` (ratings of GS). Sheets are written row by row, so memory does not grow with them.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    readers, modalities = ", ".join(ratings.readers), ", ".join(ratings.modalities)
    truth = [
        [int(number), int(is_gs), 0, readers, modalities, {0: "ROC", 1: "FCTRL"}.get(i)]
        for i, (number, is_gs) in enumerate(zip(ratings.numbers, ratings.truth, strict=True))
    ]
    _sheet(book, "TRUTH", ["CaseID", "LesionID", "Weight", "ReaderID", "ModalityID", "Paradigm"], truth)
    _sheet(book, "FP", ["ReaderID", "ModalityID", "CaseID", "FP_Rating"], _rated(ratings, is_gs=False))
    _sheet(book, "TP", ["ReaderID", "ModalityID", "CaseID", "LesionID", "TP_Rating"], _rated(ratings, is_gs=True))
    held = io.BytesIO()
    book.save(held)
    yield held.getvalue()


def _rated(ratings: Ratings, *, is_gs: bool) -> Iterator[list[Any]]:
    for modality, reader, reads in _by_reader(ratings):
        for number, truth, rating in reads:
            if bool(truth) is is_gs:
                yield [reader, modality, int(number), *([1] if is_gs else []), float(rating)]


def _sheet(book: Any, name: str, header: Sequence[str], rows: Any) -> None:
    sheet = book.create_sheet(name)
    sheet.append(list(header))
    for row in rows:
        sheet.append([cell(value) for value in row])
