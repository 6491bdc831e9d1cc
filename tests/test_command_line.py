"""The command line works from an empty folder, and bad input costs one line and nothing else."""

import json
import os
import pickle
import re
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest

from circuitlib import _npz
from circuitlib.__main__ import main
from circuitlib._npz import ArchiveError
from circuitlib.methods.catalogue import METHODS
from circuitlib.methods.weights_file import load_weights
from circuitlib.recordings.spikes import Spikes

RNG = np.random.default_rng(0)
#: Runs a command and prints the modules that it loaded.
LISTED = """
import sys
from circuitlib.cli.main import main
try:
    status = main({!r})
except SystemExit as end:
    status = end.code
print(*sys.modules, file=sys.stderr)
sys.exit(status)
"""
COUNTS = RNG.poisson(0.3, size=(3000, 4)).astype(np.uint8)
KEYS = {
    "delta",
    "delta_paper",
    "bias",
    "variance",
    "side_trough",
    "bits_per_spike",
    "oracle_bits_per_spike",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_an_empty_folder_to_a_score(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "circuitlib", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)

    run("simulate", "--neurons", "50", "--duration", "30", "--seed", "3", "-o", "spikes.npz")
    run("infer", "spikes.npz", "--method", "glm-same-bin", "-o", "weights.npz")
    report = json.loads(run("score", "weights.npz", "--truth", "spikes.npz", "--json").stdout)
    assert report.keys() == KEYS
    assert 0 < report["delta"] < 2
    assert report["oracle_bits_per_spike"] > 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["spikes.npz", "weights.npz"]


def test_a_method_without_prediction_has_null_bits(folder, capsys):
    assert main(["simulate", "--duration", "20", "-o", "s.npz"]) == 0
    assert main(["infer", "s.npz", "--method", "correlation", "-o", "w.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "s.npz", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bits_per_spike"] is None
    assert report["oracle_bits_per_spike"] is None


def save(**arrays):
    return lambda path: np.savez(path, **arrays)


TIMES = {"spike_times": np.array([0.1, 0.2, 0.3]), "duration": 1.0}
SILENT = COUNTS * np.array([1, 0, 1, 1], dtype=np.uint8)
OBJECTS = np.array([{"a": 1}], dtype=object)
BAD = {
    "missing": (lambda path: None, "no such file"),
    "foreign": (lambda path: path.write_bytes(b"spikes"), r"not an \.npz"),
    "pickle": (lambda path: path.write_bytes(pickle.dumps(COUNTS)), r"not an \.npz"),
    "pickled array": (save(counts=OBJECTS, dt=1e-3), "pickled objects"),
    "shape": (save(counts=COUNTS[:, 0], dt=1e-3), "must have shape"),
    "nan": (save(counts=np.full((9, 2), np.nan), dt=1e-3), "NaN"),
    "negative": (save(counts=-np.ones((9, 2)), dt=1e-3), "negative"),
    "offsets": (save(**TIMES, spike_offsets=np.array([0, 2, 1, 3])), "must rise"),
    "dt of zero": (save(counts=COUNTS, dt=0.0), "must be positive"),
    "empty": (save(counts=COUNTS[:0], dt=1e-3), "empty"),
    "one neuron": (save(counts=COUNTS[:, :1], dt=1e-3), "one neuron"),
    "silent": (save(counts=SILENT, dt=1e-3), "--drop-silent"),
    "wide bins": (save(counts=COUNTS, dt=0.5), "whole multiple|too wide"),
}


@pytest.mark.parametrize("method", ["precision", "glm-log", "gnn"])
@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD.keys())
def test_bad_recordings_cost_one_line(make, message, method, folder, capsys):
    make(folder / "s.npz")
    before = set(folder.iterdir())
    assert main(["infer", "s.npz", "--method", method, "-o", "w.npz"]) == 2
    refused_in_one_line(capsys, message)
    assert set(folder.iterdir()) == before


def refused_in_one_line(capsys, message):
    error = capsys.readouterr().err.strip()
    lines = [line for line in error.splitlines() if line.startswith("circuitlib")]
    assert len(lines) == 1
    assert "Traceback" not in error
    assert re.search(message, lines[0])


def test_a_truncated_recording_is_refused(folder, capsys):
    Spikes(COUNTS, 1e-3).save("s.npz")
    whole = (folder / "s.npz").read_bytes()
    (folder / "s.npz").write_bytes(whole[: len(whole) // 2])
    assert main(["infer", "s.npz", "--method", "precision", "-o", "w.npz"]) == 2
    refused_in_one_line(capsys, "truncated")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["infer", "s.npz", "--method", "magic", "-o", "w.npz"], "choose one of gnn"),
        (["infer", "s.npz", "--method", "gnn", "-o", "no/w.npz"], "no such folder"),
        (["simulate", "--strength", "1", "-o", "x.npz"], "--threshold"),
        (["simulate", "--duration", "0", "-o", "x.npz"], "duration"),
        (["simulate", "--duration", "1", "--seed", "-1", "-o", "x.npz"], "seed"),
        (["score", "s.npz", "--truth", "s.npz"], "not a weights file"),
    ],
)
def test_bad_requests_cost_one_line(arguments, message, folder, capsys):
    Spikes(COUNTS, 1e-3).save("s.npz")
    assert main(arguments) == 2
    refused_in_one_line(capsys, message)
    assert [path.name for path in folder.iterdir()] == ["s.npz"]


