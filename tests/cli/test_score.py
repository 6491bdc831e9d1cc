"""A score says what is not known, and needs the true weights."""

import json

import numpy as np
import pytest

from circuitlib._provenance import content_hash
from circuitlib.cli.main import main
from circuitlib.files.load import load
from circuitlib.methods.weights_file import InferredWeights, load_weights
from circuitlib.metrics import inference_error
from circuitlib.recordings.spikes import Spikes

COUNTS = np.random.default_rng(0).poisson(0.3, size=(3000, 4)).astype(np.uint8)


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
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


@pytest.fixture
def simulated(folder):
    """Return the true weights of a short recording, `s.npz`, and its hash."""
    assert main(["simulate", "--duration", "1", "-o", "s.npz"]) == 0
    return load("s.npz").network.weights, content_hash(folder / "s.npz")


def test_weights_of_some_units_are_scored_against_those_of_the_same_names(simulated, capsys):
    truth, source = simulated
    chosen = [50, 3, 7, 12]
    weights = np.random.default_rng(0).normal(size=(4, 4))
    settings = {"recording_sha256": source}
    names = map(str, chosen)
    InferredWeights.of(weights, "tca", settings, 1e-2, 0.9, None, units=names).save("w.npz")
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "s.npz", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    expected = inference_error(truth[np.ix_(chosen, chosen)], weights)
    assert report["delta"] == pytest.approx(expected, rel=1e-12)
    assert report["side_trough"] is None


@pytest.mark.parametrize(
    ("units", "has_source", "message"),
    [
        (("0", "1", "x"), True, "no unit 'x' in s.npz"),
        (("0", "1", "2"), False, "3 neurons, but s.npz has 100"),
    ],
)
def test_weights_of_other_units_are_not_scored(
    units, has_source, message, simulated, refused_in_one_line, capsys
):
    settings = {"recording_sha256": simulated[1]} if has_source else {}
    InferredWeights.of(np.ones((3, 3)), "tca", settings, 1e-2, 0.9, None, units=units).save("w.npz")
    capsys.readouterr()
    assert main(["score", "w.npz", "--truth", "s.npz"]) == 2
    refused_in_one_line(message)


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")  # a short recording
def test_observed_pairs_are_scored_beside_hidden_neurons(folder, capsys):
    command = ["simulate", "--neurons", "40", "--duration", "20", "--observe", "30"]
    assert main([*command, "-o", "part.npz"]) == 0
    assert "30 neurons (10 more are hidden)" in capsys.readouterr().out
    assert main(["infer", "part.npz", "--method", "glm-same-bin", "-o", "weights.npz"]) == 0
    capsys.readouterr()
    assert main(["score", "weights.npz", "--truth", "part.npz", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["oracle_bits_per_spike"] is None
    part, weights = load("part.npz"), load_weights("weights.npz")
    truth = part.network.weights[np.ix_(part.observed, part.observed)]
    assert report["delta"] == pytest.approx(inference_error(truth, weights.weights))
    assert main(["simulate", "--neurons", "40", "--observe", "50", "-o", "other.npz"]) == 2
