"""Every run of an experiment is planned once, and only for methods that it compares."""

import pytest

from circuitlib.experiments.catalogue import EXPERIMENTS
from circuitlib.experiments.experiment import DURATION
from circuitlib.experiments.plan import plan
from circuitlib.simulation.networks import RingNetwork


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_run_has_its_own_file_and_only_table1_keeps_the_common_ones(experiment):
    runs = plan(experiment)
    names = [(run.experiment, run.name) for run in runs]
    assert len(set(names)) == len(names)
    for run in runs:
        common = run.network == RingNetwork() and run.duration == DURATION and not run.variant
        assert (run.experiment == "table1") == common


def test_settings_are_compared_for_some_methods_only():
    assert {run.method for run in plan("settings")} == {"gnn", "gnn-paper", "netformer", "mpf"}
    with pytest.raises(ValueError, match="about gnn, gnn-paper, netformer, mpf only"):
        plan("settings", methods=("glm",))
