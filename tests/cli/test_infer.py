"""Bad recordings cost one line and nothing else, and an interrupted inference goes on."""

import base64
import os
import pickle
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from circuitlib._npz import write_archive
from circuitlib.cli.main import main
from circuitlib.methods.weights_file import load_weights
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(3000, 4)).astype(np.uint8)


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
def test_bad_recordings_cost_one_line(make, message, method, folder, refused_in_one_line):
    make(folder / "s.npz")
    before = set(folder.iterdir())
    assert main(["infer", "s.npz", "--method", method, "-o", "w.npz"]) == 2
    refused_in_one_line(message)
    assert set(folder.iterdir()) == before


def test_a_truncated_recording_is_refused(folder, refused_in_one_line):
    Spikes(COUNTS, 1e-3).save("s.npz")
    whole = (folder / "s.npz").read_bytes()
    (folder / "s.npz").write_bytes(whole[: len(whole) // 2])
    assert main(["infer", "s.npz", "--method", "precision", "-o", "w.npz"]) == 2
    refused_in_one_line("truncated")


def test_silent_neurons_can_be_left_out(folder):
    save(counts=SILENT, dt=1e-3)(folder / "s.npz")
    command = ["infer", "s.npz", "--method", "precision", "--drop-silent", "-o", "w.npz"]
    assert main(command) == 0
    weights = load_weights("w.npz").weights
    assert np.isnan(weights[1]).all()
    assert np.isnan(weights[:, 1]).all()
    assert np.isfinite(np.delete(np.delete(weights, 1, 0), 1, 1)).all()


def test_a_full_disk_leaves_the_old_weights(folder, capsys, refused_in_one_line, monkeypatch):
    Spikes(COUNTS, 1e-3).save("s.npz")
    command = ["infer", "s.npz", "--method", "precision", "-o", "w.npz"]
    assert main(command) == 0
    old = (folder / "w.npz").read_bytes()
    capsys.readouterr()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    assert main(command) == 2
    refused_in_one_line("No space left")
    assert (folder / "w.npz").read_bytes() == old
    assert len(list(folder.iterdir())) == 2


@pytest.mark.slow
def test_ctrl_c_keeps_the_state_and_a_second_call_goes_on(folder):
    rng = np.random.default_rng(1)
    Spikes(rng.poisson(0.1, size=(5000, 5)).astype(np.uint8), 1e-3).save("s.npz")
    command = [sys.executable, "-m", "circuitlib", "infer", "s.npz", "--method", "gnn-paper"]
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
def test_a_resumed_inference_equals_an_uninterrupted_one(folder, tiny_gnn, monkeypatch):
    rng = np.random.default_rng(1)
    Spikes(rng.poisson(0.1, size=(5000, 5)).astype(np.uint8), 1e-3).save("s.npz")
    command = ["infer", "s.npz", "--method", "gnn-paper", "-o"]
    assert main([*command, "straight.npz"]) == 0
    calls = []

    def interrupted(path, arrays):
        write_archive(path, arrays)
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


CHANCE = np.random.default_rng(2).poisson(0.3, size=(6000, 4)).astype(np.uint8)


def test_a_report_needs_neither_a_method_nor_a_weights_file(folder, capsys):
    Spikes(CHANCE, 1e-3).save("s.npz")
    assert main(["infer", "s.npz", "--report", "out.html"]) == 0
    [line] = capsys.readouterr().out.splitlines()
    assert line.startswith("out.html: ")
    assert "claimed" in line
    text = (folder / "out.html").read_text(encoding="utf-8")
    assert "single-index" in text
    assert sorted(path.name for path in folder.iterdir()) == ["out.html", "s.npz"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*lasts from its first spike:UserWarning")
def test_a_report_of_a_table_has_the_weights_of_the_weights_file(folder, capsys):
    rows = ["unit,time"]
    for unit, train in enumerate(CHANCE.T):
        at = np.repeat(np.arange(len(train)), train) + 0.5
        rows += [f"<{unit}>,{1e-3 * time:.4f}" for time in at]
    (folder / "s.csv").write_text("\n".join(rows))
    command = ["infer", "s.csv", "--start", "0", "--stop", "6", "--set", "directed=false"]
    assert main([*command, "--report", "out.html", "-o", "w.npz"]) == 0
    assert [line.split(":")[0] for line in capsys.readouterr().out.splitlines()] == [
        "w.npz",
        "out.html",
    ]
    stored = load_weights("w.npz")
    assert stored.method == "single-index"
    assert stored.settings["directed"] is False
    text = (folder / "out.html").read_text(encoding="utf-8")
    assert "read with stop" in text
    assert "<0>" not in text
    [archive] = re.findall(r'href="data:[^,]*,([^"]*)" download="weights.npz"', text)
    (folder / "x.npz").write_bytes(base64.b64decode(archive))
    np.testing.assert_array_equal(load_weights("x.npz").weights, stored.weights)


def test_a_report_of_a_table_is_told_of_the_angle_in_another(folder):
    unit, time = CHANCE.T.nonzero()
    time = 1e-3 * (time + np.random.default_rng(3).uniform(size=len(time)))
    rows = [f"{one},{at:.6f}" for one, at in zip(unit, time, strict=True)]
    (folder / "s.csv").write_text("\n".join(["unit,time", *rows]))
    turns = [f"{at / 40:g},{at / 10 % 6.28:g}" for at in range(20, 220)]
    (folder / "head.csv").write_text("\n".join(["time,angle", *turns]))
    command = ["infer", "s.csv", "--head-angle", "head.csv", "--report", "out.html", "-o", "w.npz"]
    assert main(command) == 0
    stored = load_weights("w.npz").settings
    assert stored["angle"] == "tuning"
    assert stored["head_angle"] == "head.csv"
    text = (folder / "out.html").read_text(encoding="utf-8")
    assert re.search(r"read with head_angle\W.*head\.csv", text)
    assert "uncoupled" in text


def test_without_a_report_method_and_output_are_asked_for(folder, refused_in_one_line):
    Spikes(COUNTS, 1e-3).save("s.npz")
    for command in (["infer", "s.npz", "-o", "w.npz"], ["infer", "s.npz", "--method", "gnn"]):
        assert main(command) == 2
        refused_in_one_line("--report for a page")


@pytest.mark.parametrize(("make", "message"), BAD.values(), ids=BAD.keys())
def test_a_report_on_a_bad_recording_costs_one_line(make, message, folder, refused_in_one_line):
    make(folder / "s.npz")
    before = set(folder.iterdir())
    assert main(["infer", "s.npz", "--report", "out.html"]) == 2
    refused_in_one_line(message)
    assert set(folder.iterdir()) == before


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("no/out.html", "no such folder"),
        ("s.npz", "is read by this command; choose another --report"),
        ("mine.html", "another kind of file"),
    ],
)
def test_a_page_that_cannot_be_written_is_refused_before_the_fit(
    page, message, folder, refused_in_one_line, monkeypatch
):
    Spikes(COUNTS, 1e-3).save("s.npz")
    (folder / "mine.html").write_text("<html>mine</html>")
    monkeypatch.setattr("circuitlib.methods.inference.inferred", None)  # any fit would fail
    assert main(["infer", "s.npz", "--report", page]) == 2
    refused_in_one_line(message)
    assert (folder / "mine.html").read_text() == "<html>mine</html>"


def test_an_interrupted_report_leaves_the_weights_and_no_page(folder):
    rng = np.random.default_rng(1)
    Spikes(rng.poisson(0.1, size=(60_000, 6)).astype(np.uint8), 1e-3).save("s.npz")
    command = [sys.executable, "-m", "circuitlib", "infer", "s.npz", "--report", "out.html"]
    process = subprocess.Popen(
        [*command, "-o", "w.npz"],
        stderr=subprocess.PIPE,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        # A shell that runs the tests in the background has Ctrl-C ignored; a reader's has not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    told = b""
    while b"control: " not in told and process.poll() is None:
        told += process.stderr.read(1)
    process.send_signal(signal.SIGINT)
    told += process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert b"Traceback" not in told
    assert b"interrupted" in told
    assert sorted(path.name for path in folder.iterdir()) == ["s.npz", "w.npz"]
