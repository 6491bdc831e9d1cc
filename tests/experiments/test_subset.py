"""Subsets of neurons that are observed."""

import numpy as np
import pytest

from circuitlib.experiments.plan import plan
from circuitlib.experiments.subset import Subset


@pytest.mark.parametrize("hidden", ["random", "evenly", "arc"])
@pytest.mark.parametrize("number", [60, 75, 80, 100])
def test_so_many_are_observed(hidden, number):
    observed = Subset(number, hidden).observed(100, seed=3)
    assert len(observed) == number
    assert (np.diff(observed) > 0).all()


def test_hidden_neurons_lie_as_they_are_called():
    everyone = np.arange(100)
    hidden = [
        np.setdiff1d(everyone, Subset(80, kind).observed(100, 0)) for kind in ("evenly", "arc")
    ]
    np.testing.assert_array_equal(hidden[0], np.arange(0, 100, 5))
    np.testing.assert_array_equal(hidden[1], np.arange(20))
    first, second = (Subset(80).observed(100, seed) for seed in (0, 1))
    assert not np.array_equal(first, second)


@pytest.mark.parametrize("experiment", ["fig4", "unobserved"])
def test_each_subset_is_seen_with_hidden_nodes_and_without(experiment):
    runs = plan(experiment, seeds=1)
    for run in runs:
        subset = run.variant.split("-")[0]
        n_hidden = run.network.n_neurons - run.subset.n_observed
        wanted = {
            subset: None,
            f"{subset}-nodes": "auto",
            f"{subset}-interpolated": n_hidden,
        }
        assert getattr(run.estimator(), "hidden", None) == wanted[run.variant] != 0
        assert run.settings["subset"]["n_observed"] == run.subset.n_observed
    assert len({run.variant.split("-")[0] for run in runs}) == 3
    assert {run.subset.n_observed for run in runs if "interpolated" in run.variant} <= {60, 75, 80}
