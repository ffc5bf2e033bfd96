"""Uploads that nobody would send on purpose: good ones, damaged and mixed by chance, the same for a seed each time."""

import csv
import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

BAD_INPUTS = Path(__file__).resolve().parents[1] / "data" / "bad-inputs"
SMALL = 200_000  # bytes of an example; larger ones only cost time
NAMES = [
    "a.jpg", "A.JPG", "b/c.png", "../up.jpg", "/etc/passwd", "C:\\x.jpg", "\u202egpj.exe", "n\u0301.jpg", "\u0144.jpg",
    "x" * 300 + ".jpg", ".hidden", "__MACOSX/._a.jpg", "a\nb.jpg", "a\0b.jpg", "con", " a.jpg ", "=1+1.jpg", "",
]  # fmt: skip
CELLS = [
    "GS", "control", "gs", "1", "0", "", " ", "=cmd()", "<script>", "Noonan", "ORPHA:648", "ORPHA:x", "OMIM:163950",
    "karyotype", "2024-13", "2024-03", "F", "M", "-1", "1e9", "nan", "inf", "12,5", "yes", "no", "\u202e",
    "\u0000", "\ud7ff",
    "9" * 400, '"', "'", ";", "\t", "é" * 50, "P1", "p1", "２",
]  # fmt: skip
COLUMNS = [
    "subject_id", "file", "label", "syndrome", "orpha", "omim", "confirmation", "confirmed_on", "sex", "age_months",
    "consent", "index_photo", "name", "birth date", "SUBJECT_ID", "", "x",
]  # fmt: skip


def examples(folder: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((BAD_INPUTS / folder).iterdir()) if path.stat().st_size <= SMALL]


class Fuzz:
    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.images, self.manifests, self.archives = (examples(kind) for kind in ("images", "manifests", "archives"))

    def upload(self) -> tuple[bytes, bytes]:
        """(archive, manifest), each of any kind; mostly ones that fit each other, so that the check goes deep."""
        names = self.dice.sample(NAMES[:14] + [f"{n}.jpg" for n in range(8)], self.dice.randint(1, 6))
        return self._maybe_broken(self._archive(names)), self._maybe_broken(self._manifest(names))

    def _archive(self, names: list[str]) -> bytes:
        if self.dice.random() < 0.15:
            return self.dice.choice(self.archives)
        out = io.BytesIO()
        method = self.dice.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
        with zipfile.ZipFile(out, "w", method) as held:
            for name in names:
                if name and "\0" not in name:
                    held.writestr(name, self._maybe_broken(self.dice.choice(self.images)))
        return out.getvalue()

    def _manifest(self, names: list[str]) -> bytes:
        if self.dice.random() < 0.2:
            return self.dice.choice(self.manifests)
        columns = ["subject_id", "file", "label"]
        if self.dice.random() < 0.6:
            columns += self.dice.sample(COLUMNS[3:], self.dice.randint(0, 5))
        out = io.StringIO()
        writer = csv.writer(out, delimiter=self.dice.choice(",,,;\t"))
        writer.writerow(columns)
        for number, name in enumerate(names):
            row = [f"P{number}", name, "GS" if number % 2 else "control"]
            writer.writerow([*row, *(self.dice.choice(CELLS) for _ in columns[3:])])
            if self.dice.random() < 0.1:
                writer.writerow([self.dice.choice(CELLS) for _ in range(self.dice.randint(0, 5))])
        return out.getvalue().encode(self.dice.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16"]), "surrogatepass")

    def _maybe_broken(self, data: bytes) -> bytes:
        if not data or self.dice.random() < 0.55:
            return data
        ways: list[Callable[[bytearray], bytes]] = [self._flipped, self._cut, self._doubled, self._lied, self._noise]
        return self.dice.choice(ways)(bytearray(data))

    def _flipped(self, data: bytearray) -> bytes:
        for _ in range(self.dice.randint(1, 12)):
            data[self.dice.randrange(len(data))] = self.dice.randrange(256)
        return bytes(data)

    def _cut(self, data: bytearray) -> bytes:
        return bytes(data[: self.dice.randrange(len(data))])

    def _doubled(self, data: bytearray) -> bytes:
        at = self.dice.randrange(len(data))
        return bytes(data[:at] + data[at : at + 200] * self.dice.randint(2, 5) + data[at:])

    def _lied(self, data: bytearray) -> bytes:
        """A length somewhere says something enormous."""
        at = self.dice.randrange(max(1, len(data) - 4))
        data[at : at + 4] = struct.pack(
            self.dice.choice("<>") + "I", self.dice.choice([0, 0x7FFFFFFF, 0xFFFFFFFF, 65536])
        )
        return bytes(data)

    def _noise(self, data: bytearray) -> bytes:
        return zlib.compress(bytes(data[:1000])) + self.dice.randbytes(self.dice.randint(0, 500))
