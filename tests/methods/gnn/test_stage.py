"""A stage of training learns, and goes on from its state as if nothing had happened."""

import numpy as np

from circuitlib.methods.gnn.batches import Batches
from circuitlib.methods.gnn.paper_structure_module import window_basis
from circuitlib.methods.gnn.prediction import predict
from circuitlib.methods.gnn.stage import Stage
from circuitlib.recordings.events import Events
from circuitlib.recordings.spikes import Spikes

N = 6
COUNTS = np.random.default_rng(0).poisson(0.2, size=(2000, N)).astype(np.uint8)
SPIKES = Spikes(COUNTS, 1e-3)
EVENTS = Events.of(SPIKES, 1e-3)
BASIS = window_basis(30)


def test_training_learns_one_window_by_heart(make_model):
    window = len(BASIS) - 1
    at = int(np.flatnonzero(COUNTS[window:, :3].any(axis=1))[0]) + window
    few = Events.of(SPIKES.window(at - window, window + 1), 1e-3)  # one bin has a whole window
    batches = Batches(few, BASIS)
    descent = Stage(make_model(), (0,), 8, 8, 3e-2, 3e-3, 300)
    descent.advance(batches, batches, 300)
    predicted = np.exp(predict(descent.model, few, BASIS, np.array([window])))
    np.testing.assert_allclose(predicted[0], COUNTS[at], atol=0.1)


def test_a_restored_descent_goes_on_as_if_nothing_had_happened(make_model):
    batches = Batches(EVENTS, BASIS)

    def descent():
        return Stage(make_model(np.eye(N)), (0, 0), 16, 4, 1e-2, 1e-3, 40)

    straight, first, second = descent(), descent(), descent()
    for _ in range(2):
        straight.advance(batches, batches, 20)
    first.advance(batches, batches, 20)
    second.restore(first.arrays())
    second.advance(batches, batches, 20)
    for name, value in straight.arrays().items():
        np.testing.assert_array_equal(second.arrays()[name], value, err_msg=name)
