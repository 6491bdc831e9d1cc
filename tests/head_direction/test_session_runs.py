"""Fits to a session are planned, carried out once each, stored, and refused if they are others."""

import json
from dataclasses import replace

import numpy as np
import pytest

from circuitlib._npz import ArchiveError
from circuitlib.experiments.store import results_folder
from circuitlib.head_direction import session_runs
from circuitlib.head_direction.about import rates_in_parts
from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.session_plan import SessionFit, candidates, fits, kinds
from circuitlib.head_direction.session_runs import (
    fitted,
    load_session_runs,
    reproduce_session,
    session_at_hand,
)
from circuitlib.head_direction.versions import ASLEEP, VERSIONS, available

pytestmark = pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")

SESSION = replace(simulate_stand_in(seed=3, duration=300.0, n_neurons=4), sha256="a hash")
ASLEEP_TOO = replace(SESSION, sleep={"REM": replace(SESSION.spikes.window(0, 5000), angle=None)})
KINDS = [SessionFit("wake", "glm-log", False), SessionFit("wake", "single-index", True)]
PLAN = [
    KINDS[0],
    KINDS[1],
    SessionFit("uncoupled", "glm-log", False, 1),
    SessionFit("REM", "glm-log", False),
]
GRID = [{"tau": 0.1, "bin_width": 0.02}, {"tau": 0.05, "bin_width": 0.05}]


@pytest.fixture
def small_plan(monkeypatch):
    """Let the plan be two methods on four versions."""
    monkeypatch.setattr(session_runs, "kinds", lambda: KINDS)
    monkeypatch.setattr(session_runs, "candidates", lambda: GRID)
    monkeypatch.setattr(session_runs, "fits", lambda session: iter(PLAN))


class TestThePlan:
    def test_names_are_unique_and_no_sleep_is_told_of_an_angle(self):
        everything = list(fits(ASLEEP_TOO))
        assert len({each.name for each in everything}) == len(everything)
        assert not [each for each in everything if each.told and each.version in ASLEEP]
        assert [each for each in everything if each.version == "REM"]

    def test_sleep_is_planned_as_far_as_the_session_holds_it(self):
        assert not {each.version for each in fits(SESSION)} & set(ASLEEP)
        assert {"REM"} == {each.version for each in fits(ASLEEP_TOO)} & set(ASLEEP)
        assert set(VERSIONS) - set(available(ASLEEP_TOO)) == {"slow-wave", "sleep"}

    def test_hidden_nodes_are_tried_on_the_animal_and_its_control(self):
        hidden = [each for each in fits(SESSION) if each.hidden]
        assert {(each.hidden, each.nodes) for each in hidden} == {
            (number, nodes) for number in (5, 10, 20) for nodes in (None, "interpolated")
        }
        assert {each.version for each in hidden} == {"wake", "uncoupled"}

    def test_every_method_has_the_same_candidates_and_sees_a_neurons_own_past(self):
        assert all(each["bin_width"] <= 2 * each["tau"] for each in candidates())
        for kind in kinds():
            estimator = kind.estimator(candidates()[0])
            assert (estimator.tau, estimator.bin_width) == tuple(candidates()[0].values())
            assert getattr(estimator, "self_history", True)
            assert estimator.angle == ("tuning" if kind.told else None)

    def test_every_version_has_the_cells_of_the_session(self):
        for version in available(ASLEEP_TOO):
            spikes = VERSIONS[version][1](ASLEEP_TOO, 0)
            assert spikes.n_neurons == 4
            assert (spikes.angle is None) == (version in ASLEEP)

    def test_draws_of_a_control_differ_and_follow_from_their_number(self):
        for version in ("uncoupled", "uncoupled-internal", "uncoupled-misread", "shifted"):
            make = VERSIONS[version][1]
            first, again, other = (make(SESSION, seed).counts for seed in (0, 0, 1))
            np.testing.assert_array_equal(first, again)
            assert (first != other).any()


