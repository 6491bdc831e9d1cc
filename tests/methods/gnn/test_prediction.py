"""Predictions see the past only."""

import numpy as np

from circuitlib.methods.gnn.paper_structure_module import window_basis
from circuitlib.methods.gnn.prediction import predict
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N = 6
COUNTS = np.random.default_rng(0).poisson(0.2, size=(2000, N)).astype(np.uint8)
BASIS = window_basis(30)


def test_later_spikes_leave_earlier_predictions_alone(make_model):
    model = make_model()
    changed = COUNTS.copy()
    changed[1000:] = 1
    bins = np.arange(1001)
    before, after = (
        predict(model, Events.of(Spikes(c, 1e-3), 1e-3), BASIS, bins) for c in (COUNTS, changed)
    )
    np.testing.assert_array_equal(before, after)
