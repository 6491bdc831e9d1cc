"""The positive control fires as often as the recording, and spikes act as the weights say."""

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in, uncoupled_control
from circuitlib.head_direction.coupled import coupled_counts, ring_coupling
from circuitlib.head_direction.tuning import preferred_directions

STAND_IN = simulate_stand_in(seed=1, duration=600.0)


def test_ring_coupling_excites_near_cells_and_inhibits_far_ones():
    weights = ring_coupling(np.array([0.0, 0.1, np.pi]), 0.2)
    assert weights[0, 1] == pytest.approx(0.2 * np.cos(0.1))
    assert weights[2, 0] == pytest.approx(-0.2)
    assert not np.diagonal(weights).any()
    np.testing.assert_allclose(weights, weights.T, rtol=1e-12)


def test_a_spike_changes_the_rate_of_the_next_bins_by_its_weight():
    weights = np.array([[0.0, 0.7], [0.0, 0.0]])
    expected = np.full((400_000, 2), 0.02)
    counts = coupled_counts(expected, weights, 0.5, np.array([0]), np.random.default_rng(0))
    np.testing.assert_allclose(counts.mean(axis=0), 0.02, rtol=0.05)
    once = np.flatnonzero(counts[:-3, 1] == 1)
    # The cell without a recent spike of the other fires at the rate that the scale leaves.
    silent = np.flatnonzero(np.convolve(counts[:, 1], np.ones(8))[: len(counts) - 1] == 0)
    base = counts[silent + 1, 0].mean()
    for lag, decayed in ((1, 0.5), (2, 0.25)):
        ratio = counts[once + lag, 0].mean() / base
        assert np.log(ratio) == pytest.approx(0.7 * decayed, abs=0.12)


def test_nothing_is_carried_into_the_next_run():
    weights = np.array([[0.0, 3.0], [0.0, 0.0]])
    # The second neuron fires in even bins, the first one may in odd ones.
    expected = np.tile([[0.0, 0.5], [0.2, 0.0]], (20_000, 1))

    def drive(starts):
        counts = coupled_counts(expected, weights, 0.5, starts, np.random.default_rng(0))
        return np.corrcoef(counts[:-1:2, 1], counts[1::2, 0])[0, 1]

    assert drive(np.array([0])) > 0.3
    assert abs(drive(np.arange(40_000))) < 0.03


def test_the_positive_control_keeps_the_rates_of_the_recording():
    preferred = preferred_directions(STAND_IN.tuning_curves())
    control = uncoupled_control(STAND_IN, coupling=ring_coupling(preferred, 0.1), tau=0.02)
    np.testing.assert_allclose(control.spikes.rates, STAND_IN.spikes.rates, rtol=0.15)
    assert "positive control" in control.source
    with pytest.raises(ValueError, match="runs away"):
        uncoupled_control(STAND_IN, coupling=ring_coupling(preferred, 2.0), tau=0.05)
