"""One stage of training on the spikes, with all that is needed to go on with it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from circuitlib.methods.gnn.batches import Batches
from circuitlib.methods.gnn.checkpoint import subset
from circuitlib.methods.gnn.optimizer import DecayingAdam
from circuitlib.methods.gnn.prediction import validation_loss
from circuitlib.methods.gnn.spike_module import SpikeModel


@dataclass
class Stage:
    """Adam on batches of spikes, with all that is needed to go on with it.

    Parameters
    ----------
    model
        The model, with its initial parameters.
    seed
        Decides which spikes and bins each step sees.
    n_spikes, n_bins
        Spikes and bins per step.
    learning_rate, final_learning_rate
        The rate decays exponentially from the first to the second over `n_steps`.
    n_steps
        Length of the whole schedule.
    """

    model: SpikeModel
    seed: tuple[int, ...]
    n_spikes: int
    n_bins: int
    learning_rate: float
    final_learning_rate: float
    n_steps: int
    step: int = 0
    history: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        rates = self.learning_rate, self.final_learning_rate
        self.optimizer = DecayingAdam(self.model, self.n_steps, *rates, largest_gradient=1.0)

    def advance(self, train: Batches, validation: Batches, n_steps: int) -> None:
        """Take some steps, then note the mean training loss and the validation loss."""
        losses = []
        for step in range(self.step, self.step + n_steps):
            # A generator for each step, so that an interrupted run goes on with the same numbers.
            rng = np.random.default_rng((*self.seed, step))
            sample = train.draw(rng, self.n_spikes, self.n_bins)
            loss = train.loss(self.model, sample.to(self.model.log_mean.device))
            self.optimizer.step(loss, step)
            losses.append(loss.item())
        self.step += n_steps
        self.history.append(
            [self.step, float(np.mean(losses)), validation_loss(self.model, validation)]
        )

    @property
    def loss(self) -> float:
        """Validation loss at the end."""
        return self.history[-1][2]

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays by name."""
        arrays = {"step": np.array(self.step), "history": np.array(self.history)}
        for name, value in self.model.state_dict().items():
            arrays[f"model/{name}"] = value.cpu().numpy()
        for index, state in self.optimizer.adam.state_dict()["state"].items():
            for name, value in state.items():
                arrays[f"adam/{index}/{name}"] = value.cpu().numpy()
        return arrays

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go back to the state that :meth:`arrays` returned."""
        self.step = int(arrays["step"])
        self.history = arrays["history"].tolist()
        self.model.load_state_dict(_tensors(subset(arrays, "model/")))
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in _tensors(subset(arrays, "adam/")).items():
            index, name = key.split("/")
            states.setdefault(int(index), {})[name] = value
        groups = self.optimizer.adam.state_dict()["param_groups"]
        self.optimizer.adam.load_state_dict({"state": states, "param_groups": groups})


def joined_history(stages: Sequence[Stage]) -> dict[str, np.ndarray]:
    """Return step, training and validation loss (nats per spike), of one stage after the other.

    Each has the shape ``(validations,)``.
    """
    rows, passed = [], 0
    for stage in stages:
        rows += [[passed + step, *losses] for step, *losses in stage.history]
        passed += stage.step
    return dict(zip(("step", "train", "validation"), np.array(rows).T, strict=True))


def _tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
