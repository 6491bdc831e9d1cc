"""Training of one model: batches, validation, best parameters, and a state to go on from."""

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor

from circuitlib.model import SpikeModel
from circuitlib.spikes import Spikes

#: Most validation bins that are scored; they are spread evenly over the validation part.
_N_VALIDATION = 8192
#: Windows that are predicted at once, to bound the memory.
_CHUNK = 1024


def run_starts(spikes: Spikes) -> Int[np.ndarray, " time"]:
    """Return for each bin the first bin of its uninterrupted run."""
    lengths = np.diff(np.append(spikes.starts, spikes.n_bins))
    return np.repeat(spikes.starts, lengths)


def recent_spikes(
    spikes: Spikes, first: Int[np.ndarray, " time"], bins: Int[np.ndarray, " batch"], window: int
) -> Tensor:
    """Return the spikes before each bin, shape ``(batch, window, neurons)``, zero before a run."""
    before = bins[:, None] + np.arange(-window, 0)
    recorded = before >= first[bins][:, None]
    recent = spikes.counts[np.maximum(before, 0)] * recorded[..., None]
    return torch.from_numpy(recent.astype(np.float32))


def predict(model: SpikeModel, spikes: Spikes, bins: Int[np.ndarray, " batch"]) -> np.ndarray:
    """Return the log of the expected counts in the given bins, shape ``(batch, neurons)``."""
    first = run_starts(spikes)
    window = model.encode.in_features
    device = model.log_mean.device
    parts = []
    with torch.no_grad():
        for start in range(0, len(bins), _CHUNK):
            recent = recent_spikes(spikes, first, bins[start : start + _CHUNK], window)
            parts.append(model(recent.to(device)).cpu().numpy())
    return np.concatenate(parts)


def poisson_loss(
    log_rates: Float[Tensor, "batch neurons"], counts: Float[Tensor, "batch neurons"]
) -> Float[Tensor, ""]:
    """Mean Poisson negative log likelihood in nats, without the term that no model changes."""
    return (torch.exp(log_rates) - counts * log_rates).mean()


@dataclass
class Run:
    """One training run and all that is needed to go on with it.

    Parameters
    ----------
    model
        The model, with its initial parameters.
    seed
        Decides which bins each step sees.
    batch
        Bins per step.
    learning_rate, final_learning_rate
        The rate decays exponentially from the first to the second over `n_steps`.
    n_steps
        Length of the whole schedule.
    """

    model: SpikeModel
    seed: tuple[int, int]
    batch: int
    learning_rate: float
    final_learning_rate: float
    n_steps: int
    step: int = 0
    best_loss: float = float("inf")
    best_step: int = 0
    best: dict[str, Tensor] = field(default_factory=dict)
    history: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=self.learning_rate)
        self.best = {name: value.clone() for name, value in self.model.state_dict().items()}

    def advance(self, train: Spikes, validation: Spikes, n_steps: int) -> None:
        """Take some steps of Adam, then validate and note the parameters if they are the best."""
        window = self.model.encode.in_features
        first = run_starts(train)
        whole = np.flatnonzero(np.arange(train.n_bins) - first >= window)
        device = self.model.log_mean.device
        losses = []
        for step in range(self.step, self.step + n_steps):
            decay = (self.final_learning_rate / self.learning_rate) ** (step / self.n_steps)
            self.optimizer.param_groups[0]["lr"] = self.learning_rate * decay
            # A generator for each step, so that an interrupted run goes on with the same numbers.
            bins = np.random.default_rng((*self.seed, step)).choice(whole, self.batch)
            counts = torch.from_numpy(train.counts[bins].astype(np.float32))
            recent = recent_spikes(train, first, bins, window)
            loss = poisson_loss(self.model(recent.to(device)), counts.to(device))
            self.optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            losses.append(loss.item())
        self.step += n_steps
        n_scored = min(validation.n_bins, _N_VALIDATION)
        bins = np.linspace(0, validation.n_bins - 1, n_scored).astype(np.int64)
        counts = torch.from_numpy(validation.counts[bins].astype(np.float32))
        log_rates = torch.from_numpy(predict(self.model, validation, bins))
        validated = poisson_loss(log_rates, counts).item()
        self.history.append([self.step, float(np.mean(losses)), validated])
        if validated < self.best_loss:
            self.best_loss, self.best_step = validated, self.step
            self.best = {name: value.clone() for name, value in self.model.state_dict().items()}

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the state as arrays by name."""
        numbers = {
            "step": self.step,
            "best_loss": self.best_loss,
            "best_step": self.best_step,
            "history": self.history,
        }
        arrays = {name: np.array(value) for name, value in numbers.items()}
        for name, value in self.model.state_dict().items():
            arrays[f"model/{name}"] = value.cpu().numpy()
        for name, value in self.best.items():
            arrays[f"best/{name}"] = value.cpu().numpy()
        for index, state in self.optimizer.state_dict()["state"].items():
            for name, value in state.items():
                arrays[f"adam/{index}/{name}"] = value.cpu().numpy()
        return arrays

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go back to the state that :meth:`arrays` returned."""
        self.step = int(arrays["step"])
        self.best_loss = float(arrays["best_loss"])
        self.best_step = int(arrays["best_step"])
        self.history = arrays["history"].tolist()
        self.model.load_state_dict(_tensors(under(arrays, "model/")))
        device = self.model.log_mean.device
        self.best = {
            name: value.to(device) for name, value in _tensors(under(arrays, "best/")).items()
        }
        states: dict[int, dict[str, Tensor]] = {}
        for key, value in _tensors(under(arrays, "adam/")).items():
            index, name = key.split("/")
            states.setdefault(int(index), {})[name] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": states, "param_groups": groups})


def under(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    """Return the arrays whose name starts with `prefix`, by the rest of their name."""
    return {
        name.removeprefix(prefix): value
        for name, value in arrays.items()
        if name.startswith(prefix)
    }


def _tensors(arrays: dict[str, np.ndarray]) -> dict[str, Tensor]:
    return {name: torch.from_numpy(np.array(value)) for name, value in arrays.items()}
