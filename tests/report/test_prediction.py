"""Scores have their known values, and simple models find what is there for them."""

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.metrics import bits_per_spike
from circuitlib.recordings.spikes import Spikes
from circuitlib.report.prediction import mean_rates, own_history, scored, tuning_alone

CELLS = simulate_stand_in(0, duration=200.0, n_neurons=4).spikes


def test_bits_are_those_of_the_library():
    rng = np.random.default_rng(0)
    rates = 0.05 + 0.1 * rng.random(CELLS.counts.shape)
    gain = scored(CELLS, rates).over(mean_rates(CELLS))
    assert gain.bits == pytest.approx(bits_per_spike(CELLS.counts, rates))
    assert mean_rates(CELLS).over(mean_rates(CELLS)).bits == 0


def test_the_error_is_that_of_a_sum_over_blocks():
    rng = np.random.default_rng(0)
    values = []
    for _ in range(200):
        spikes = Spikes(rng.poisson(0.2, size=(2000, 3)), 0.01)
        rates = np.where(np.arange(2000)[:, None] % 2, 0.25, 0.15) * np.ones(3)
        values.append(scored(spikes, rates).over(mean_rates(spikes)))
    bits, errors = np.array(values).T
    assert errors.mean() == pytest.approx(bits.std(), rel=0.15)


def test_silent_neurons_are_left_out_and_silence_is_refused():
    counts = np.zeros((100, 2), dtype=np.uint8)
    with pytest.raises(ValueError, match="too little"):
        mean_rates(Spikes(counts, 0.01))
    counts[::7, 0] = 1
    assert mean_rates(Spikes(counts, 0.01)).bits.shape == (20, 1)
    with pytest.raises(ValueError, match="too little"):
        mean_rates(Spikes(counts[:10], 0.01))


def test_history_predicts_a_rhythm_and_nothing_in_independent_spikes():
    rng = np.random.default_rng(0)
    chance = Spikes(rng.poisson(0.1, size=(40_000, 2)), 1e-3)
    train, test = chance.split(0.8)
    gain = scored(test, own_history(train, test, 0.01)).over(mean_rates(test))
    assert abs(gain.bits) < 0.01
    refractory = np.zeros((40_000, 2), dtype=np.uint8)
    for neuron in range(2):
        times = np.cumsum(5 + rng.integers(0, 6, 8000))
        refractory[times[times < 40_000], neuron] = 1
    train, test = Spikes(refractory, 1e-3).split(0.8)
    gain = scored(test, own_history(train, test, 0.01)).over(mean_rates(test))
    assert gain.bits > 0.2


def test_the_angle_predicts_cells_that_are_tuned_to_it():
    train, test = CELLS.split(0.8)
    mean = mean_rates(test)
    tuned = scored(test, tuning_alone(train, test)).over(mean)
    both = scored(test, own_history(train, test, 0.01, tuned=True)).over(mean)
    assert tuned.bits > 0.5
    assert both.bits == pytest.approx(tuned.bits, abs=0.1)
    with pytest.raises(ValueError, match="no angle"):
        tuning_alone(Spikes(train.counts, 0.01), test)
