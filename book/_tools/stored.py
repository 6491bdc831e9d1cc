"""The values of stored runs, by keys such as ``table1/threshold/glm-log/delta``.

A key names experiment, condition, method and quantity. The method ``best-baseline`` is the method
of the lowest mean Delta that is no graph network. The fits to a recording of head-direction cells
have no Delta; their quantities are near and far (mean weights of such pairs), their contrast,
bits_per_spike, advantage and found, as in ``fig5/wake/gnn-told/contrast``.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from circuitlib.experiments.catalogue import EXPERIMENTS
from circuitlib.experiments.store import load_runs, summarize
from circuitlib.head_direction.angular_profile import angular_profile
from circuitlib.head_direction.session_plan import HIDDEN, NODES, kinds
from circuitlib.head_direction.session_results import session_results
from circuitlib.head_direction.session_runs import StoredFit
from circuitlib.head_direction.versions import VERSIONS
from circuitlib.methods.catalogue import method_of

BEST = "best-baseline"


@dataclass(frozen=True)
class Stored:
    """Mean and standard deviation over data seeds, NaN for a single one, and their number."""

    mean: float
    deviation: float
    n_runs: int

    def show(self, form: str) -> str:
        """Return the value as the ledger prints it."""
        if self.n_runs == 1:
            return f"{self.mean:{form}}"
        return f"{self.mean:{form}} ± {self.deviation:{form}}"


def stored(folder: Path | None = None) -> dict[str, Stored]:
    """Return the values of all stored runs."""
    found: dict[str, Stored] = {}
    for experiment in EXPERIMENTS:
        rows = summarize(load_runs(experiment, folder))
        named = [(row, row.method) for row in rows]
        for condition in dict.fromkeys(row.condition for row in rows):
            simple = [
                row
                for row in rows
                if row.condition == condition and method_of(row.method).family != "graph network"
            ]
            if simple:
                named.append((min(simple, key=lambda row: row.mean["delta"]), BEST))
        for row, method in named:
            for quantity, mean in row.mean.items():
                key = f"{experiment}/{row.condition}/{method}/{quantity}"
                found[key] = Stored(mean, row.deviation[quantity], row.n_runs)
    return found | _session(folder)


def _session(folder: Path | None) -> dict[str, Stored]:
    """Return the values of the fits to a recording of head-direction cells."""
    results = session_results(folder)
    values: dict[str, list[float | None]] = {}
    places = {name.rpartition("-draw")[0] for name in results.fits}
    for kind, version in product(_session_kinds(), VERSIONS):
        if f"{kind}-{version}" not in places:
            continue
        place, draws = f"fig5/{version}/{kind}", results.draws(kind, version)
        values |= {
            f"{place}/near": [_part(each, results.preferred, "near") for each in draws],
            f"{place}/far": [_part(each, results.preferred, "far") for each in draws],
            f"{place}/contrast": [each.value for each in results.contrasts(kind, version)],
            f"{place}/bits_per_spike": [each.bits_per_spike for each in draws],
            f"{place}/advantage": [each.advantage and each.advantage[0] for each in draws],
            f"{place}/found": list(results.found(kind, version)),
        }
    return {
        key: Stored(
            float(np.mean(numbers)),
            float(np.std(numbers, ddof=1)) if len(numbers) > 1 else float("nan"),
            len(numbers),
        )
        for key, found in values.items()
        if (numbers := [value for value in found if value is not None])
    }


def _part(fit: StoredFit, preferred: np.ndarray, part: str) -> float:
    """Return the mean weight of the nearest, or of the farthest, sevenths of all angles."""
    profile = angular_profile(fit.weights, preferred)
    return float(profile.mean[0] if part == "near" else np.nanmean(profile.mean[-3:]))


def _session_kinds() -> list[str]:
    hidden = [
        f"gnn-ring-{nodes or 'predicted'}{number}" for number, nodes in product(HIDDEN, NODES)
    ]
    return [kind.kind for kind in kinds()] + hidden


def means(values: dict[str, Stored]) -> dict[str, Any]:
    """Return the means alone, to be compared like values of a build."""
    return {key: value.mean for key, value in values.items()}


def is_stored(key: str) -> bool:
    """Tell a stored value's key from a glued one's."""
    return "/" in key
