"""The GNN finds the wiring, the same each time, and survives an interruption."""

import numpy as np
import pytest
import torch

from circuitlib._npz import ArchiveError
from circuitlib.methods.estimator import held_out_bits
from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.gnn.gnn import GNN
from circuitlib.methods.gnn.stage import Stage
from circuitlib.methods.gnn.structure_module import GivenWeights, PairwiseWeights
from circuitlib.methods.gnn.training import Training
from circuitlib.metrics import score_weights
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

NETWORK = RingNetwork()
RECORDING = simulate(NETWORK, duration=20.0, spiking="lnp", seed=0).select(np.arange(0, 100, 5))
TINY = {
    "bin_width": 1e-3,
    "n_free": 20,
    "n_steps": 20,
    "n_fit": 20,
    "n_starts": 2,
    "batch": 16,
    "validate_every": 10,
}


def test_same_seed_same_weights_and_another_seed_others():
    first, again, other = (GNN(seed=seed, **TINY).fit(RECORDING) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.weights_, again.weights_)
    assert not np.array_equal(first.weights_, other.weights_)
    np.testing.assert_array_equal(first.fit(RECORDING).weights_, again.weights_)


def test_poor_last_fits_do_not_replace_what_training_found(monkeypatch):
    fit, expand = Training.fit, Training.expand
    expanded, starts = [], []

    def noted(self, *arguments):
        expanded.append(1)
        return expand(self, *arguments)

    def poor_at_the_end(self, structure, *arguments):
        found = fit(self, structure, *arguments)
        if len(expanded) == gnn.n_rounds and len(starts) < gnn.n_starts:
            starts.append(found)
            with torch.no_grad():
                found.structure.pairs.last.bias += 1e3  # all weights far too large
        return found

    monkeypatch.setattr(Training, "expand", noted)
    monkeypatch.setattr(Training, "fit", poor_at_the_end)
    gnn = GNN(**TINY)
    gnn.fit(RECORDING)
    trained = gnn.fits_[-1]
    assert len(gnn.fits_) == TINY["n_starts"] + 1
    assert trained.loss <= 0  # that of the weights before is zero
    np.testing.assert_array_equal(gnn.embedding_, trained.structure.embedding().detach())


@pytest.fixture
def useless_structure(monkeypatch):
    """Let every structure module describe unseen spikes worse than free weights do."""

    def loss(model, validation):
        return 0.0 if isinstance(model.structure, GivenWeights) else 1.0

    monkeypatch.setattr("circuitlib.methods.gnn.stage.validation_loss", loss)


def test_without_order_the_spike_module_goes_on_with_free_weights(useless_structure, monkeypatch):
    kinds = []
    advance = Stage.advance

    def noted(self, *arguments):
        kinds.append(type(self.model.structure))
        advance(self, *arguments)

    monkeypatch.setattr(Stage, "advance", noted)
    GNN(**TINY).fit(RECORDING)
    assert kinds == [GivenWeights] * 2 + [PairwiseWeights] * 2 + [GivenWeights] * 2


def test_free_weights_go_on_after_an_interruption_too(useless_structure, tmp_path, monkeypatch):
    check_that_an_interrupted_fit_goes_on(tmp_path, monkeypatch, 5)


@pytest.mark.parametrize("n_before", [1, 3])  # with free weights, and with the structure module
def test_an_interrupted_fit_goes_on_to_the_same_result(tmp_path, monkeypatch, n_before):
    check_that_an_interrupted_fit_goes_on(tmp_path, monkeypatch, n_before)


