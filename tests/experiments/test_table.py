"""The table compares the graph network with the strongest simple baseline."""

import pytest

from circuitlib.experiments.run import reproduce
from circuitlib.experiments.store import load_runs


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
@pytest.mark.filterwarnings("ignore:.*worse than the mean rates:UserWarning")  # short training
def test_the_table_names_the_strongest_simple_baseline(tmp_path, tiny_gnn):
    methods = ("gnn-paper", "precision", "glm-same-bin")
    shown = reproduce("table1", tmp_path, seeds=1, methods=methods, duration=6.0)
    deltas = {
        run.method: run.delta for run in load_runs("table1", tmp_path) if run.condition == "lnp"
    }
    best = min((name for name in deltas if not name.startswith("gnn")), key=deltas.get)
    assert f"lnp: strongest simple baseline {best}; Delta of gnn-paper is" in shown
