"""Angles from outside have the size and the times that were asked for."""

import numpy as np
import pytest

from circuitlib.simulation.inputs import Input, ornstein_uhlenbeck, sinusoid


def test_a_sinusoid_has_its_amplitude_and_period():
    angle = sinusoid(0.3, 2.0, 4.0)
    assert angle.duration == pytest.approx(4.0)
    at = angle.at(np.array([0.0, 0.5, 1.5, 2.5]))
    np.testing.assert_allclose(at, [0, 0.3, -0.3, 0.3], atol=1e-12)


def test_an_ornstein_uhlenbeck_process_has_its_spread_and_memory():
    values = ornstein_uhlenbeck(0.2, 0.5, 2000.0, seed=1).values
    assert values.std() == pytest.approx(0.2, rel=0.1)
    assert np.corrcoef(values[:-500], values[500:])[0, 1] == pytest.approx(np.exp(-1), abs=0.06)
    assert not np.array_equal(values, ornstein_uhlenbeck(0.2, 0.5, 2000.0, seed=2).values)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: sinusoid(0.1, 0.0, 1.0), "`period`"),
        (lambda: sinusoid(np.nan, 1.0, 1.0), "`amplitude`"),
        (lambda: ornstein_uhlenbeck(0.1, 1.0, -1.0), "`duration`"),
        (lambda: ornstein_uhlenbeck(0.1, 1.0, 1.0, seed=-1), "`seed`"),
    ],
)
def test_bad_settings_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_an_input_has_its_size_in_neurons():
    for n_neurons in (50, 100):
        shifts = Input().steering.shifts(Input().angle(n_neurons, 4.0).values, n_neurons)
        assert (shifts.min(), shifts.max()) == (-1, 1)
    random = [Input("ornstein-uhlenbeck", time=0.5).angle(100, 9.0, seed) for seed in (0, 0, 1)]
    np.testing.assert_array_equal(random[0].values, random[1].values)
    assert not np.array_equal(random[0].values, random[2].values)
