"""The table of an experiment, for the terminal."""

import numpy as np

from circuitlib.experiments.catalogue import experiment_of
from circuitlib.experiments.store import Summary
from circuitlib.methods.catalogue import method_of


def table(experiment: str, summaries: list[Summary]) -> str:
    """Print means, deviations between seeds, and the best method that is no graph network."""
    columns = experiment_of(experiment).columns
    titles = " ".join(f"{title:>15}" for title in columns.values())
    lines = [f"{'condition':20} {'method':24} {'runs':>4} {titles}"]
    conditions = list(dict.fromkeys(row.condition for row in summaries))
    for row in sorted(summaries, key=lambda r: (conditions.index(r.condition), r.mean["delta"])):
        cells = [_with_deviation(row, name) for name in columns]
        where = f"{row.condition:20} {row.method:24} {row.n_runs:4d} "
        lines.append(where + " ".join(f"{cell:>15}" for cell in cells))
    for name in conditions:
        here = [row for row in summaries if row.condition == name]
        simple = [row for row in here if method_of(row.method).family != "graph network"]
        for oracle in sorted({round(row.mean.get("oracle_bits_per_spike", 0), 3) for row in here}):
            lines += [f"{name}: the true rates have {oracle} bits/spike"] if oracle else []
        if simple:
            best = min(simple, key=lambda row: row.mean["delta"])
            lines.append(f"{name}: strongest simple baseline {best.method}")
            for row in here:
                if row not in simple:
                    lower = 100 * (1 - row.mean["delta"] / best.mean["delta"])
                    lines[-1] += f"; Delta of {row.method} is {lower:.0f} % lower"
    return "\n".join(lines)


def _with_deviation(row: Summary, name: str) -> str:
    if name not in row.mean:
        return "-"
    form = ".3f" if abs(row.mean[name]) < 1000 else ".0e"
    spread = "" if np.isnan(row.deviation[name]) else f" +- {row.deviation[name]:{form}}"
    return f"{row.mean[name]:{form}}{spread}"
