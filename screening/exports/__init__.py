"""A comparison as files: curve and points, Table 2, every call, and what each column means."""

from screening.exports.files import EXPORTS, Export

__all__ = ["EXPORTS", "Export"]
