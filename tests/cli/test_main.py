"""The command line works from an empty folder, loads only what it needs and refuses in one line."""

import json
import signal
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

from circuitlib.cli import score
from circuitlib.cli.main import main
from circuitlib.files.load import load
from circuitlib.recordings.spikes import Spikes

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
COUNTS = np.random.default_rng(0).poisson(0.3, size=(3000, 4)).astype(np.uint8)
KEYS = {
    "delta",
    "delta_paper",
    "bias",
    "variance",
    "side_trough",
    "bits_per_spike",
    "oracle_bits_per_spike",
}


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


def test_a_driven_bump_is_simulated_and_scored(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("head.csv").write_text("time,angle\n0,0\n10,0.09\n25,-0.09\n")
    for name in ("sinusoid", "ornstein-uhlenbeck", "head.csv"):
        command = "simulate --profile single-bump --duration 20 --input-rounding floor"
        assert main([*command.split(), "--input", name, "-o", "s.npz"]) == 0
        assert load("s.npz").angle is not None
        Path("s.npz").unlink()


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
@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
def test_nobody_waits_for_what_is_not_used(command, unwanted, folder):
    assert main(["simulate", "--duration", "20", "-o", "s.npz"]) == 0
    assert main(["infer", "s.npz", "--method", "correlation", "-o", "w.npz"]) == 0
    done = subprocess.run(
        [sys.executable, "-c", LISTED.format(command)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert not unwanted & set(done.stderr.split())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["infer", "s.npz", "--method", "magic", "-o", "w.npz"], "choose one of gnn"),
        (["infer", "s.npz", "--method", "gnn", "-o", "no/w.npz"], "no such folder"),
        (["simulate", "--strength", "1", "-o", "x.npz"], "--threshold"),
        (["simulate", "--duration", "0", "-o", "x.npz"], "duration"),
        (["simulate", "--network", "random", "--width", "5", "-o", "x.npz"], "--width"),
        (["simulate", "--input", "square", "-o", "x.npz"], "--input must be"),
        (["simulate", "--network", "sparse", "--input", "sinusoid", "-o", "x.npz"], "ring"),
        (["simulate", "--duration", "1", "--seed", "-1", "-o", "x.npz"], "seed"),
        (["score", "s.npz", "--truth", "s.npz"], "not a weights file"),
    ],
)
def test_bad_requests_cost_one_line(arguments, message, folder, refused_in_one_line):
    Spikes(COUNTS, 1e-3).save("s.npz")
    assert main(arguments) == 2
    refused_in_one_line(message)
    assert [path.name for path in folder.iterdir()] == ["s.npz"]


def test_a_wrong_word_costs_one_line(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["simulate", "--spiking", "poisson", "-o", "x.npz"])
    assert stopped.value.code == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


@pytest.mark.filterwarnings("always")
def test_a_warning_is_a_note_of_one_line_and_comes_once(folder, capsys, monkeypatch):
    def run(**_):
        for text in ("two\nlines", "two\nlines", "another"):
            warnings.warn(text, stacklevel=1)
        return "done"

    monkeypatch.setattr(score, "run", run)
    before = warnings.showwarning
    assert main(["score", "w.npz", "--truth", "s.npz"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "circuitlib: note: two lines",
        "circuitlib: note: another",
    ]
    assert warnings.showwarning is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("loading", ["numpy", "scipy"])
def test_an_interrupt_while_modules_are_loading_costs_one_line(number, loading, folder):
    Spikes(COUNTS, 1e-3).save("s.npz")
    # The interpreter tells of each module that it has loaded, here of the first one of a library.
    command = [sys.executable, "-X", "importtime", "-m", "circuitlib", "infer", "s.npz"]
    process = subprocess.Popen(
        [*command, "--method", "glm-log", "-o", "w.npz"],
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has Ctrl-C ignored; a reader's has not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    for line in process.stderr:
        if f" {loading}." in line:
            break
    process.send_signal(number)
    error = process.communicate(timeout=100)[1]
    own = [line for line in error.splitlines() if not line.startswith("import time:")]
    assert own == ["circuitlib: interrupted; run the same command again"]
    # Within eval(), as of a named tuple, Python ends by the signal: a shell says 130 of that, too.
    assert process.returncode in (130, -signal.SIGINT)


def test_an_interrupt_that_shows_as_another_error_is_one(folder, capsys, monkeypatch):
    def run(**_):
        try:
            signal.raise_signal(signal.SIGINT)
        except KeyboardInterrupt as error:
            raise SystemError("a compiled function returned with an exception") from error

    monkeypatch.setattr(score, "run", run)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may ignore it
    try:
        assert main(["score", "w.npz", "--truth", "s.npz"]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    assert capsys.readouterr().err == "circuitlib: interrupted; run the same command again\n"
