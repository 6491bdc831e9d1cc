"""Attention equals a loop over pairs, sees one run at a time and finds a linear circuit."""

import numpy as np
import pytest
import torch

from circuitlib._seeding import seeded
from circuitlib.methods.netformer import Attention, NetFormer
from circuitlib.recordings.spikes import Spikes

DT = 5e-3
N = 5


def linear_circuit(draw_spikes, n_bins=20_000):
    """Draw spikes whose rates depend linearly on the trace; return them with the weights."""
    rng = np.random.default_rng(0)
    weights = rng.choice([-0.15, 0.15], (N, N)) * (rng.random((N, N)) < 0.5)
    np.fill_diagonal(weights, 0)
    spikes, _ = draw_spikes(rng, weights, lambda u: np.maximum(0.4 + u, 0), n_bins, DT)
    return spikes, weights


def test_the_wiring_of_a_linear_circuit_is_recovered(draw_spikes):
    spikes, weights = linear_circuit(draw_spikes)
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


def test_training_lowers_the_error_and_leaves_the_global_generator_alone(draw_spikes):
    spikes, _ = linear_circuit(draw_spikes, 4_000)
    before = torch.random.get_rng_state()
    losses = NetFormer(n_steps=300).fit(spikes).losses_
    assert losses[-50:].mean() < 0.8 * losses[:10].mean()
    assert torch.equal(torch.random.get_rng_state(), before)


def test_windows_and_next_steps_stay_within_a_run():
    rng = np.random.default_rng(0)
    netformer = NetFormer(window=3, batch=8, n_steps=20)
    # A run of four bins has one window with a next step, a run of three bins has none.
    few = 20 + rng.poisson(1.0, (12, 3)).astype(np.uint8)
    with pytest.raises(ValueError, match="no run of the recording is longer than 3 bins"):
        netformer.fit(Spikes(few, DT, np.arange(0, 12, 3)))
    assert np.isfinite(netformer.fit(Spikes(few[:4], DT)).weights_).all()
    # Runs that are too short leave no trace, be they before the long run or after it.
    long, short = (rng.poisson(1.0, (n_bins, 3)).astype(np.uint8) for n_bins in (300, 6))
    before = Spikes(np.concatenate([short, long]), DT, np.array([0, 3, 6]))
    after = Spikes(np.concatenate([long, short]), DT, np.array([0, 300, 303]))
    expected = netformer.fit(before).weights_
    np.testing.assert_allclose(netformer.fit(after).weights_, expected, rtol=1e-4, atol=1e-6)


def test_settings_out_of_range_are_refused(draw_spikes):
    spikes, _ = linear_circuit(draw_spikes, 1_000)
    for estimator, message in [
        (NetFormer(window=0), "`window` must be at least one, got 0"),
        (NetFormer(learning_rate=-1.0), "`learning_rate` must be positive, got -1"),
        (NetFormer(window=1_000), "no run of the recording is longer than 1000 bins"),
    ]:
        with pytest.raises(ValueError, match=message):
            estimator.fit(spikes)
