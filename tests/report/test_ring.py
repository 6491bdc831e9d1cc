"""A ring is supported only where unseen spikes and the control say so."""

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.methods.single_index.errors import Advantage
from circuitlib.recordings.surrogates import jittered
from circuitlib.report.controls import draw
from circuitlib.report.prediction import BLOCKS, Scored
from circuitlib.report.ring import RingFit, fit_ring, judge_ring
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate


def made_up(advantage, gain, seed=0):
    """Return a ring with some gain over a model without connections, in bits per spike."""
    rng = np.random.default_rng(seed)
    without = Scored(rng.normal(size=(BLOCKS, 4)))
    by_block = (gain + rng.normal(scale=0.01, size=(BLOCKS, 1))) / BLOCKS
    return RingFit(Advantage(advantage, 0.01), Scored(without.bits + by_block), without, True)


CASES = {
    "all is passed": ((0.1, 0.5), (0.1, 0.1), (True, True, True)),
    "free weights are as good": ((0.015, 0.5), (0.1, 0.1), (False, True, True)),
    "free weights are better": ((-0.1, 0.5), (0.1, 0.1), (False, True, True)),
    "no connections are as good": ((0.1, 0.0), (0.1, -0.3), (True, False, True)),
    "as much in the control": ((0.1, 0.5), (0.1, 0.5), (True, True, False)),
    "more in the control": ((0.1, 0.5), (0.1, 0.9), (True, True, False)),
}


@pytest.mark.parametrize(("own", "control", "expected"), CASES.values(), ids=CASES.keys())
def test_all_three_questions_must_be_passed(own, control, expected):
    verdict = judge_ring(made_up(*own), made_up(*control, seed=1), "jittered")
    assert (verdict.beats_free, verdict.beats_nothing, verdict.beats_control) == expected
    assert verdict.supported == all(expected)


def test_the_gain_over_the_control_is_compared_block_by_block():
    own = made_up(0.1, 0.5)
    same = judge_ring(own, own._replace(advantage=Advantage(0.0, 1.0)), "jittered")
    assert same.more == (0.0, 0.0)
    assert not same.supported


@pytest.mark.slow
def test_a_simulated_ring_is_supported():
    ring = simulate(RingNetwork(n_neurons=40), 120.0, seed=0)
    settings = (0.9, 1e-3, 10e-3, None, 0)
    verdict = judge_ring(
        fit_ring(ring, *settings), fit_ring(jittered(ring, 0.05), *settings), "jittered"
    )
    assert verdict.supported


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")
def test_uncoupled_cells_on_an_angle_are_no_ring():
    cells = simulate_stand_in(0, duration=600.0, n_neurons=12).spikes
    settings = (0.9, 10e-3, 10e-3, "tuning", 0)
    control = draw("uncoupled", cells, 10e-3, 0)
    verdict = judge_ring(fit_ring(cells, *settings), fit_ring(control, *settings), "uncoupled")
    assert not verdict.supported
