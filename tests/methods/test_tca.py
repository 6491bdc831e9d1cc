"""An exact component is found, and how scale and sign are shared out does not matter."""

import numpy as np

from circuitlib.methods.tca import TCA, interaction
from circuitlib.recordings.spikes import Spikes

DT = 10e-3


def test_the_interaction_ignores_how_scale_and_sign_are_shared_out():
    rng = np.random.default_rng(0)
    w, v, u = rng.normal(size=(5, 2)), rng.normal(size=(7, 2)), rng.normal(size=(3, 2))
    expected = np.zeros((5, 5))
    for r in range(2):
        unit = w[:, r] / np.linalg.norm(w[:, r])
        size = np.linalg.norm(w[:, r]) * v[:, r].sum() * u[:, r].sum()
        expected += np.outer(unit, unit) * abs(size) / 2
    np.testing.assert_allclose(interaction(w, v, u), expected)
    np.testing.assert_allclose(interaction(-2.0 * w, v / 8, -4.0 * u), expected)


def test_one_exact_component_is_found():
    # Every second bin, neuron i fires i + 1 times.
    counts = np.zeros((1_000, 4), dtype=np.uint8)
    counts[::2] = np.arange(1, 5)
    weights = TCA(rank=1, bin_width=DT).fit(Spikes(counts, DT)).weights_
    expected = np.outer(np.arange(1, 5), np.arange(1, 5)).astype(float)
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(weights / weights[0, 1], expected / expected[0, 1], rtol=1e-3)
