"""Lags, slow gains and expected counts are those that were put into simulated cells."""

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in, uncoupled_control
from circuitlib.head_direction.excitability import (
    lagged_angle,
    preferred_lags,
    slow_gain,
    tuned_counts,
)
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.recordings.spikes import Spikes

STAND_IN = simulate_stand_in(seed=1, duration=600.0)


def drawn(expected, seed=3):
    counts = np.random.default_rng(seed).poisson(expected).astype(np.uint8)
    return HeadDirectionRecording(Spikes(counts, 0.01), STAND_IN.angle, "drawn")


def test_an_angle_of_later_bins_stays_within_its_run():
    spikes = Spikes(np.zeros((6, 1), dtype=np.uint8), 0.01, [0, 4])
    angle = np.arange(6.0)
    recording = HeadDirectionRecording(spikes, angle, "test")
    np.testing.assert_array_equal(lagged_angle(recording, 2), [2, 3, 3, 3, 5, 5])
    np.testing.assert_array_equal(lagged_angle(recording, -1), [0, 0, 1, 2, 4, 4])


def test_the_lag_of_each_cell_is_found():
    lags = np.array([0, 5, -5] * 6 + [10])
    expected = tuned_counts(STAND_IN)
    moved = drawn(np.stack([np.roll(expected[:, i], -lag) for i, lag in enumerate(lags)], axis=1))
    found = preferred_lags(moved)
    # Few spikes on a slope: each lag is known to about two bins.
    assert np.abs(found - lags).mean() < 2
    assert np.corrcoef(found, lags)[0, 1] > 0.9


def test_tuned_counts_are_those_expected_and_follow_a_lag():
    expected = tuned_counts(STAND_IN)
    np.testing.assert_allclose(expected.sum(axis=0), STAND_IN.spikes.counts.sum(axis=0), rtol=0.02)
    lags = np.full(19, 4)
    later = tuned_counts(STAND_IN, lags)
    assert np.corrcoef(later[:-4, 0], expected[4:, 0])[0, 1] > 0.99


def test_a_slow_gain_is_found_and_a_steady_cell_has_none():
    expected = tuned_counts(STAND_IN)
    slow = np.exp(0.5 * np.sin(2 * np.pi * np.arange(len(expected)) / 12_000))
    gain = slow_gain(drawn(expected * slow[:, None]).spikes, expected, 10.0)
    busy = np.argmax(expected.sum(axis=0))
    # A window of the busiest cell holds about a hundred spikes, known to a tenth.
    assert np.corrcoef(np.log(gain[:, busy]), np.log(slow))[0, 1] > 0.85
    steady = slow_gain(drawn(expected).spikes, expected, 10.0)
    # By chance the variance of some cells is a little above a Poisson's.
    assert np.log(steady).std() < 0.2 * np.log(gain).std()
    with pytest.raises(ValueError, match="`window` in seconds"):
        slow_gain(STAND_IN.spikes, expected, 400.0)


def test_the_control_keeps_lag_and_slow_gain_of_each_cell_where_asked():
    lags = np.array([8, -8] * 9 + [0])
    slow = 1 + 0.8 * np.sin(2 * np.pi * np.arange(STAND_IN.spikes.n_bins) / 12_000)
    expected = np.stack(
        [np.roll(tuned_counts(STAND_IN)[:, i], -lag) for i, lag in enumerate(lags)], axis=1
    )
    recording = drawn(expected * slow[:, None])
    plain = uncoupled_control(recording)
    full = uncoupled_control(recording, anticipation=True, excitability=10.0)
    assert np.abs(preferred_lags(full) - lags).mean() < 2
    assert np.abs(preferred_lags(plain)).mean() < 2

    def blocks(counts):
        total = counts[: len(counts) // 3000 * 3000].reshape(-1, 3000, 19).sum(axis=(1, 2))
        return total / total.mean()

    truth = blocks(recording.spikes.counts)
    assert np.corrcoef(blocks(full.spikes.counts), truth)[0, 1] > 0.9
    assert np.corrcoef(blocks(plain.spikes.counts), truth)[0, 1] < 0.9
