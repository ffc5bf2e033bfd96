"""Who missed what: the cases of a result, the hardest for the readers first."""

from typing import Any

FILTERS = {
    "all": "All cases",
    "readers-missed": "Most readers wrong, model right",
    "model-missed": "Model wrong, most readers right",
    "all-missed": "Model and most readers wrong",
    "gs-missed": "GS that most readers missed",
}


def cases(result: dict[str, Any], *, show: str = "all") -> list[dict[str, Any]]:
    """One entry a case with every reader's call; those most readers got wrong stand first."""
    rows, codes = result["rows"], [reader["code"] for reader in result["readers"]]
    entries = [_entry(rows, i, codes) for i in range(len(rows["number"]))]
    chosen = [entry for entry in entries if _is_shown(entry, show)]
    return sorted(chosen, key=lambda entry: (-entry["share_wrong"], entry["is_model_right"], entry["number"]))


def _entry(rows: dict[str, Any], i: int, codes: list[str]) -> dict[str, Any]:
    truth = rows["truth"][i]
    calls = [
        {"code": code, "call": called[i], "is_right": None if called[i] is None else (called[i] == 1) == truth}
        for code, called in zip(codes, rows["calls"], strict=True)
    ]
    read = [call for call in calls if call["is_right"] is not None]
    wrong = sum(not call["is_right"] for call in read)
    return {
        "number": rows["number"][i],
        "photo": rows["photo"][i],
        "truth": truth,
        "diagnosis": rows["diagnosis"][i],
        "age_months": rows["age_months"][i],
        "score": rows["score"][i],
        "threshold": rows["threshold"][i],
        "fold": int(rows["fold"][i]) + 1,
        "model_call": rows["model_call"][i],
        "is_model_right": rows["model_call"][i] == truth,
        "calls": calls,
        "n_read": len(read),
        "n_wrong": wrong,
        "share_wrong": wrong / len(read) if read else 0.0,
    }


def _is_shown(entry: dict[str, Any], show: str) -> bool:
    readers_wrong = entry["share_wrong"] > 0.5
    readers_right = entry["n_read"] > 0 and entry["share_wrong"] < 0.5
    return {
        "all": True,
        "readers-missed": readers_wrong and entry["is_model_right"],
        "model-missed": readers_right and not entry["is_model_right"],
        "all-missed": readers_wrong and not entry["is_model_right"],
        "gs-missed": readers_wrong and entry["truth"],
    }[show]
