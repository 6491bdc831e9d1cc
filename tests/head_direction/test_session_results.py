"""Results are those of the fits by their names, and their errors tell a difference from chance."""

import json
from dataclasses import replace

import numpy as np
import pytest

import circuitlib as cl
from circuitlib._npz import ArchiveError
from circuitlib.head_direction.angular_profile import angular_profile
from circuitlib.head_direction.contrast import contrast
from circuitlib.head_direction.coupled import ring_coupling
from circuitlib.head_direction.session_results import (
    CONTROLS,
    Estimate,
    SessionResults,
    fit_session,
    session_results,
)
from circuitlib.head_direction.session_runs import StoredFit

RNG = np.random.default_rng(0)
N = 14
PREFERRED = np.sort(RNG.uniform(0, 2 * np.pi, N))
RING = ring_coupling(PREFERRED, 1.0)


def fit(size, bits=1.0, noise=0.02, seed=0, errors=True, advantage=None):
    """Make a fit whose weights are a ring of some size, with noise."""
    rng = np.random.default_rng(seed)
    weights = size * RING + noise * rng.standard_normal((N, N))
    of_weights = np.full((N, N), noise)
    np.fill_diagonal(of_weights, np.nan)
    return StoredFit({}, bits, advantage, weights, of_weights if errors else None)


def results(sizes, kind="m"):
    """Make results from the sizes of the rings in each version, one for each draw."""
    fits = {
        f"{kind}-{version}-draw{draw}": fit(size, seed=100 * number + draw)
        for number, (version, draws) in enumerate(sizes.items())
        for draw, size in enumerate(draws)
    }
    return SessionResults({"preferred": PREFERRED.tolist()}, fits)


def test_draws_are_found_by_name_and_averaged():
    found = results({"wake": [1.0, 3.0], "uncoupled": [0.5]})
    assert found
    assert [len(found.draws("m", each)) for each in ("wake", "uncoupled", "REM")] == [2, 1, 0]
    assert found.has("m", "wake", "uncoupled")
    assert not found.has("m", "wake", "REM")
    assert found.has("m")
    assert not found.has("another")
    first, second = found.draws("m")
    np.testing.assert_allclose(found.weights("m"), (first.weights + second.weights) / 2)
    with pytest.raises(LookupError, match="no fit of 'm' to 'REM'"):
        found.weights("m", "REM")
    assert not SessionResults({}, {})


def test_profile_and_contrast_are_those_of_the_mean_weights():
    found = results({"wake": [1.0, 1.2, 0.8]})
    whole = angular_profile(found.weights("m"), PREFERRED)
    profile = found.profile("m")
    np.testing.assert_array_equal(profile.mean, whole.mean)
    assert (profile.error[np.isfinite(whole.mean)] > 0).all()
    own = contrast(found.weights("m"), PREFERRED)
    assert found.contrast("m").value == pytest.approx(own.value)
    # The draws differ more than the cells.
    each = [one.value for one in found.contrasts("m")]
    over_draws = np.std(each, ddof=1) / np.sqrt(3)
    assert found.contrast("m").error == pytest.approx(np.hypot(own.error, over_draws))


@pytest.mark.parametrize(("size", "answer"), [(3.0, True), (1.0, False), (0.3, False)])
def test_a_difference_knows_chance(size, answer):
    found = results({"wake": [size], "uncoupled": [0.9, 1.1, 1.0]})
    difference = found.difference("m", "wake", "uncoupled")
    assert difference.exceeds is answer
    assert difference.value == pytest.approx((size - 1) * contrast(RING, PREFERRED).value, abs=0.3)


def test_a_difference_between_one_error_and_two_is_open():
    assert Estimate(1.5, 1.0).exceeds is None
    assert Estimate(2.5, 1.0).exceeds is True
    assert Estimate(0.5, 1.0).exceeds is False
    assert Estimate(-5.0, 1.0).exceeds is False
    assert Estimate(float("nan"), float("nan")).exceeds is False


def test_differences_of_independent_draws_are_rarely_beyond_two_errors():
    rng, beyond = np.random.default_rng(1), []
    for _ in range(100):
        chance = rng.normal(1.0, 0.1, 4)
        found = results({"wake": chance[:1], "uncoupled": chance[1:]})
        beyond.append(found.difference("m", "wake", "uncoupled").exceeds is True)
    # Two errors of three draws: more often than one in forty, but rarely.
    assert np.mean(beyond) < 0.15


