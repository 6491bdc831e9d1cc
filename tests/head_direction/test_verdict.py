"""The verdict follows from the controls, whatever they show."""

import numpy as np
import pytest

from circuitlib.head_direction.coupled import ring_coupling
from circuitlib.head_direction.session_results import SessionResults
from circuitlib.head_direction.session_runs import StoredFit
from circuitlib.head_direction.verdict import session_verdict

N = 14
PREFERRED = np.sort(np.random.default_rng(0).uniform(0, 2 * np.pi, N))
RING = ring_coupling(PREFERRED, 1.0)


def results(untold, told):
    """Make results from the size of a ring in each version."""
    fits = {}
    for kind, sizes in (("m", untold), ("m-told", told)):
        for number, (version, size) in enumerate(sizes.items()):
            noise = np.random.default_rng(number).normal(0, 0.02, (N, N))
            errors = np.where(np.eye(N) > 0, np.nan, 0.02)
            fits[f"{kind}-{version}-draw0"] = StoredFit({}, 1.0, None, size * RING + noise, errors)
    return SessionResults({"preferred": PREFERRED.tolist()}, fits)


@pytest.mark.parametrize(
    ("animal", "internal", "conclusion", "words"),
    [
        (0.0, 0.0, "no evidence of coupling", "beyond the measured angle nothing is seen"),
        (1.0, 1.2, "no evidence of coupling", "is enough"),
        (1.0, 0.2, "more than one shared angle explains", "does not explain all"),
        (1.0, None, "undecided", "share more than the measured angle"),
    ],
)
def test_what_is_left_beyond_the_angles_decides(animal, internal, conclusion, words):
    told = {"wake": animal, "uncoupled": 0.0}
    if internal is not None:
        told["uncoupled-internal"] = internal
    found = session_verdict(results({"wake": 1.0, "uncoupled": 1.1}, told), "m")
    assert found.conclusion == conclusion
    assert words in " ".join(found.sentences)
    assert "the profile alone is no sign of coupling" in found.sentences[0]


def test_more_than_tuning_untold_and_nothing_told_is_undecided():
    told = {"wake": 0.0, "uncoupled": 0.0, "uncoupled-internal": 0.0}
    found = session_verdict(results({"wake": 1.0, "uncoupled": 0.1}, told), "m")
    assert found.conclusion == "undecided"


def test_sleep_is_told_as_far_as_there_is_any():
    told = {"wake": 1.0, "uncoupled": 0.0, "uncoupled-internal": 1.0}
    untold = {"wake": 1.0, "uncoupled": 1.0}
    assert "There is no sleep" in session_verdict(results(untold, told), "m").sentences[-1]
    asleep = session_verdict(results(untold | {"REM": 1.0, "slow-wave": 0.0}, told), "m")
    assert "In REM sleep" in asleep.sentences[-2]
    assert "keep their order" in asleep.sentences[-2]
    assert "show no order" in asleep.sentences[-1]


def test_missing_fits_are_said():
    assert session_verdict(SessionResults({}, {}), "m").conclusion == "not known"