class TestStoredFits:
    def test_each_is_carried_out_once_and_read_again(self, small_plan, tmp_path, monkeypatch):
        assert "4 fits" in reproduce_session(ASLEEP_TOO, tmp_path)
        folder = tmp_path / session_runs.FOLDER
        assert len(list(folder.iterdir())) == 1 + len(KINDS) + len(PLAN)
        session, choices, found = load_session_runs(tmp_path)
        assert session["cells"] == 4
        assert session["duration"] == pytest.approx(300.0)
        assert set(choices) == {"glm-log", "single-index-told"}
        assert set(found) == {each.name for each in PLAN}
        fit = found["single-index-told-wake-draw0"]
        best = int(np.argmax(choices["single-index-told"]["bits_per_spike"]))
        assert fit.settings == json.loads(json.dumps(KINDS[1].settings(GRID[best])))
        assert fit.weights.shape == fit.errors.shape == (4, 4)
        assert np.isnan(np.diagonal(fit.errors)).all()
        assert found["glm-log-wake-draw0"].errors is None
        assert fit.bits_per_spike == pytest.approx(np.nanmean(fit.bits_by_cell), rel=1e-4)

        def never(*args, **kwargs):
            raise AssertionError("carried out twice")

        for name in ("fitted", "_validated", "about"):
            monkeypatch.setattr(session_runs, name, never)
        reproduce_session(ASLEEP_TOO, tmp_path)

    def test_a_part_that_is_missing_is_carried_out(self, small_plan, tmp_path):
        reproduce_session(ASLEEP_TOO, tmp_path)
        path = tmp_path / session_runs.FOLDER / f"{PLAN[2].name}.json"
        before = json.loads(path.read_text())
        path.unlink()
        reproduce_session(ASLEEP_TOO, tmp_path)
        assert json.loads(path.read_text())["weights"] == before["weights"]

    def test_another_recording_or_other_settings_are_refused(
        self, small_plan, tmp_path, monkeypatch
    ):
        reproduce_session(ASLEEP_TOO, tmp_path)
        with pytest.raises(ArchiveError, match="made from another recording or with other"):
            reproduce_session(replace(ASLEEP_TOO, sha256="another"), tmp_path)
        monkeypatch.setattr(session_runs, "candidates", lambda: GRID[:1])
        with pytest.raises(ArchiveError, match=r"choice-glm-log.json: was made .* other settings"):
            reproduce_session(ASLEEP_TOO, tmp_path)

    @pytest.mark.parametrize(
        "damage",
        [
            lambda text: text[:100],
            lambda text: text.replace('"weights"', '"wieghts"'),
            lambda text: text.replace('"weights": [', '"weights": null, "x": ['),
        ],
    )
    def test_a_damaged_file_costs_one_line(self, damage, small_plan, tmp_path):
        reproduce_session(ASLEEP_TOO, tmp_path)
        path = tmp_path / session_runs.FOLDER / f"{PLAN[0].name}.json"
        path.write_text(damage(path.read_text()))
        with pytest.raises(ArchiveError) as caught:
            load_session_runs(tmp_path)
        message = str(caught.value)
        assert message.startswith(f"{path}: damaged (")
        assert "\n" not in message

    def test_what_a_cells_own_past_predicts_is_among_the_bits(
        self, small_plan, tmp_path, monkeypatch
    ):
        monkeypatch.setattr(session_runs, "_OWN_PAST", "glm-log")
        monkeypatch.setattr(session_runs, "fits", lambda session: iter(PLAN[:1]))
        reproduce_session(ASLEEP_TOO, tmp_path)
        bits = load_session_runs(tmp_path)[0]["bits"]
        # Poisson cells have no past: their tuning is all.
        assert bits["own-past"] == pytest.approx(bits["tuning"], abs=0.05)

    def test_nothing_stored_is_empty(self, tmp_path):
        assert load_session_runs(tmp_path) == ({}, {}, {})


