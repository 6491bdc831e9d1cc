"""The connections of a report as a table: for the page, and for further work as CSV and NPZ."""

import csv
import io
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from circuitlib.methods.inference import among_all
from circuitlib.report.findings import Findings


class Connection(NamedTuple):
    """A connection that is claimed.

    Parameters
    ----------
    pre, post
        Names of the neurons.
    weight, error
        What the method found, as in its weights file.
    excess
        The weight less that of each control.
    z
        The least z-score over the controls.
    adjusted
        The false discovery rate at which it would just be listed.
    """

    pre: str
    post: str
    weight: float
    error: float
    excess: dict[str, float]
    z: float
    adjusted: float


def connections(findings: Findings) -> list[Connection]:
    """Return the connections that are claimed, the surest first.

    Where weights are equal in both directions by assumption, each pair comes once.
    """
    claims, fit, units = findings.claims, findings.fit, findings.recording.units
    if claims is None or fit is None:
        return []
    listed = claims.claimed & (np.tri(len(units), k=-1, dtype=bool) | ~is_symmetric(findings))
    found = [
        Connection(
            units[pre],
            units[post],
            float(fit.weights[post, pre]),
            float(fit.errors[post, pre]),
            {name: float(each.excess[post, pre]) for name, each in claims.beyond.items()},
            float(claims.z[post, pre]),
            float(claims.adjusted[post, pre]),
        )
        for post, pre in np.argwhere(listed).tolist()
    ]
    return sorted(found, key=lambda each: -abs(each.z))


def is_symmetric(findings: Findings) -> bool:
    """Tell whether the weights are equal in both directions."""
    weights = findings.inferred.weights
    return bool(np.array_equal(weights, weights.T, equal_nan=True))


def table(findings: Findings) -> str:
    """Return all pairs as CSV: weight, error, and, if there are claims, what they rest on."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerows(_rows(findings))
    return text.getvalue()


def _rows(findings: Findings) -> Iterator[list[object]]:
    inferred, claims = findings.inferred, findings.claims
    header = ["pre", "post", "weight"] + ([] if inferred.errors is None else ["error"])
    columns = _of_claims(findings)
    yield [*header, *columns]
    errors = inferred.errors
    known = np.isfinite(inferred.weights) & ~np.eye(len(inferred.units), dtype=bool)
    for post, pre in np.argwhere(known).tolist():
        row: list[object] = [inferred.units[pre], inferred.units[post]]
        row.append(float(inferred.weights[post, pre]))
        if errors is not None:
            row.append(float(errors[post, pre]))
        if claims is not None:
            row += [
                int(each[post, pre]) if name == "claimed" else f"{each[post, pre]:.4g}"
                for name, each in columns.items()
            ]
        yield row


def arrays(findings: Findings) -> dict[str, np.ndarray]:
    """Return what the NPZ holds: a weights file with what the claims rest on beside it."""
    return findings.inferred.arrays() | {
        name: each if name == "claimed" else each.astype(np.float32)
        for name, each in _of_claims(findings).items()
    }


def _of_claims(findings: Findings) -> dict[str, np.ndarray]:
    """Return matrices of all neurons, by what a column is called."""
    claims = findings.claims
    if claims is None:
        return {}
    columns: dict[str, np.ndarray] = {}
    for name, each in claims.beyond.items():
        columns |= {f"excess_{name}": each.excess, f"z_{name}": each.z}
    columns |= {"z": claims.z, "adjusted": claims.adjusted}
    units = findings.inferred.units
    kept = np.array([units.index(name) for name in findings.recording.units])
    columns = {name: among_all(each, kept, len(units)) for name, each in columns.items()}
    claimed = among_all(claims.claimed.astype(float), kept, len(units))
    return columns | {"claimed": claimed == 1}
