"""Runs are declared once, stored once, resumable, and checked when they are read."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from circuitlib import _npz, benchmarks
from circuitlib.__main__ import main
from circuitlib._npz import ArchiveError
from circuitlib.experiments.catalogue import DURATION, EXPERIMENTS
from circuitlib.experiments.plan import plan
from circuitlib.experiments.run import reproduce
from circuitlib.experiments.store import (
    QUANTITIES,
    StoredRun,
    load_runs,
    results_folder,
    summarize,
)
from circuitlib.methods.catalogue import METHODS
from circuitlib.methods.estimator import settings_of
from circuitlib.methods.glm.same_bin import SameBinGLM
from circuitlib.metrics import inference_error, mean_profile
from circuitlib.simulation.networks import SWEEP, RandomNetwork, RingNetwork
from circuitlib.simulation.simulator import simulate

ROOT = Path(__file__).resolve().parents[1]
TINY = {
    "bin_width": 1e-3,
    "n_free": 20,
    "n_steps": 20,
    "n_fit": 20,
    "batch": 16,
    "validate_every": 10,
}
SHORT = 20.0


@pytest.fixture
def tiny(monkeypatch):
    monkeypatch.setitem(METHODS, "gnn", replace(METHODS["gnn"], settings=TINY, has_presets=False))


def glm(folder, experiment="table1", **changes):
    settings = {"seeds": 1, "methods": ("glm-same-bin",), "duration": SHORT}
    return reproduce(experiment, folder, **(settings | changes))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_every_run_has_its_own_file_and_only_table1_keeps_the_common_ones(experiment):
    runs = plan(experiment)
    names = [(run.experiment, run.name) for run in runs]
    assert len(set(names)) == len(names)
    for run in runs:
        common = run.network == RingNetwork() and run.duration == DURATION and not run.variant
        assert (run.experiment == "table1") == common


def test_table1_holds_every_method_on_both_networks_for_three_seeds():
    found = {(run.method, run.spiking, run.data_seed) for run in plan("table1")}
    spiking = ("threshold", "lnp")
    assert found == {
        (name, each, seed) for name in METHODS for each in spiking for seed in (0, 1, 2)
    }


def test_the_sweep_holds_every_strength_and_the_data_reach_1e8_spikes():
    assert {run.network.strength for run in plan("sweep")} == {row.strength for row in SWEEP}
    longest = max(plan("data"), key=lambda run: run.duration)
    assert longest.method == "glm-same-bin"
    assert longest.duration * 62 * 100 == pytest.approx(1e8, rel=0.02)


def test_transfer_uses_the_settings_of_table1_on_other_networks():
    frozen = {run.preset for run in plan("table1") if run.method == "gnn"}
    runs = plan("transfer", methods=("gnn",))
    assert {run.preset for run in runs} == frozen
    networks = {run.network for run in runs}
    assert {network.n_neurons for network in networks} == {64, 100, 200}
    assert {RandomNetwork(), RingNetwork(strength=0.0175)} <= networks


@pytest.mark.parametrize("method", ["gnn", "gnn-paper", "netformer", "mpf"])
def test_settings_are_compared_on_a_ring_that_no_table_reports(method):
    runs = [run for run in plan("settings") if run.method == method]
    assert {run.network.strength for run in runs} == {0.02}
    frozen = next(run for run in plan("table1", methods=(method,)))
    by_name = {run.variant: settings_of(run.estimator()) for run in runs}
    assert by_name.pop("as-is") == settings_of(frozen.estimator())
    for name, settings in by_name.items():
        assert settings != settings_of(frozen.estimator()), name


def test_settings_are_compared_for_some_methods_only():
    assert {run.method for run in plan("settings")} == {"gnn", "gnn-paper", "netformer", "mpf"}
    with pytest.raises(ValueError, match="about gnn, gnn-paper, netformer, mpf only"):
        plan("settings", methods=("glm",))


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


def test_changed_weights_are_refused_by_name(tmp_path):
    glm(tmp_path)
    file = next((tmp_path / "table1").glob("*lnp*.npz"))
    file.write_bytes(file.read_bytes() + b"x")
    with pytest.raises(ArchiveError, match=re.escape(str(file)) + ".*was changed"):
        glm(tmp_path)
    file.unlink()
    with pytest.raises(ArchiveError, match=re.escape(str(file)) + ".*no such file"):
        glm(tmp_path)


@pytest.mark.parametrize(
    "damage", [lambda text: text[:200], lambda text: text.replace('"score"', '"scores"')]
)
def test_a_damaged_record_is_refused_by_name(tmp_path, damage, capsys):
    glm(tmp_path)
    file = next((tmp_path / "table1").glob("*lnp*.json"))
    file.write_text(damage(file.read_text()))
    command = ["reproduce", "table1", "--methods", "glm-same-bin", "--duration", "20"]
    assert main([*command, "--seeds", "1", "--output", str(tmp_path)]) == 2
    error = [line for line in capsys.readouterr().err.splitlines() if line.startswith("circuitlib")]
    assert len(error) == 1
    assert f"{file}: damaged" in error[0]


def test_runs_are_the_same_bit_by_bit_for_one_seed(tmp_path, tiny):
    for name in ("first", "second"):
        glm(tmp_path / name, methods=("gnn",), preset="quick")
    first, second = (load_runs("table1", tmp_path / name) for name in ("first", "second"))
    assert len(first) == 2
    for one, other in zip(first, second, strict=True):
        assert one.weights_sha256 == other.weights_sha256
        assert one.score == other.score


def test_an_interrupted_run_goes_on(tmp_path, tiny, monkeypatch):
    glm(tmp_path / "straight", methods=("gnn",))
    calls = []

    def interrupted(path, arrays):
        _npz.write_archive(path, arrays)
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("circuitlib.methods.gnn.checkpoint.write_archive", interrupted)
    with pytest.raises(KeyboardInterrupt):
        glm(tmp_path / "resumed", methods=("gnn",))
    assert [path.suffix for path in (tmp_path / "resumed" / "table1").iterdir()] == [".resume"]
    glm(tmp_path / "resumed", methods=("gnn",))
    straight, resumed = (load_runs("table1", tmp_path / n) for n in ("straight", "resumed"))
    assert [run.weights_sha256 for run in straight] == [run.weights_sha256 for run in resumed]
    assert [run.resumed for run in resumed] == [False, True]
    assert not list(tmp_path.rglob("*.resume"))


def test_without_a_ring_a_run_has_an_error_but_no_profile(tmp_path):
    glm(tmp_path, "transfer", duration=2.0, methods=("correlation",))
    runs = {run.condition: run for run in load_runs("transfer", tmp_path)}
    assert len(runs) == 10
    random = runs["threshold-random"]
    assert random.network == RandomNetwork()
    assert random.profile is None
    assert random.score["bias"] is None
    assert 0 < random.delta < 1
    assert runs["lnp-n64"].profile.shape == (64,)


def test_experiments_share_the_runs_of_table1(tmp_path):
    glm(tmp_path)
    glm(tmp_path, "sweep", duration=2.0, methods=("precision",))
    assert len(load_runs("fig2", tmp_path)) == len(load_runs("prediction", tmp_path)) == 2
    assert [run.condition for run in load_runs("data", tmp_path)] == ["threshold-20s"]
    conditions = {run.condition for run in load_runs("sweep", tmp_path)}
    assert len(conditions) == 22
    assert {"threshold-r0.0005", "lnp-r0.025"} <= conditions
    assert not list((tmp_path / "sweep").glob("*.npz"))


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


def stored(seed, delta, bits=None):
    """Return a run as if it had been read."""
    network = {"kind": "ring"}
    settings = {"method": "glm", "preset": "", "spiking": "lnp", "network": network}
    values = dict.fromkeys(QUANTITIES) | {"delta": delta, "bits_per_spike": bits}
    origin = {"versions": {}, "commit": None, "hardware": {}, "seconds": 1.0, "resumed": False}
    return StoredRun(Path("x"), "table1", settings, values, None, None, None, **origin)


def test_a_summary_has_mean_and_deviation_over_seeds():
    [row] = summarize([stored(0, 0.1, 1.0), stored(1, 0.3), stored(2, 0.5)])
    assert (row.experiment, row.condition, row.method, row.n_runs) == ("table1", "lnp", "glm", 3)
    assert row.mean["delta"] == pytest.approx(0.3)
    assert row.deviation["delta"] == pytest.approx(0.2)
    assert "bits_per_spike" not in row.mean, "not known of every run"
    [alone] = summarize([stored(0, 0.1)])
    assert np.isnan(alone.deviation["delta"])


def test_the_table_names_the_strongest_simple_baseline(tmp_path, tiny):
    shown = glm(tmp_path, methods=("gnn", "precision", "glm-same-bin"))
    deltas = {
        run.method: run.delta for run in load_runs("table1", tmp_path) if run.condition == "lnp"
    }
    best = min((name for name in deltas if name != "gnn"), key=deltas.get)
    assert f"lnp: strongest simple baseline {best}; Delta of gnn is" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["table1", "--methods", "magic"], "no method 'magic'"),
        (["table1", "--seeds", "0"], "at least 1"),
        (["table1", "--output", "no/folder"], "no such folder"),
    ],
)
def test_bad_requests_cost_one_line(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["reproduce", "--output", "runs", *arguments]) == 2
    [error] = capsys.readouterr().err.strip().splitlines()
    assert message in error
    assert not list(tmp_path.iterdir())


def test_the_command_line_knows_the_experiments(capsys):
    with pytest.raises(SystemExit):
        main(["reproduce", "--help"])
    shown = capsys.readouterr().out
    assert all(name in shown for name in EXPERIMENTS)


@pytest.mark.parametrize(
    "comparison",
    [
        lambda: benchmarks.simulation_ratio(200),
        lambda: benchmarks.regression_ratio(20.0),
        lambda: benchmarks.convolution_ratio(4, 2),
    ],
    ids=["simulation", "regression", "convolution"],
)
def test_the_benchmarks_compare_equal_results(comparison):
    assert comparison().difference < 1e-3


def test_every_package_and_the_stored_runs_are_installed():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    folders = [path.parent for path in (ROOT / "circuitlib").rglob("__init__.py")]
    names = {".".join(folder.relative_to(ROOT).parts) for folder in folders}
    assert set(table["packages"]) == names | {"circuitlib.stored"}
    assert ROOT / table["package-dir"]["circuitlib.stored"] == ROOT / "book" / "results" / "runs"


def test_stored_runs_are_found_in_the_checkout_or_where_named(monkeypatch, tmp_path):
    monkeypatch.delenv("CIRCUITLIB_RESULTS", raising=False)
    assert results_folder() == ROOT / "book" / "results" / "runs"
    monkeypatch.setenv("CIRCUITLIB_RESULTS", str(tmp_path))
    assert results_folder() == tmp_path
