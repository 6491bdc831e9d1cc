"""The claims of the paper as rows, and what the measured values say about each."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chapters
import yaml
from stored import Stored, is_stored

VERDICTS = ("reproduced", "partly", "not reproduced", "not testable", "open")
TIERS = ("build", "stored", "none")
KEY = r"[\w./@-]*[a-z_][\w./@-]*"
EXPECTATION = re.compile(rf"({KEY}) ([<>]) (?:([\d.]+) \* )?(-?[\d.]+|{KEY})")
#: Data seeds that a judged value of Table 1 must have.
TABLE1_SEEDS = 3


@dataclass(frozen=True)
class Claim:
    """A number or a claim in words of the paper.

    Parameters
    ----------
    id, source, claim
        Name of the row, where the paper says it, and what it says.
    paper
        The paper's value, one for each key; none for a claim in words.
    keys
        Values to compare: glued (``05-gnn-delta``), or of stored runs, as in :mod:`stored`.
    format
        How a value is printed.
    tolerance, reason
        Largest absolute difference that counts as reproduced, and why that much.
    expect
        For a claim in words: comparisons such as ``a < 0.3 * b`` of values.
    tier
        Where the value comes from: computed at each build, a stored run, or none.
    verdict, why
        One of `VERDICTS`, and the reason for any but "reproduced" and "open".
    """

    id: str
    source: str
    claim: str
    paper: tuple[float, ...]
    keys: tuple[str, ...]
    format: str
    tolerance: float | None
    reason: str
    expect: tuple[str, ...]
    tier: str
    verdict: str
    why: str


def _tuple(value: Any) -> tuple[Any, ...]:
    return () if value is None else tuple(value) if isinstance(value, list) else (value,)


def load(path: Path = chapters.BOOK / "claims.yml") -> list[Claim]:
    """Return the rows of the ledger."""
    return [
        Claim(
            id=row["id"],
            source=row["source"],
            claim=row["claim"],
            paper=_tuple(row.get("paper")),
            keys=_tuple(row.get("key")),
            format=row.get("format", ".2f"),
            tolerance=row.get("tolerance"),
            reason=row.get("reason", ""),
            expect=_tuple(row.get("expect")),
            tier=row["tier"],
            verdict=row["verdict"],
            why=row.get("why", ""),
        )
        for row in yaml.safe_load(path.read_text())
    ]


def form_faults(rows: list[Claim]) -> list[str]:
    """Return what is wrong in the rows themselves."""
    names = [row.id for row in rows]
    faults = [
        f"{name}: the id is used twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    for row in rows:
        wrong = []
        if row.verdict not in VERDICTS:
            wrong.append(f"verdict {row.verdict!r} is none of {', '.join(VERDICTS)}")
        if row.tier not in TIERS:
            wrong.append(f"tier {row.tier!r} is none of {', '.join(TIERS)}")
        if row.verdict not in {"reproduced", "open"} and not row.why:
            wrong.append(f"the verdict {row.verdict!r} needs a reason (`why`)")
        if row.verdict == "not testable":
            wrong += ["has a key and is not testable"] if row.keys else []
        elif not row.keys:
            if row.verdict != "open" or row.tier != "none":
                wrong.append("needs a key, or the verdict 'not testable' or 'open'")
        elif not row.expect and (row.tolerance is None or not row.reason):
            wrong.append("needs a tolerance and its reason, or `expect`")
        if row.paper and row.keys and not row.expect and len(row.paper) != len(row.keys):
            wrong.append("needs as many paper values as keys")
        tiers = {"stored" if is_stored(key) else "build" for key in needed(row)} or {"none"}
        if row.tier not in tiers or len(tiers) > 1:
            wrong.append(
                f"tier {row.tier!r}, but its keys are of tier {' and '.join(sorted(tiers))}"
            )
        wrong += [f"cannot read {text!r}" for text in row.expect if not EXPECTATION.fullmatch(text)]
        faults += [f"{row.id}: {text}" for text in wrong]
    return faults


def outcomes(row: Claim, values: dict[str, Any]) -> list[bool]:
    """Return, for each comparison of a row, whether the measured values agree with the paper."""
    if row.expect:
        return [_holds(text, values) for text in row.expect]
    tolerance = row.tolerance or 0.0
    pairs = zip(row.keys, row.paper, strict=True)
    return [abs(float(values[key]) - paper) <= tolerance for key, paper in pairs]


def _holds(text: str, values: dict[str, Any]) -> bool:
    found = EXPECTATION.fullmatch(text)
    if found is None:
        raise ValueError(f"cannot read {text!r}")
    left = float(values[found[1]])
    right = float(values[found[4]] if found[4] in values else found[4]) * float(found[3] or 1)
    return left < right if found[2] == "<" else left > right


def needed(row: Claim) -> set[str]:
    """Return the keys that a row reads."""
    keys = set(row.keys)
    for text in row.expect:
        found = EXPECTATION.fullmatch(text)
        if found is not None:
            keys |= {found[1]} | ({found[4]} if not re.fullmatch(r"-?[\d.]+", found[4]) else set())
    return keys


def seed_faults(rows: list[Claim], values: dict[str, Stored]) -> list[str]:
    """Return the judged rows of Table 1 with too few data seeds."""
    return [
        f"{row.id}: {key} has {values[key].n_runs} data seeds, a verdict needs {TABLE1_SEEDS}"
        for row in rows
        if row.verdict != "open"
        for key in sorted(needed(row) & values.keys())
        if key.startswith("table1/") and values[key].n_runs < TABLE1_SEEDS
    ]


def verdict_faults(rows: list[Claim], values: dict[str, Any]) -> list[str]:
    """Return the rows whose verdict the measured values contradict."""
    faults = []
    for row in rows:
        if row.verdict in {"open", "not testable"}:
            continue
        if missing := needed(row) - values.keys():
            faults.append(f"{row.id}: no value for {', '.join(sorted(missing))}")
            continue
        right = outcomes(row, values)
        fits = {
            "reproduced": all(right),
            "not reproduced": not any(right),
            "partly": not all(right),
        }
        if not fits[row.verdict]:
            shown = ", ".join(f"{key} = {values[key]}" for key in row.keys)
            faults.append(
                f"{row.id}: the verdict is {row.verdict!r}, but {shown} (paper {row.paper})"
            )
    return faults
