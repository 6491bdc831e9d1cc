"""No command writes onto what it reads, nor onto another kind of file, and no fit is lost."""

import os

import numpy as np
import pytest

from circuitlib.cli.main import main
from circuitlib.methods.weights_file import load_weights
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(3000, 4)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Spikes(COUNTS, 1e-3).save("s.npz")
    return tmp_path


def refused(capsys, message):
    error = capsys.readouterr().err.strip().splitlines()
    assert len(error) == 1
    assert message in error[0]


@pytest.mark.parametrize("spelling", ["s.npz", "./s.npz", "{}/s.npz", "link.npz", "hard.npz"])
def test_the_recording_is_never_replaced(spelling, folder, capsys):
    (folder / "link.npz").symlink_to(folder / "s.npz")
    os.link(folder / "s.npz", folder / "hard.npz")
    before = (folder / "s.npz").read_bytes()
    output = spelling.format(folder)
    assert main(["infer", "s.npz", "--method", "correlation", "-o", output]) == 2
    refused(capsys, "is read by this command")
    assert (folder / "s.npz").read_bytes() == before


def test_another_kind_of_file_is_never_replaced(folder, capsys):
    Spikes(COUNTS, 2e-3).save("other.npz")
    (folder / "notes.txt").write_text("mine")
    assert main(["infer", "s.npz", "--method", "correlation", "-o", "w.npz"]) == 0
    capsys.readouterr()
    for command in (
        ["infer", "s.npz", "--method", "correlation", "-o", "other.npz"],
        ["infer", "s.npz", "--method", "correlation", "-o", "notes.txt"],
        ["simulate", "--duration", "2", "-o", "s.npz"],
        ["simulate", "--duration", "2", "-o", "w.npz"],
        ["simulate", "--duration", "2", "-o", os.devnull],
    ):
        output = folder / command[-1]
        before = output.read_bytes()
        assert main(command) == 2
        refused(capsys, "another kind of file")
        assert output.read_bytes() == before


def test_a_file_of_the_same_kind_is_replaced(folder):
    for seed in ("0", "1"):
        assert main(["simulate", "--duration", "2", "--seed", seed, "-o", "x.npz"]) == 0
    for method in ("correlation", "precision"):
        assert main(["infer", "s.npz", "--method", method, "-o", "w.npz"]) == 0
    assert load_weights("w.npz").method == "precision"


def test_a_fit_is_kept_although_the_last_tenth_holds_no_spikes(folder, capsys):
    counts = COUNTS.copy()
    counts[2700:] = 0
    Spikes(counts, 1e-3).save("s.npz")
    assert main(["infer", "s.npz", "--method", "glm-log", "-o", "w.npz"]) == 0
    assert "no bits per spike: " in capsys.readouterr().out
    assert np.isnan(load_weights("w.npz").bits_per_spike)


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
def test_weights_of_another_recording_are_scored_only_when_asked_for(folder, capsys):
    for seed in ("0", "1"):
        assert main(["simulate", "--duration", "4", "--seed", seed, "-o", f"{seed}.npz"]) == 0
    assert main(["infer", "0.npz", "--method", "correlation", "--drop-silent", "-o", "w.npz"]) == 0
    assert main(["score", "w.npz", "--truth", "0.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "1.npz"]) == 2
    refused(capsys, "from another recording than 1.npz")
    assert main(["score", "w.npz", "--truth", "1.npz", "--other-recording"]) == 0


def test_a_ring_with_a_single_bump_has_a_score_and_no_side_trough(folder, capsys):
    command = ["simulate", "--neurons", "20", "--duration", "20", "-o", "one.npz"]
    assert main(command) == 0
    assert main(["infer", "one.npz", "--method", "correlation", "-o", "w.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "one.npz"]) == 0
    shown = dict(line.split() for line in capsys.readouterr().out.splitlines()[1:])
    assert shown["side_trough"] == "-"
    assert 0 < float(shown["delta"]) < 2


def test_the_unit_of_the_times_can_be_said(folder, capsys):
    times = np.sort(1e3 * np.random.default_rng(0).uniform(0, 60, size=(3, 600)))
    np.savez("ms.npz", spike_times=times.ravel(), spike_offsets=np.arange(4) * 600)
    command = ["infer", "ms.npz", "--method", "correlation", "-o", "w.npz"]
    assert main(command) == 2
    refused(capsys, "--time-unit ms")
    assert main([*command, "--time-unit", "ms", "--start", "1", "--stop", "50"]) == 0
    settings = load_weights("w.npz").settings
    assert (settings["time_unit"], settings["start"], settings["stop"]) == ("ms", 1.0, 50.0)


def test_a_device_that_is_not_there_is_named(folder, capsys):
    (folder / "runs").mkdir()
    command = ["reproduce", "table1", "--methods", "gnn-paper", "--seeds", "1", "--duration", "20"]
    assert main([*command, "--output", "runs", "--device", "cuda:99"]) == 2
    [line] = [x for x in capsys.readouterr().err.splitlines() if x.startswith("circuitlib: ")]
    assert "`device` 'cuda:99' cannot be used" in line


def test_a_recording_that_cannot_fit_is_refused_before_it_starts(folder, capsys):
    assert main(["simulate", "--duration", "1e12", "-o", "x.npz"]) == 2
    refused(capsys, "GB, but the machine has")
    assert not (folder / "x.npz").exists()
