"""The recent history equals a plain computation within each run."""

import numpy as np

from circuitlib.methods.gnn.paper_structure_module import window_basis
from circuitlib.methods.gnn.recent_history import recent_history
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N = 5
RNG = np.random.default_rng(1)
COUNTS = RNG.poisson(0.15, size=(1500, N)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3, np.array([0, 400, 1000]))
EVENTS = Events.of(SPIKES, 1e-3)
BASIS = window_basis(24)


def test_history_is_the_filtered_recording_within_each_run(filtered_by_loop):
    bins = RNG.permutation(len(COUNTS))[:300]
    np.testing.assert_allclose(
        recent_history(EVENTS, bins, BASIS), filtered_by_loop(SPIKES, BASIS, bins), atol=1e-5
    )