@pytest.mark.parametrize(
    ("command", "unwanted"),
    [
        (["--help"], {"torch", "numba", "matplotlib", "scipy", "sklearn"}),
        (
            ["infer", "s.npz", "--method", "correlation", "-o", "w.npz"],
            {"torch", "numba", "matplotlib"},
        ),
        (["score", "w.npz", "--truth", "s.npz"], {"torch", "numba", "matplotlib"}),
    ],
    ids=["help", "infer", "score"],
)
def test_nobody_waits_for_what_is_not_used(command, unwanted, folder):
    assert main(["simulate", "--duration", "20", "-o", "s.npz"]) == 0
    assert main(["infer", "s.npz", "--method", "correlation", "-o", "w.npz"]) == 0
    done = subprocess.run(
        [sys.executable, "-c", LISTED.format(command)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not unwanted & set(done.stderr.split())


def test_a_wrong_word_costs_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", "--spiking", "poisson", "-o", "x.npz"])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_a_recording_without_truth_cannot_score(folder, capsys):
    Spikes(COUNTS, 1e-3).save("s.npz")
    assert main(["infer", "s.npz", "--method", "precision", "-o", "w.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "s.npz"]) == 2
    refused_in_one_line(capsys, "no true weights")


def test_silent_neurons_can_be_left_out(folder):
    save(counts=SILENT, dt=1e-3)(folder / "s.npz")
    command = ["infer", "s.npz", "--method", "precision", "--drop-silent", "-o", "w.npz"]
    assert main(command) == 0
    weights = load_weights("w.npz").weights
    assert np.isnan(weights[1]).all()
    assert np.isnan(weights[:, 1]).all()
    assert np.isfinite(np.delete(np.delete(weights, 1, 0), 1, 1)).all()


def test_a_full_disk_leaves_the_old_weights(folder, capsys, monkeypatch):
    Spikes(COUNTS, 1e-3).save("s.npz")
    command = ["infer", "s.npz", "--method", "precision", "-o", "w.npz"]
    assert main(command) == 0
    old = (folder / "w.npz").read_bytes()
    capsys.readouterr()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(_npz.np, "savez_compressed", full)
    assert main(command) == 2
    refused_in_one_line(capsys, "No space left")
    assert (folder / "w.npz").read_bytes() == old
    assert len(list(folder.iterdir())) == 2


def test_tampered_weights_are_refused(folder):
    Spikes(COUNTS, 1e-3).save("s.npz")
    main(["infer", "s.npz", "--method", "precision", "-o", "w.npz"])
    arrays = dict(np.load("w.npz"))
    for changes, message in (
        ({"settings": np.array("{")}, "damaged"),
        ({"weights": arrays["weights"][:2]}, "must have shape"),
        ({"train_fraction": np.array(2.0)}, "between 0 and 1"),
    ):
        np.savez("x.npz", **(arrays | changes))
        with pytest.raises(ArchiveError, match=message):
            load_weights("x.npz")


def test_ctrl_c_keeps_the_state_and_a_second_call_goes_on(folder):
    rng = np.random.default_rng(1)
    Spikes(rng.poisson(0.1, size=(5000, 5)).astype(np.uint8), 1e-3).save("s.npz")
    command = [sys.executable, "-m", "circuitlib", "infer", "s.npz", "--method", "gnn"]
    command += ["-o", "w.npz"]
    state = folder / ".w.npz.resume"
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        # A shell that runs the tests in the background has Ctrl-C ignored; a reader's has not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    while not state.exists() and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert "Traceback" not in error
    assert "run the same command again" in error
    assert sorted(path.name for path in folder.iterdir()) == [".w.npz.resume", "s.npz"]


# These neurons are independent: there is nothing to predict, and the fit says so.
@pytest.mark.filterwarnings("ignore:on the part of the recording:UserWarning")
def test_a_resumed_inference_equals_an_uninterrupted_one(folder, monkeypatch):
    rng = np.random.default_rng(1)
    Spikes(rng.poisson(0.1, size=(5000, 5)).astype(np.uint8), 1e-3).save("s.npz")
    tiny = {
        "bin_width": 1e-3,
        "n_free": 20,
        "n_steps": 20,
        "n_fit": 20,
        "batch": 16,
        "validate_every": 10,
    }
    monkeypatch.setitem(METHODS, "gnn", replace(METHODS["gnn"], settings=tiny, has_presets=False))
    command = ["infer", "s.npz", "--method", "gnn", "-o"]
    assert main([*command, "straight.npz"]) == 0
    write = _npz.write_archive
    calls = []

    def interrupted(path, arrays):
        write(path, arrays)
        calls.append(path)
        if len(calls) == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr("circuitlib.methods.gnn.checkpoint.write_archive", interrupted)
    assert main([*command, "resumed.npz"]) == 130
    assert not (folder / "resumed.npz").exists()
    assert main([*command, "resumed.npz"]) == 0
    straight, resumed = load_weights("straight.npz"), load_weights("resumed.npz")
    np.testing.assert_array_equal(resumed.weights, straight.weights)
    assert not (folder / ".resumed.npz.resume").exists()
