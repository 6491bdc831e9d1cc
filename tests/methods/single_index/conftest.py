"""A small recording with gaps, its likelihood, and a model of it."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def coupled(draw_spikes):
    """Return a recording of five coupled neurons with the true, log-linear weights."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.25, (5, 5))
    spikes, _ = draw_spikes(rng, weights, lambda u: 0.05 * np.exp(u), 60_000)
    return spikes, weights


@pytest.fixture(scope="session")
def likelihood(draw_spikes):
    """Return a likelihood that looks at every bin, with the recording, of two runs, behind it."""
    from dataclasses import replace

    from circuitlib.methods.single_index.likelihood import EventLikelihood
    from circuitlib.recordings.events import Events

    rng = np.random.default_rng(1)
    weights = rng.normal(0, 0.2, (4, 4))
    spikes, _ = draw_spikes(rng, weights, lambda u: 0.2 * np.exp(u), 900, dt=5e-3)
    spikes = replace(spikes, starts=np.array([0, 400]))
    return EventLikelihood(Events.of(spikes, 5e-3), float(np.exp(-0.5))), spikes


@pytest.fixture(scope="session")
def model():
    """Return a model of four neurons whose link has kinks and ends within the drives."""
    from circuitlib.methods.single_index.likelihood import Model
    from circuitlib.methods.single_index.link import Link

    rng = np.random.default_rng(2)
    link = Link(-0.4, 0.3, np.linspace(-2.5, 0.5, 6) + rng.normal(0, 0.2, 6))
    return Model(rng.normal(0, 0.3, (4, 4)), rng.normal(0, 0.2, 4), link)


@pytest.fixture(scope="session")
def make_quadratic():
    """Make a quadratic loss with its minimum at some weights."""
    from circuitlib.methods.single_index.quadratic import Quadratic

    def make(weights, n_spikes=10_000):
        n = len(weights)
        rng = np.random.default_rng(3)
        mixed = rng.normal(size=(n, n, 2 * n))
        curvature = n_spikes / n * (mixed @ mixed.transpose(0, 2, 1) / (2 * n))
        apart = 1.0 - np.eye(n)
        cross = 0.1 * rng.normal(size=(n, n, 3)) * apart[..., None]
        return Quadratic(
            weights * apart,
            np.zeros((n, n)),
            curvature.astype(np.float32),
            cross,
            np.eye(3),
            n_spikes,
        )

    return make


@pytest.fixture(scope="session")
def small_ring(draw_spikes):
    """Return the spikes of a ring of 14 neurons in mixed order, and its weights."""
    rng = np.random.default_rng(6)
    angles = rng.permutation(14) * 2 * np.pi / 14
    turn = angles[:, None] - angles[None, :]
    weights = -0.15 + 0.3 * np.cos(turn) - 0.1 * np.cos(2 * turn)
    return draw_spikes(rng, weights, lambda u: 0.05 * np.exp(u), 60_000)[0], weights
