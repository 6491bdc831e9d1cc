"""Links are finite far out and exact nearby."""

import numpy as np
import pytest
from scipy.special import expit

from circuitlib.methods.glm.links import respond

LINKS = ("log", "rectified")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("link", LINKS)
def test_links_are_finite_far_out_and_exact_nearby(link, dtype):
    drive = np.array([[-5000.0, -30.0, -1.0, 0.0, 2.0, 30.0]]).T.astype(dtype)
    rate, log_rate, slope = respond(link, drive, np.full(1, 0.5, dtype=dtype))
    z = drive[1:].astype(float)
    exact = np.exp(0.5) * (np.exp(z) if link == "log" else np.logaddexp(0, z))
    np.testing.assert_allclose(rate[1:], exact, rtol=1e-5)
    np.testing.assert_allclose(log_rate[1:], np.log(exact), rtol=1e-5, atol=1e-6)
    exact_slope = np.ones_like(z) if link == "log" else expit(z) / np.logaddexp(0, z)
    np.testing.assert_allclose(slope[1:], exact_slope, rtol=1e-5)
    assert np.isfinite([rate, log_rate, slope]).all()
    if link == "rectified":  # linear above threshold, without end
        far = np.full((1, 1), 5000.0, dtype=dtype)
        assert respond(link, far, np.zeros(1, dtype=dtype)).rate[0, 0] == pytest.approx(5000.0)
