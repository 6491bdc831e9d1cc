"""The command line works from an empty folder, loads only what it needs and refuses in one line."""

import json
import subprocess
import sys

import numpy as np
import pytest

from circuitlib.cli.main import main
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