def check_that_an_interrupted_fit_goes_on(tmp_path, monkeypatch, n_before):
    path = tmp_path / "state.npz"
    advance = Stage.advance
    calls = []

    def interrupted(self, *arguments):
        if len(calls) == n_before:
            raise KeyboardInterrupt
        calls.append(1)
        advance(self, *arguments)

    monkeypatch.setattr(Stage, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        GNN(**TINY).fit(RECORDING, checkpoint=path)
    monkeypatch.setattr(Stage, "advance", advance)
    assert path.exists()
    with pytest.raises(ArchiveError, match="belongs to other settings"):
        GNN(**TINY | {"batch": 17}).fit(RECORDING, checkpoint=path)
    resumed = GNN(**TINY).fit(RECORDING, checkpoint=path)
    assert not path.exists()
    straight = GNN(**TINY).fit(RECORDING)
    np.testing.assert_array_equal(resumed.weights_, straight.weights_)
    np.testing.assert_array_equal(resumed.history_["step"], straight.history_["step"])


def test_a_fit_that_predicts_worse_than_the_mean_rates_warns(monkeypatch):
    monkeypatch.setattr(
        "circuitlib.methods.gnn.gnn.refine", lambda weights, *expansions: weights + 1e3
    )
    with pytest.warns(UserWarning, match="worse than the mean rates"):
        GNN(**TINY).fit(RECORDING)


def test_a_recording_that_is_too_short_is_refused():
    counts = np.random.default_rng(0).poisson(0.5, (500, 5)).astype(np.uint8)
    with pytest.raises(ValueError, match="at least 2 s are needed"):
        GNN(**TINY).fit(Spikes(counts, 1e-3))


def test_a_recording_of_short_runs_is_refused():
    counts = np.random.default_rng(0).poisson(0.1, (4000, 5)).astype(np.uint8)
    with pytest.raises(ValueError, match="uninterrupted recording"):
        GNN(**TINY).fit(Spikes(counts, 1e-3, np.arange(0, 4000, 50)))


def test_counts_and_spike_times_give_the_same_weights():
    first, second = (
        GNN(validation=0.25, **TINY).fit(recording)
        for recording in (RECORDING, RECORDING.binned(1e-3))
    )
    np.testing.assert_allclose(first.weights_, second.weights_, rtol=1e-4, atol=1e-6)


def test_a_small_population_is_described_by_all_its_modes():
    gnn = GNN(**TINY).fit(RECORDING.select(np.arange(0, 20, 4)))
    assert gnn.n_quiet_ <= 5
    assert gnn.weights_.shape == (5, 5)
    assert np.isfinite(gnn.weights_).all()


def test_counts_in_wide_bins_are_predicted_in_their_own():
    gnn = GNN(**TINY | {"bin_width": 1e-4}).fit(RECORDING.binned(2e-3))
    assert gnn.bin_width == 2e-3
    assert gnn.rates(RECORDING).shape == (10_000, 20)


def test_a_single_round_is_refused():
    with pytest.raises(ValueError, match="at least 2"):
        GNN(**TINY, n_rounds=1).fit(RECORDING)


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="quick"):
        GNN.preset("fast")


@pytest.mark.slow
def test_pooling_beats_free_weights_on_a_minute_of_spikes():
    train = simulate(NETWORK, duration=60.0, seed=0)
    gnn = GNN(n_steps=1000, n_fit=500, n_starts=1).fit(train)
    score, free = (
        score_weights(NETWORK.weights, method.weights_, NETWORK.bump_spacing)
        for method in (gnn, HistoryGLM(link="rectified").fit(train))
    )
    assert score.delta < free.delta
    assert score.variance < free.variance
    assert score.scale > 0  # inhibition is negative
    assert abs(score.side_trough) < 0.2


@pytest.mark.slow
def test_the_quick_preset_finds_the_ring():
    train, test = simulate(NETWORK, duration=480.0, seed=0).split(0.9)
    gnn = GNN.preset("quick").fit(train)
    score = score_weights(NETWORK.weights, gnn.weights_, NETWORK.bump_spacing)
    assert score.delta <= 0.15
    assert score.scale > 0  # inhibition is negative
    assert abs(score.side_trough) < 0.1
    assert held_out_bits(gnn, test) > 1.2