class TestOneFit:
    def test_a_cell_that_never_fires_has_no_weights(self):
        counts = SESSION.spikes.counts.copy()
        counts[:29_000, 2] = 0  # it fires on the part that is not fitted
        silent = replace(SESSION, spikes=replace(SESSION.spikes, counts=counts))
        found = fitted(silent, KINDS[0], GRID[0])
        weights = np.array(found["weights"], dtype=float)
        assert np.isnan(weights[2]).all()
        assert np.isnan(weights[:, 2]).all()
        assert np.isfinite(np.delete(np.delete(weights, 2, 0), 2, 1)).all()
        assert found["bits_per_spike"] > 0

    def test_hidden_nodes_have_an_advantage_without_an_error(self):
        cells = simulate_stand_in(seed=3, duration=200.0, n_neurons=6)
        found = fitted(cells, SessionFit("wake", "gnn-ring", False, 0, 5), GRID[0])
        assert found["bits_per_spike"] is None
        assert found["advantage"][1] is None
        assert np.array(found["weights"]).shape == (6, 6)

    def test_rates_in_parts_are_those_of_each_part(self):
        parts = np.array(rates_in_parts(SESSION.spikes))
        assert parts.shape == (10, 4)
        np.testing.assert_allclose(parts.mean(axis=0), SESSION.spikes.rates, rtol=1e-4)


def test_without_a_recording_nothing_is_stored(monkeypatch, tmp_path):
    monkeypatch.setenv("CIRCUITLIB_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="no recording found; set CIRCUITLIB_DATA"):
        session_at_hand()


class TestTheStoredFitsOfTheBook:
    """What is stored is complete, and what the library computes today."""

    def test_each_has_the_settings_of_the_plan(self):
        session, choices, found = load_session_runs()
        shape = (session["cells"], session["cells"])
        chosen = {
            kind: choice["settings"]["candidates"][int(np.argmax(choice["bits_per_spike"]))]
            for kind, choice in choices.items()
        }
        empty = HeadDirectionRecording(
            SESSION.spikes,
            SESSION.angle,
            "plan",
            sleep=dict.fromkeys(session["sleep"], SESSION.spikes),
        )
        planned = {each.name: each for each in fits(empty)}
        assert found.keys() == planned.keys()
        for name, fit in found.items():
            assert fit.settings == planned[name].settings(chosen[planned[name].kind]), name
            assert fit.weights.shape == shape

    def test_all_come_from_one_recording(self):
        sources = {
            json.dumps(json.loads(path.read_text())["recording"])
            for path in (results_folder() / session_runs.FOLDER).glob("*.json")
        }
        assert len(sources) == 1

    @pytest.mark.data
    @pytest.mark.parametrize("version", ["wake", "uncoupled"])
    def test_a_cheap_fit_gives_the_stored_values(self, version, mouse):
        found = load_session_runs()[2]
        fit = SessionFit(version, "glm-log", False)
        stored = found[fit.name]
        settings = {name: stored.settings["estimator"][name] for name in ("tau", "bin_width")}
        new = fitted(mouse, fit, settings)
        assert new["bits_per_spike"] == pytest.approx(stored.bits_per_spike, abs=1e-3)
        np.testing.assert_allclose(np.array(new["weights"]), stored.weights, atol=0.02)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")
def test_no_cell_gets_lost_in_a_fit_in_which_rare_ones_did(mouse):
    # Two cells that fire in a part of all angles only were led away from there by the first steps.
    fit = SessionFit("uncoupled-misread", "single-index", told=True)
    train, test = VERSIONS[fit.version][1](mouse, 0).split(0.9)
    fitted = fit.estimator({"tau": 0.1, "bin_width": 0.01}).fit(train)
    mean, expected = train.rates * train.dt, fitted.rates(test)
    losses, by_mean = (
        (each - test.counts * np.log(each)).sum(axis=0)
        for each in (expected, np.broadcast_to(mean, expected.shape))
    )
    assert (losses < by_mean).all()
