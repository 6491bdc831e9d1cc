"""Attention between neurons."""

import numpy as np
import pytest
import torch

from circuitlib._seeding import seeded
from circuitlib.methods.netformer import Attention, NetFormer, _moments
from circuitlib.recordings.spikes import Spikes

DT = 5e-3
N = 5


def linear_circuit(n_bins=20_000, seed=0):
    """Draw spikes whose rates depend linearly on the trace; return them with the weights."""
    rng = np.random.default_rng(seed)
    weights = rng.choice([-0.15, 0.15], (N, N)) * (rng.random((N, N)) < 0.5)
    np.fill_diagonal(weights, 0)
    decay = np.exp(-DT / 10e-3)
    s = np.zeros(N)
    counts = np.zeros((n_bins, N), dtype=np.uint8)
    for t in range(n_bins):
        counts[t] = rng.poisson(np.maximum(0.4 + weights @ s, 0))
        s = decay * (s + counts[t])
    return Spikes(counts, DT), weights


def test_the_wiring_of_a_linear_circuit_is_recovered():
    spikes, weights = linear_circuit()
    found = NetFormer(n_steps=800).fit(spikes).weights_
    away = ~np.eye(N, dtype=bool)
    assert np.corrcoef(found[away], weights[away])[0, 1] > 0.9


def test_attention_equals_a_loop_and_follows_relabelled_neurons():
    with seeded(0):
        model = Attention(n_neurons=4, window=3, embedding=2, width=6)
        recent, order = torch.randn(2, 3, 4), torch.randperm(4)
    out = model(recent)
    for b, post, pre in np.ndindex(2, 4, 4):
        q = model.query(torch.cat((recent[b, :, post], model.position[post])))
        k = model.key(torch.cat((recent[b, :, pre], model.position[pre])))
        torch.testing.assert_close(out[b, post, pre], q @ k / 6**0.5)
    model.position.data = model.position.data[order]
    torch.testing.assert_close(model(recent[:, :, order]), out[:, order][:, :, order])


def test_training_lowers_the_error_and_leaves_the_global_generator_alone():
    spikes, _ = linear_circuit(4_000)
    before = torch.random.get_rng_state()
    losses = NetFormer(n_steps=300).fit(spikes).losses_
    assert losses[-50:].mean() < 0.8 * losses[:10].mean()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_windows_and_next_steps_stay_within_a_run():
    spikes = Spikes(np.ones((12, 2), dtype=np.uint8), DT, np.array([0, 5, 6]))
    np.testing.assert_array_equal(_moments(spikes, 3), [2, 3, 8, 9, 10])


def test_settings_out_of_range_are_refused():
    spikes, _ = linear_circuit(100)
    for estimator, message in [
        (NetFormer(window=0), "`window` must be at least one, got 0"),
        (NetFormer(learning_rate=-1.0), "`learning_rate` must be positive, got -1"),
        (NetFormer(window=100), "no run of the recording is longer than 100 bins"),
    ]:
        with pytest.raises(ValueError, match=message):
            estimator.fit(spikes)