def test_a_single_draw_is_judged_by_the_errors_of_its_weights():
    beyond = []
    for seed in range(60):
        fits = {
            f"m-{version}-draw0": fit(0.0, noise=0.3, seed=2 * seed + k)
            for k, version in enumerate(("wake", "uncoupled"))
        }
        found = SessionResults({"preferred": PREFERRED.tolist()}, fits)
        beyond.append(found.difference("m", "wake", "uncoupled").exceeds is True)
    assert np.mean(beyond) < 0.08


def test_the_first_control_that_reaches_the_animal_is_named():
    sizes = dict(zip(CONTROLS, ([0.1] * 3, [0.5] * 3, [1.0] * 3, [1.2] * 3), strict=True))
    assert results({"wake": [1.0]} | sizes).reached_by("m") == CONTROLS[2]
    assert results({"wake": [5.0]} | sizes).reached_by("m") is None
    assert results({"wake": [0.1]} | sizes).reached_by("m") == CONTROLS[0]
    assert results({"wake": [1.0]}).reached_by("m") is None


def test_power_is_the_weakest_coupling_from_which_on_all_is_seen():
    sizes = {"uncoupled": [0.0] * 3, "coupled-0.1": [0.0] * 2, "coupled-0.2": [1.0] * 2}
    found = results(sizes)
    assert found.seen_from("m", (0.1, 0.2)) == 0.2
    assert found.seen_from("m", (0.1, 0.2, 0.4)) is None  # the strongest is missing
    not_seen = results(sizes | {"coupled-0.2": [0.0] * 2})
    assert not_seen.seen_from("m", (0.1, 0.2)) is None


def test_bits_advantages_and_connections_of_what_has_them():
    fits = {
        "m-wake-draw0": fit(1.0, bits=1.0, advantage=(0.02, 0.01)),
        "m-wake-draw1": fit(1.0, bits=1.4, advantage=(0.04, 0.01), seed=1),
        "n-wake-draw0": fit(0.0, bits=None, errors=False),
        "o-wake-draw0": fit(0.0),
    }
    found = SessionResults({"preferred": PREFERRED.tolist()}, fits)
    assert found.bits("m") == pytest.approx((1.2, np.std([1.0, 1.4], ddof=1)))
    assert found.advantage("m") == pytest.approx((0.03, 0.01))
    assert np.isnan(found.bits("n").value)
    assert np.isnan(found.advantage("n").value)
    assert found.z_spread("n") == found.found("n") == []
    assert found.z_spread("o")[0] == pytest.approx(1.0, abs=0.15)
    assert found.found("o")[0] < 5
    assert min(found.found("m")) > 100
    alike = found.resemblance("m", "wake", "wake")
    assert alike.value == pytest.approx(1.0)


def test_settings_are_those_that_validation_chose():
    grid = [{"tau": 0.05, "bin_width": 0.01}, {"tau": 0.1, "bin_width": 0.02}]
    choice = {"bits_per_spike": [0.3, 0.4], "settings": {"candidates": grid}}
    found = replace(results({"wake": [1.0]}), choices={"m": choice})
    assert found.settings("m") == grid[1]
    assert found.settings("other") == {}


def test_nothing_stored_is_false_and_a_damaged_file_is_named(tmp_path):
    assert not session_results(tmp_path)
    (tmp_path / "fig5").mkdir()
    (tmp_path / "fig5" / "m-wake-draw0.json").write_text(json.dumps({"settings": {}}))
    with pytest.raises(ArchiveError, match=r"m-wake-draw0.json: damaged .*remove it"):
        session_results(tmp_path)


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")
def test_a_session_at_hand_is_fitted_and_cells_without_coupling_are_told_apart():
    session = cl.simulate_stand_in(seed=2, duration=500.0, n_neurons=8)
    silent = session.spikes.counts[:20_000].copy()
    silent[:, 3] = 0  # a cell that never fires in sleep
    asleep = replace(session.spikes, counts=silent, starts=np.zeros(1, dtype=int), angle=None)
    found = fit_session(replace(session, sleep={"REM": asleep}))
    for kind in ("single-index", "single-index-told"):
        assert found.has(kind, "wake", "uncoupled", "uncoupled-internal")
    assert found.has("single-index", "REM")
    assert not found.has("single-index", "slow-wave")
    assert np.isnan(found.weights("single-index", "REM")[3]).all()
    # Untold, uncoupled cells have the profile of a ring. Told, nothing is left.
    assert found.contrast("single-index").exceeds is True
    assert found.reached_by("single-index") == found.reached_by("single-index-told") == "uncoupled"
    assert found.found("single-index-told")[0] <= 2
    assert found.z_spread("single-index-told")[0] == pytest.approx(1.0, abs=0.3)
    assert found.session["bits"]["tuning"] > 0.5
    assert len(found.session["sleep_rates"]["REM"]) == 10
