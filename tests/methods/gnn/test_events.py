"""Events on a fine grid and their history equal plain computations within each run."""

import numpy as np

from circuitlib.methods.gnn.events import Events, history_basis, recent_history
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes

N = 5
RNG = np.random.default_rng(1)
COUNTS = RNG.poisson(0.15, size=(1500, N)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3, np.array([0, 400, 1000]))
EVENTS = Events.of(SPIKES, 1e-3)
BASIS = history_basis(1e-3, 4e-3)


def test_history_is_the_filtered_recording_within_each_run(filtered_by_loop):
    bins = RNG.permutation(len(COUNTS))[:300]
    np.testing.assert_allclose(
        recent_history(EVENTS, bins, BASIS), filtered_by_loop(SPIKES, BASIS, bins), atol=1e-5
    )


def test_spike_times_and_counts_make_the_same_events():
    times = [np.sort(RNG.uniform(0, 2.0, 50)) for _ in range(3)]
    trains = SpikeTrains(np.concatenate(times), np.array([0, 50, 100, 150]), 2.0)
    one, other = Events.of(trains, 0.05), Events.of(trains.binned(0.05), 0.05)
    for name in ("bins", "offsets"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.runs.starts, other.runs.starts)
    assert one.n_bins == other.n_bins == 40


def test_the_basis_sums_to_one_until_its_last_peak_and_has_no_present():
    basis = history_basis(1e-4, 10e-3)
    assert (basis[0] == 0).all()
    np.testing.assert_allclose(basis[1:401].sum(axis=1), 1, atol=1e-6)
    assert ((basis > 0).sum(axis=1) <= 2).all()
