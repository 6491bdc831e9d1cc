"""The paper's model trains in its stages, the same each time, and survives an interruption."""

import numpy as np
import pytest
import torch

from circuitlib._npz import ArchiveError
from circuitlib.methods.estimator import held_out_bits
from circuitlib.methods.gnn.paper_gnn import ConvolutionalGNN
from circuitlib.methods.gnn.stage import Stage
from circuitlib.methods.gnn.training import Training
from circuitlib.recordings.spikes import Spikes
from circuitlib.simulation.networks import RingNetwork
from circuitlib.simulation.simulator import simulate

COUNTS = np.random.default_rng(0).poisson(0.2, size=(500, 6)).astype(np.uint8)
RECORDING = simulate(RingNetwork(), duration=20.0, spiking="lnp", seed=0).select(
    np.arange(0, 100, 5)
)
TINY = {
    "bin_width": 1e-3,
    "kernels": 4,
    "n_free": 20,
    "n_fit": 20,
    "n_steps": 20,
    "batch": 16,
    "validate_every": 10,
}
FEW_STEPS = pytest.mark.filterwarnings("ignore:.*worse than the mean rates")


def test_both_modules_share_the_kernels():
    model = ConvolutionalGNN(**TINY).fit(RECORDING).model_
    assert model.encode is model.structure.encoder
    model.zero_grad()
    model.structure().sum().backward()
    assert model.encode.weight.grad.abs().sum() > 0


@FEW_STEPS
def test_same_seed_same_weights_and_another_seed_others():
    first, again, other = (ConvolutionalGNN(seed=s, **TINY).fit(RECORDING) for s in (1, 1, 2))
    np.testing.assert_array_equal(first.weights_, again.weights_)
    assert not np.array_equal(first.weights_, other.weights_)


def test_a_model_that_learned_nothing_says_so():
    wild = ConvolutionalGNN(**TINY | {"n_fit": 0, "learning_rate": 1.0, "final_learning_rate": 1.0})
    with pytest.warns(UserWarning, match="worse than the mean rates"):
        wild.fit(RECORDING)


@FEW_STEPS
def test_without_free_weights_there_is_one_stage():
    model = ConvolutionalGNN(**TINY | {"n_free": 0, "n_fit": 0}).fit(RECORDING)
    assert model.history_["step"].tolist() == [10, 20]
    assert ConvolutionalGNN(**TINY).fit(RECORDING).history_["step"].tolist() == [10, 20, 30, 40]


def test_training_begins_and_ends_with_weights_that_were_fitted(monkeypatch):
    fitted, begun = [], []
    fit, descend = Training.fit, Training.descend

    def noted(self, *arguments):
        found = fit(self, *arguments)
        fitted.append(found.structure().detach())
        return found

    def begin(self, model, *arguments):
        begun.append(model.structure().detach())
        return descend(self, model, *arguments)

    monkeypatch.setattr(Training, "fit", noted)
    monkeypatch.setattr(Training, "descend", begin)
    model = ConvolutionalGNN(**TINY).fit(RECORDING).model_
    first, last = fitted
    torch.testing.assert_close(begun[1], first, rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(model.structure().detach(), last, rtol=1e-3, atol=1e-5)


def test_training_finds_what_predicts_the_spikes():
    model = ConvolutionalGNN(**TINY | {"n_steps": 300, "learning_rate": 3e-3}).fit(RECORDING)
    assert model.history_["validation"][-1] < model.history_["validation"][0] - 0.2
    assert held_out_bits(model, RECORDING) > 0.1  # zero for the mean rates


@pytest.mark.parametrize("n_before", [1, 2, 3])  # within the stages, and between them
def test_an_interrupted_fit_goes_on_to_the_same_result(tmp_path, monkeypatch, n_before):
    path = tmp_path / "state.npz"
    advance, calls = Stage.advance, []

    def interrupted(self, *arguments):
        if len(calls) == n_before:
            raise KeyboardInterrupt
        calls.append(1)
        advance(self, *arguments)

    monkeypatch.setattr(Stage, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ConvolutionalGNN(**TINY).fit(RECORDING, checkpoint=path)
    monkeypatch.setattr(Stage, "advance", advance)
    with pytest.raises(ArchiveError, match="belongs to other settings"):
        ConvolutionalGNN(**TINY | {"batch": 17}).fit(RECORDING, checkpoint=path)
    resumed = ConvolutionalGNN(**TINY).fit(RECORDING, checkpoint=path)
    assert not path.exists()
    np.testing.assert_array_equal(
        resumed.weights_, ConvolutionalGNN(**TINY).fit(RECORDING).weights_
    )


@pytest.mark.parametrize(
    ("recording", "message"),
    [
        (Spikes(COUNTS, 20e-3), "too wide"),
        (Spikes(COUNTS, 1e-3, np.arange(0, 500, 10)), "uninterrupted"),
    ],
)
def test_an_unsuitable_recording_is_refused(recording, message):
    with pytest.raises(ValueError, match=message):
        ConvolutionalGNN(**TINY).fit(recording)


def test_an_unknown_preset_is_refused():
    with pytest.raises(ValueError, match="quick"):
        ConvolutionalGNN.preset("fast")
