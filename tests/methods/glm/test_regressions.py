"""All GLMs minimize one loss, whose gradient is exact, and predict as many spikes as they saw."""

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from circuitlib.methods.estimator import SpikePredictor
from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.methods.glm.regressions import Regressions
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.recordings.traces import trace

GLMS = {
    "SameBinGLM-": SameBinGLM(),
    "CouplingGLM-": CouplingGLM(),
    "HistoryGLM-log": HistoryGLM(link="log"),
    "HistoryGLM-rectified": HistoryGLM(link="rectified"),
}
LINKS = ("log", "rectified")
TAU = 10e-3
N = 6


@pytest.mark.parametrize("link", LINKS)
def test_gradient_equals_finite_differences(link, spikes):
    rng = np.random.default_rng(1)
    spikes = spikes.window(0, 500)
    features = trace(spikes, TAU).astype(float)
    used = ~np.eye(N, dtype=bool)
    regressions = Regressions(features, spikes.counts, used, link, 1e-2, np.float64)
    parameters = regressions.start()
    parameters[:, :N] = np.where(used, rng.normal(0, 0.3, (N, N)), 0)
    center = regressions.center()
    _, gradient = regressions.loss(parameters, center)

    def loss(flat):
        return regressions.loss(flat.reshape(parameters.shape), center)[0]

    numeric = approx_fprime(parameters.ravel(), loss, 1e-6).reshape(parameters.shape)
    learned = np.column_stack([used, np.ones(N), np.full(N, link == "rectified")]).astype(bool)
    np.testing.assert_allclose(gradient[learned], numeric[learned], rtol=1e-4, atol=1e-3)
    assert (gradient[~learned] == 0).all()


@pytest.mark.parametrize("glm", GLMS.values(), ids=GLMS.keys())
def test_predicted_and_counted_spikes_agree_in_number(glm, spikes):
    # The optimum of the intercept (log link) or of the gain (rectified).
    n_spikes = spikes.binned(glm.bin_width).counts.sum(axis=0)
    rates = glm.fit(spikes).rates(spikes)
    assert isinstance(glm, SpikePredictor)
    assert rates.shape == spikes.binned(glm.bin_width).counts.shape
    # A hundredth of a standard error of a Poisson count.
    np.testing.assert_allclose(rates.sum(axis=0), n_spikes, atol=0.02 * np.sqrt(n_spikes.max()))


def test_settings_out_of_range_are_refused(spikes):
    for glm in (SameBinGLM(l2=-1.0), HistoryGLM(l2=float("nan"))):
        with pytest.raises(ValueError, match="`l2` must be zero or positive"):
            glm.fit(spikes)
    with pytest.raises(ValueError, match="`tau` in seconds must be positive, got 0"):
        HistoryGLM(tau=0.0).fit(spikes)
    with pytest.raises(ValueError, match="whole multiple"):
        SameBinGLM(bin_width=2.5e-3).fit(spikes)
    with pytest.raises(ValueError, match="the recording holds 3 neurons, but the fit 6"):
        SameBinGLM().fit(spikes).rates(spikes.select(np.arange(3)))
