"""The GLM of the same bin equals scikit-learn and has the bias that Das & Fiete report."""

import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor

from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.metrics import score_weights
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

N = 6


def test_same_bin_glm_equals_scikit_learn(spikes):
    l2 = 1e-3
    glm = SameBinGLM(l2=l2).fit(spikes)
    counts = spikes.binned(10e-3).counts.astype(float)
    for post in range(N):
        others = np.arange(N) != post
        reference = PoissonRegressor(alpha=l2, tol=1e-8, max_iter=1000)
        reference.fit(counts[:, others], counts[:, post])
        np.testing.assert_allclose(glm.weights_[post, others], reference.coef_, atol=1e-3)
        assert glm.intercepts_[post] == pytest.approx(reference.intercept_, abs=1e-3)


@pytest.mark.slow
def test_the_same_bin_glm_has_the_bias_of_das_and_fiete():
    network = RingNetwork(strength=0.025)
    recording = simulate(network, duration=480.0, spiking="threshold", seed=0)
    weights = SameBinGLM().fit(recording).weights_
    score = score_weights(network.weights, weights, network.bump_spacing)
    assert score.bias == pytest.approx(0.237, abs=0.02)
