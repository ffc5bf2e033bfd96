"""Near-duplicates: the same picture saved again, resized or mirrored would leak from one fold into another.

A difference hash (Krawetz 2013) over 17 x 16 grey cells: 256 bits, one for each pair of neighbours in a row. Mirroring
a picture reverses every row and flips every bit, so a mirrored twin is found from the same hash. On the 130 test
photographs the nearest two different pictures lie 62 bits apart; a recompressed, resized or mirrored copy lies
within 30. Drawn phantoms, which look alike, lie 50 bits and more apart.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 16
BITS = SIDE * SIDE
NEAR_BITS = 34

Words = NDArray[np.uint64]


def fingerprint(image: Image.Image) -> str:
    """The hash as 64 hexadecimal digits."""
    cells = np.asarray(image.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX), np.int16)
    return np.packbits(cells[:, 1:] > cells[:, :-1]).tobytes().hex()


def mirrored(hashed: str) -> str:
    """The hash that the mirrored picture has (but for neighbours of equal grey)."""
    bits = np.unpackbits(np.frombuffer(bytes.fromhex(hashed), np.uint8)).reshape(SIDE, SIDE)
    return np.packbits(1 - bits[:, ::-1]).tobytes().hex()


def words(hashes: list[str]) -> Words:
    """(n, 4) machine words, for ``distances``."""
    return np.frombuffer(bytes.fromhex("".join(hashes)), np.uint64).reshape(-1, BITS // 64)


def distances(one: str, others: Words) -> NDArray[np.int64]:
    """Differing bits, 0..256, between one hash and each of (n, 4) ``others``, the nearer of as-is and mirrored."""
    both = words([one, mirrored(one)])
    counted = [np.bitwise_count(others ^ word).sum(axis=1, dtype=np.int64) for word in both]
    return np.minimum(*counted)


def near_pairs(hashes: list[str]) -> list[tuple[int, int, int]]:
    """(row, later row, differing bits) of every two hashes that look the same, in order of the rows."""
    if not hashes:
        return []
    all_words = words(hashes)
    found = []
    for row, hashed in enumerate(hashes[:-1]):
        bits = distances(hashed, all_words[row + 1 :])
        near = np.flatnonzero(bits <= NEAR_BITS)
        found += [(row, row + 1 + int(i), int(bits[i])) for i in near]
    return found


class Likenesses:
    """The hashes of a cohort, growing while an import runs: 40 bytes a photo."""

    def __init__(self, known: list[tuple[int, str]]) -> None:
        self._ids = [pk for pk, _ in known]
        self._words = np.empty((max(1024, 2 * len(known)), BITS // 64), np.uint64)
        if known:
            self._words[: len(known)] = words([hashed for _, hashed in known])

    def add(self, pk: int, hashed: str) -> None:
        if len(self._ids) == len(self._words):
            self._words = np.concatenate([self._words, np.empty_like(self._words)])
        self._words[len(self._ids)] = words([hashed])[0]
        self._ids.append(pk)

    def twin(self, hashed: str, *, besides: set[int] = frozenset()) -> int | None:
        """The id of the first photo that looks the same, ``besides`` left out; or None."""
        if not self._ids:
            return None
        near = np.flatnonzero(distances(hashed, self._words[: len(self._ids)]) <= NEAR_BITS)
        return next((self._ids[i] for i in near if self._ids[i] not in besides), None)
