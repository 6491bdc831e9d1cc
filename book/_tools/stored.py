"""The values of stored runs, by keys such as ``table1/threshold/glm-log/delta``.

A key names experiment, condition, method and quantity. The method ``best-baseline`` is the method
of the lowest mean Delta that is no graph network.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circuitlib.experiments.catalogue import EXPERIMENTS
from circuitlib.experiments.store import load_runs, summarize
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
    return found


def means(values: dict[str, Stored]) -> dict[str, Any]:
    """Return the means alone, to be compared like values of a build."""
    return {key: value.mean for key, value in values.items()}


def is_stored(key: str) -> bool:
    """Tell a stored value's key from a glued one's."""
    return "/" in key
