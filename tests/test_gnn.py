"""The GNN finds the wiring, the same each time, and survives an interruption."""

import numpy as np
import pytest

from circuitlib.archive import ArchiveError
from circuitlib.gnn import GNN
from circuitlib.metrics import bits_per_spike, score_weights
from circuitlib.ring import RingNetwork
from circuitlib.simulation import simulate
from circuitlib.spikes import Spikes
from circuitlib.training import Run

NETWORK = RingNetwork()
RECORDING = simulate(NETWORK, duration=20.0, seed=0)
TINY = {"n_steps": 60, "n_explore": 20, "n_starts": 2, "validate_every": 10, "batch": 16}


def test_same_seed_same_weights_and_another_seed_others():
    first, again, other = (GNN(seed=seed, **TINY).fit(RECORDING) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.weights_, again.weights_)
    assert not np.array_equal(first.weights_, other.weights_)
    np.testing.assert_array_equal(first.fit(RECORDING).weights_, again.weights_)


def test_an_interrupted_fit_goes_on_to_the_same_result(tmp_path, monkeypatch):
    path = tmp_path / "state.npz"
    advance = Run.advance
    calls = []

    def interrupted(self, *arguments):
        if len(calls) == 5:  # after both starts were explored
            raise KeyboardInterrupt
        calls.append(1)
        advance(self, *arguments)

    monkeypatch.setattr(Run, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        GNN(**TINY).fit(RECORDING, checkpoint=path)
    monkeypatch.setattr(Run, "advance", advance)
    assert path.exists()
    with pytest.raises(ArchiveError, match="belongs to other settings"):
        GNN(**TINY | {"batch": 17}).fit(RECORDING, checkpoint=path)
    resumed = GNN(**TINY).fit(RECORDING, checkpoint=path)
    assert not path.exists()
    np.testing.assert_array_equal(resumed.weights_, GNN(**TINY).fit(RECORDING).weights_)


def test_a_recording_that_is_too_short_is_refused():
    short = Spikes(np.ones((500, 5), dtype=np.uint8), 1e-3)
    with pytest.raises(ValueError, match="at least 2 s are needed"):
        GNN(**TINY).fit(short)


def test_a_small_population_is_described_by_all_its_modes():
    gnn = GNN(**TINY).fit(RECORDING.select(np.arange(0, 100, 20)))
    assert gnn.weights_.shape == (5, 5)
    assert np.isfinite(gnn.weights_).all()


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="quick"):
        GNN.preset("fast")


@pytest.mark.slow
def test_the_quick_preset_finds_the_ring():
    train, test = simulate(NETWORK, duration=480.0, seed=0).split(0.9)
    gnn = GNN.preset("quick").fit(train)
    score = score_weights(NETWORK.weights, gnn.weights_, NETWORK.bump_spacing)
    assert score.delta <= 0.15
    assert score.scale > 0  # inhibition is negative
    assert abs(score.side_trough) < 0.1
    assert bits_per_spike(test.binned(1e-3).counts, gnn.rates(test)) > 1.2
