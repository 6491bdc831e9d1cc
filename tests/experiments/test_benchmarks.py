"""The benchmarks compare equal results."""

import pytest

from circuitlib.experiments import benchmarks


@pytest.mark.parametrize(
    "comparison",
    [
        lambda: benchmarks.simulation_ratio(200),
        pytest.param(lambda: benchmarks.regression_ratio(20.0), marks=pytest.mark.slow),
        lambda: benchmarks.convolution_ratio(4, 2),
    ],
    ids=["simulation", "regression", "convolution"],
)
@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
def test_the_benchmarks_compare_equal_results(comparison):
    assert comparison().difference < 1e-3
