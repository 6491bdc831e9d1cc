"""Spikes drawn from models that the methods should find."""

from itertools import product

import numpy as np
import pytest


@pytest.fixture(scope="session")
def draw_spikes():
    """Draw spikes whose rates are a function of the weighted traces of all neurons."""
    # Imported late, because the shape checks are set up after this file is read.
    from circuitlib.recordings.spikes import Spikes

    def draw(rng, weights, rate, n_bins, dt=1e-3, tau=10e-3):
        """Return the spikes and the true expected counts of each bin."""
        decay = np.exp(-dt / tau)
        s = np.zeros(len(weights))
        counts = np.zeros((n_bins, len(weights)), dtype=np.uint8)
        rates = np.zeros((n_bins, len(weights)))
        for t in range(n_bins):
            rates[t] = rate(weights @ s)
            counts[t] = rng.poisson(rates[t])
            s = decay * (s + counts[t])
        return Spikes(counts, dt), rates

    return draw


@pytest.fixture(scope="session")
def spikes(draw_spikes):
    """The spikes of six coupled neurons in 20 s."""
    rng = np.random.default_rng(0)
    weights = rng.normal(0, 0.3, (6, 6))
    np.fill_diagonal(weights, 0.0)
    return draw_spikes(rng, weights, lambda u: 0.05 * np.exp(u), 20_000)[0]


@pytest.fixture(scope="session")
def draw_ising():
    """Draw patterns of four neurons from an Ising model, exactly, in bins of 5 ms."""
    from circuitlib.recordings.spikes import Spikes

    def draw(n_bins, seed=0):
        """Return the spikes and the true weights."""
        patterns = np.array(list(product((0, 1), repeat=4)))
        rng = np.random.default_rng(seed)
        weights = np.triu(rng.normal(0, 0.8, (4, 4)), 1)
        biases = rng.normal(-0.5, 0.3, 4)
        energy = -(patterns @ biases) - np.einsum("pi,ij,pj->p", patterns, weights, patterns)
        probability = np.exp(-energy)
        drawn = rng.choice(len(patterns), n_bins, p=probability / probability.sum())
        return Spikes(patterns[drawn].astype(np.uint8), 5e-3), weights + weights.T

    return draw


@pytest.fixture(scope="session")
def grouped():
    """Spikes of three groups of three; in each the neurons fire together, some 0.5 s at a time."""
    from circuitlib.recordings.spikes import Spikes

    rng = np.random.default_rng(0)
    active = np.repeat(rng.random((100, 3)) < 0.3, 50, axis=0)
    counts = rng.poisson(0.1 + np.repeat(active, 3, axis=1))
    return Spikes(counts.astype(np.uint8), 10e-3)


@pytest.fixture
def short_training(monkeypatch):
    """Let structure modules train for few steps only, on few modes; return how to choose these."""

    def choose(modes, n_steps, n_starts=2):
        choice = {
            "_FIRST_MODES": modes,
            "_MODES": modes,
            "_FIRST_STEPS": n_steps,
            "_STEPS": n_steps,
            "_STARTS": n_starts,
        }
        for name, value in choice.items():
            monkeypatch.setattr(f"circuitlib.methods.single_index.pairs.{name}", value)

    return choose
