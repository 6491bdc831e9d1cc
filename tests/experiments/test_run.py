"""Runs are computed once, the same for one seed, and go on after an interruption."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib._npz import ArchiveError, write_archive
from circuitlib.experiments.run import reproduce
from circuitlib.experiments.store import load_runs
from circuitlib.methods.catalogue import METHODS
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.metrics import inference_error, mean_profile
from circuitlib.simulation.networks import RandomNetwork, RingNetwork
from circuitlib.simulation.simulator import simulate

#: The recordings and the training are short, and the methods say so.
pytestmark = [
    pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*worse than the mean rates:UserWarning"),
]

SHORT = 20.0
#: Enough for a network whose training is cut short.
SHORTER = 6.0


def glm(folder, experiment="table1", **changes):
    settings = {"seeds": 1, "methods": ("glm-same-bin",), "duration": SHORT}
    return reproduce(experiment, folder, **(settings | changes))


def test_a_run_is_the_method_on_the_first_nine_tenths(tmp_path):
    glm(tmp_path)
    [run] = [run for run in load_runs("table1", tmp_path) if run.condition == "threshold"]
    simulation = simulate(RingNetwork(), SHORT, seed=0)
    expected = SameBinGLM().fit(simulation.split(0.9)[0]).weights_
    stored = run.weights()
    np.testing.assert_array_equal(stored.weights, expected.astype(np.float32))
    assert run.delta == inference_error(RingNetwork().weights, stored.weights)
    np.testing.assert_allclose(run.profile[1:], mean_profile(stored.weights)[1:], rtol=1e-5)
    assert stored.method == run.method == "glm-same-bin"
    assert run.score["oracle_bits_per_spike"] is not None


def test_a_stored_run_is_not_computed_again(tmp_path, monkeypatch):
    first = glm(tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert len(before) == 4
    monkeypatch.setattr(SameBinGLM, "fit", None)
    assert glm(tmp_path) == first
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == before


def test_other_settings_are_refused_by_name(tmp_path, monkeypatch):
    glm(tmp_path)
    changed = replace(METHODS["glm-same-bin"], settings={"l2": 0.5})
    monkeypatch.setitem(METHODS, "glm-same-bin", changed)
    with pytest.raises(ArchiveError, match=r"glm-same-bin-threshold-20s-seed0\.json: .*l2.*0\.5"):
        glm(tmp_path)


@pytest.mark.slow
def test_runs_are_the_same_bit_by_bit_for_one_seed(tmp_path, tiny_gnn):
    for name in ("first", "second"):
        glm(tmp_path / name, methods=("gnn-paper",), preset="quick", duration=SHORTER)
    first, second = (load_runs("table1", tmp_path / name) for name in ("first", "second"))
    assert len(first) == 2
    for one, other in zip(first, second, strict=True):
        assert one.weights_sha256 == other.weights_sha256
        assert one.score == other.score


@pytest.mark.slow
def test_an_interrupted_run_goes_on(tmp_path, tiny_gnn, monkeypatch):
    settings = {"methods": ("gnn-paper",), "duration": SHORTER}
    glm(tmp_path / "straight", **settings)
    calls = []

    def interrupted(path, arrays):
        write_archive(path, arrays)
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("circuitlib.methods.gnn.checkpoint.write_archive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        glm(tmp_path / "resumed", **settings)
    assert [path.suffix for path in (tmp_path / "resumed" / "table1").iterdir()] == [".resume"]
    glm(tmp_path / "resumed", **settings)
    straight, resumed = (load_runs("table1", tmp_path / n) for n in ("straight", "resumed"))
    assert [run.weights_sha256 for run in straight] == [run.weights_sha256 for run in resumed]
    assert [run.resumed for run in resumed] == [False, True]
    assert not list(tmp_path.rglob("*.resume"))


def test_without_a_ring_a_run_has_an_error_but_no_profile(tmp_path):
    glm(tmp_path, "transfer", duration=6.0, methods=("correlation",))
    runs = {run.condition: run for run in load_runs("transfer", tmp_path)}
    assert len(runs) == 19
    random = runs["threshold-random"]
    assert random.network == RandomNetwork()
    assert random.profile is None
    assert random.score["bias"] is None
    assert 0 < random.delta < 1
    assert runs["lnp-n64"].profile.shape == (64,)


def test_long_recordings_are_counted_in_a_stream(tmp_path, monkeypatch):
    simulation = simulate(RingNetwork(), SHORT, seed=0)
    monkeypatch.setattr("circuitlib.experiments.run.DURATION", 10.0)
    monkeypatch.setattr("circuitlib.experiments.run.simulate", None)
    glm(tmp_path, "data")
    [run] = load_runs("data", tmp_path)
    weights = SameBinGLM().fit(simulation.binned(10e-3).split(0.9)[0]).weights_
    assert run.delta == pytest.approx(inference_error(RingNetwork().weights, weights), rel=1e-6)
    assert run.weights_file is None
    with pytest.raises(ArchiveError, match="were not kept"):
        run.weights()
