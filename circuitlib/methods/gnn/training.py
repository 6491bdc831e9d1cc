"""Training on the spikes: steps, validation, and a state to go on from."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from circuitlib.methods.gnn.batches import Batches, event_loss
from circuitlib.methods.gnn.events import Events, recent_history
from circuitlib.methods.gnn.spike_module import SpikeModel

#: Spikes and bins at which the validation loss is evaluated, at most.
_N_VALIDATION = (8192, 1024)
#: Bins that are predicted at once, to bound the memory.
_CHUNK = 1024
#: Numbers in the messages of these bins at most, where each pair has its own.
_N_MESSAGES = 2**22


def predict(
    model: SpikeModel, events: Events, basis: np.ndarray, bins: Int[np.ndarray, " batch"]
) -> np.ndarray:
    """Return the log of the expected counts in the given bins, shape ``(batch, neurons)``."""
    log_rates = np.empty((len(bins), events.n_neurons), dtype=np.float32)
    with torch.no_grad():
        weights = model.structure()
        n_at_once = _at_once(model)
        for first in range(0, len(bins), n_at_once):
            chunk = slice(first, first + n_at_once)
            recent = torch.from_numpy(recent_history(events, bins[chunk], basis))
            log_rates[chunk] = model(recent.to(weights.device), weights).cpu().numpy()
    return log_rates


def _at_once(model: SpikeModel) -> int:
    """Return how many bins to predict at once."""
    n_neurons = len(model.log_mean)
    per_bin = n_neurons * model.conv.send.out_features
    if model.conv.receive is not None:
        per_bin *= n_neurons
    return max(min(_CHUNK, _N_MESSAGES // per_bin), 1)


def effective_weights(
    model: SpikeModel, batches: Batches, lag: int, n_bins: int = 256
) -> Float[np.ndarray, "post pre"]:
    """Express the weights of a model as changes of the log rate.

    The sign and unit of w are free, because a message may be negative or large. One common factor,
    fitted by least squares to the effect of one more presynaptic spike, fixes both.

    Parameters
    ----------
    model
        The model.
    batches
        A recording, in which the spike is added.
    lag
        Bins between the spike and the predicted bin.
    n_bins
        Bins over which the effect is averaged.
    """
    recent, post = batches.even(1, n_bins)
    device = model.log_mean.device
    spike = torch.from_numpy(batches.basis[lag])
    with torch.no_grad():
        weights = model.structure().cpu().numpy().astype(np.float64)
        changes = model.effect(recent[len(post) :].to(device), spike.to(device))
    effect = changes.cpu().numpy().astype(np.float64)
    np.fill_diagonal(effect, 0)
    power = (weights**2).sum()
    return np.asarray(weights * ((effect * weights).sum() / power if power > 0 else 0.0))


def validation_loss(model: SpikeModel, validation: Batches) -> float:
    """Return the loss of a model on evenly spread spikes and bins of a recording."""
    recent, post = validation.even(*_N_VALIDATION)
    bins = recent[len(post) :]
    device = model.log_mean.device
    with torch.no_grad():
        weights = model.structure()
        at_spikes = [
            model.at_spikes(x.to(device), i.to(device), weights)
            for x, i in zip(
                torch.split(recent[: len(post)], _CHUNK), torch.split(post, _CHUNK), strict=True
            )
        ]
        log_rates = torch.cat(
            [model(x.to(device), weights) for x in torch.split(bins, _at_once(model))]
        )
        return event_loss(torch.cat(at_spikes), log_rates, validation.mean_count).item()


def warn_if_useless(model: SpikeModel, validation: Batches) -> None:
    """Warn if a model predicts worse than the neurons' mean rates: it then knows no weights."""
    _, post = validation.even(_N_VALIDATION[0], 1)
    constant = model.log_mean.cpu()
    excess = validation_loss(model, validation) - event_loss(
        constant[post], constant, validation.mean_count
    )
    if excess > 0:
        warnings.warn(
            "on the part of the recording kept for validation, the fitted model predicts spikes "
            f"worse than the mean rates do (by {excess:.2g} nats per spike); its weights say "
            "little or nothing about the circuit. Give a longer recording",
            stacklevel=3,
        )


@dataclass
class Descent:
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
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)

    def advance(self, train: Batches, validation: Batches, n_steps: int) -> None:
        """Take some steps, then note the mean training loss and the validation loss."""
        device = self.model.log_mean.device
        losses = []
        for step in range(self.step, self.step + n_steps):
            decay = (self.final_learning_rate / self.learning_rate) ** (step / self.n_steps)
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * decay
            # A generator for each step, so that an interrupted run goes on with the same numbers.
            rng = np.random.default_rng((*self.seed, step))
            recent, post = train.draw(rng, self.n_spikes, self.n_bins)
            loss = train.loss(self.model, recent.to(device), post.to(device), self.n_spikes)
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
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
        for index, state in self.optimizer.state_dict()["state"].items():
            for name, value in state.items():
                arrays[f"adam/{index}/{name}"] = value.cpu().numpy()
        return arrays

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go back to the state that :meth:`arrays` returned."""
        self.step = int(arrays["step"])
        self.history = arrays["history"].tolist()
        self.model.load_state_dict(_tensors(under(arrays, "model/")))
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in _tensors(under(arrays, "adam/")).items():
            index, name = key.split("/")
            states.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": groups})


def joined_history(stages: Sequence[Descent]) -> dict[str, np.ndarray]:
    """Return step, training and validation loss (nats per spike), of one stage after the other.

    Each has the shape ``(validations,)``.
    """
    rows, passed = [], 0
    for stage in stages:
        rows += [[passed + step, *losses] for step, *losses in stage.history]
        passed += stage.step
    return dict(zip(("step", "train", "validation"), np.array(rows).T, strict=True))


def under(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose name starts with `prefix`, by the rest of their name."""
    return {
        name.removeprefix(prefix): value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }


def _tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
