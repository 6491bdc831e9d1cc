"""The experiments hold the methods, networks and settings that they are about."""

import pytest

from circuitlib.experiments.plan import plan
from circuitlib.methods.catalogue import METHODS
from circuitlib.methods.estimator import settings_of
from circuitlib.simulation.networks import SWEEP, RandomNetwork, RingNetwork


def test_table1_holds_every_method_on_both_networks_for_three_seeds():
    found = {(run.method, run.spiking, run.data_seed) for run in plan("table1")}
    spiking = ("threshold", "lnp")
    assert found == {
        (name, each, seed) for name in METHODS for each in spiking for seed in (0, 1, 2)
    }


def test_the_sweep_holds_every_strength_and_the_data_reach_1e8_spikes():
    assert {run.network.strength for run in plan("sweep")} == {row.strength for row in SWEEP}
    longest = max(plan("data"), key=lambda run: run.duration)
    assert longest.method == "glm-same-bin"
    assert longest.duration * 62 * 100 == pytest.approx(1e8, rel=0.02)


def test_transfer_uses_the_settings_of_table1_on_other_networks():
    frozen = {run.preset for run in plan("table1") if run.method == "gnn"}
    runs = plan("transfer", methods=("gnn",))
    assert {run.preset for run in runs} == frozen
    networks = {run.network for run in runs}
    assert {network.n_neurons for network in networks} == {64, 100, 200}
    assert {RandomNetwork(), RingNetwork(strength=0.0175)} <= networks


@pytest.mark.parametrize("experiment", ["table2", "table3"])
def test_methods_that_can_be_told_of_an_input_are_compared_with_and_without_it(experiment):
    runs = plan(experiment, seeds=1)
    assert all(run.input is not None for run in runs)
    told = {run.method for run in runs if "angle" in settings_of(run.estimator())}
    not_told = {run.method for run in runs if "angle" not in settings_of(run.estimator())}
    assert {"gnn", "gnn-ring", "glm-rectified"} <= told < not_told
    for run in runs:
        can_be_told = "angle" in type(run.estimator()).__dataclass_fields__
        assert can_be_told == (run.method in told)
        use = {"told": "shift", "tuned": "tuning"}.get(run.variant.partition("-")[2])
        assert settings_of(run.estimator()).get("angle") == use


@pytest.mark.parametrize("method", ["gnn", "gnn-paper", "netformer", "mpf"])
def test_settings_are_compared_on_a_ring_that_no_table_reports(method):
    runs = [run for run in plan("settings") if run.method == method]
    assert {run.network.strength for run in runs} == {0.02}
    frozen = next(run for run in plan("table1", methods=(method,)))
    by_name = {run.variant: settings_of(run.estimator()) for run in runs}
    assert by_name.pop("as-is") == settings_of(frozen.estimator())
    for name, settings in by_name.items():
        assert settings != settings_of(frozen.estimator()), name
