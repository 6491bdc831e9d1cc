"""A score says what is not known, and needs the true weights."""

import json

import numpy as np

from circuitlib.cli.main import main
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(3000, 4)).astype(np.uint8)


def test_a_method_without_prediction_has_null_bits(folder, capsys):
    assert main(["simulate", "--duration", "20", "-o", "s.npz"]) == 0
    assert main(["infer", "s.npz", "--method", "correlation", "-o", "w.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "s.npz", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["bits_per_spike"] is None
    assert report["oracle_bits_per_spike"] is None


def test_a_recording_without_truth_cannot_score(folder, capsys, refused_in_one_line):
    Spikes(COUNTS, 1e-3).save("s.npz")
    assert main(["infer", "s.npz", "--method", "precision", "-o", "w.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "s.npz"]) == 2
    refused_in_one_line("no true weights")
