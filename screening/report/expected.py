"""The headline numbers as one flat table, for scripts outside this software to arrive at."""

from collections.abc import Iterator
from typing import Any

HEADER = ["who", "quantity", "value"]
Line = tuple[str, str, Any]
WITH_LIMITS = ("accuracy", "sensitivity", "specificity", "precision")  # Wilson


def expected(result: dict[str, Any]) -> list[Line]:
    """Numbers that nothing random is in, then (quantities that begin with “band”) those of the bootstrap."""
    lines = [*_settings(result), *_model(result), *(line for reader in result["readers"] for line in _reader(reader))]
    return [line for line in lines if line[2] is not None]


def _settings(result: dict[str, Any]) -> Iterator[Line]:
    for name in ("level", "replicates", "seed"):
        yield "settings", name, result["options"][name]


def _model(result: dict[str, Any]) -> Iterator[Line]:
    model = result["model"]
    for name, key in (("auc", "value"), ("auc_lower", "lower"), ("auc_upper", "upper")):
        yield "model", name, model["auc"]["delong"][key]
    yield from _rates("model", model["confusion"], model["rates"])
    for name, summary in model["over_folds"].items():
        if summary:
            yield "model", f"{name}_fold_mean", summary["mean"]
            yield "model", f"{name}_fold_sd", summary["sd"]


def _reader(reader: dict[str, Any]) -> Iterator[Line]:
    who = reader["code"]
    if not reader["has_point"]:
        return
    yield from _rates(who, reader["confusion"], reader["rates"])
    if reader["own_curve"]:
        yield who, "auc", reader["own_curve"]["auc"]
    for family in ("sensitivity", "specificity"):
        yield who, f"mcnemar_{family}_p", reader["mcnemar"][family]["exact_p"]
        yield who, f"mcnemar_{family}_holm", reader["mcnemar_holm"][family]
    verdict = reader["verdict"]["at_specificity"]
    yield who, "band_at_specificity_lower", verdict["lower"]
    yield who, "band_at_specificity_upper", verdict["upper"]


def _rates(who: str, counts: dict[str, int], rates: dict[str, Any]) -> Iterator[Line]:
    for name in ("tp", "fn", "tn", "fp"):
        yield who, name, counts[name]
    for name in (*WITH_LIMITS, "f1"):
        yield who, name, rates[name]["value"]
    for name in WITH_LIMITS:
        yield who, f"{name}_lower", rates[name]["lower"]
        yield who, f"{name}_upper", rates[name]["upper"]
