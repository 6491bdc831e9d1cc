"""Connectivity from attention between neurons (NetFormer)."""

from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from tqdm.auto import tqdm

from circuitlib._seeding import seeded
from circuitlib.methods.estimator import check_neurons
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace

#: Moments over which the attention is averaged, and how many are computed at once.
_N_MOMENTS, _CHUNK = 8_192, 512


class Attention(nn.Module):
    r"""Attention between neurons without softmax.

    The token of a neuron is its recent activity, followed by numbers of its own that are learned.
    Linear maps make a query and a key of it, and their products are the attention

    .. math:: A_{ij}(t) = q_i(t) \cdot k_j(t) / \sqrt{d}.
    """

    def __init__(self, n_neurons: int, window: int, embedding: int, width: int) -> None:
        super().__init__()
        self.position = nn.Parameter(torch.randn(n_neurons, embedding))
        self.query = nn.Linear(window + embedding, width)
        self.key = nn.Linear(window + embedding, width)

    def forward(
        self, recent: Float[Tensor, "batch window neurons"]
    ) -> Float[Tensor, "batch post pre"]:
        """Return the attention at the end of each window."""
        tokens = recent.transpose(1, 2)  # (batch, neurons, window)
        position = self.position.expand(len(tokens), -1, -1)
        tokens = torch.cat((tokens, position), dim=2)
        query, key = self.query(tokens), self.key(tokens)
        out: Tensor = query @ key.transpose(1, 2) / query.shape[-1] ** 0.5
        return out


@dataclass
class NetFormer:
    r"""Attention over the recent activity of all neurons, trained to predict the next step.

    With the smoothed activity x and the attention A of :class:`Attention`,

    .. math:: x_i(t + 1) \approx x_i(t) + \sum_j A_{ij}(t)\, x_j(t),

    the step of a network whose connections change with its state. The squared error is minimized by
    Adam, and the connectivity is the attention averaged over time.

    This follows the public description of the method, which is for continuous activity. For spikes
    we choose: the activity is the exponential trace of the spikes, scaled to a root mean square of
    one; its step from one bin to the next contains the spikes of that bin, and so the error is that
    of predicting them.

    The result depends on the order of the neurons: it starts from random numbers that are drawn for
    one neuron after the other. Another order gives other weights, as another seed does.

    Parameters
    ----------
    bin_width
        Steps of the activity in seconds.
    tau
        Time constant of the exponential trace in seconds.
    window
        Steps of recent activity in a token.
    embedding, width
        Learned numbers of a neuron, and size of queries and keys.
    batch, n_steps, learning_rate, final_learning_rate
        Schedule of Adam: windows per step, steps, and the ends of an exponential decay.
    seed
        Seed of the initial parameters and of the batches.

    References
    ----------
    Lu et al. (2025), International Conference on Learning Representations,
    https://openreview.net/forum?id=bcTjW5kS4W.
    """

    bin_width: float = 5e-3
    tau: float = 10e-3
    window: int = 4
    embedding: int = 32
    width: int = 32
    batch: int = 128
    n_steps: int = 16_000
    learning_rate: float = 5e-3
    final_learning_rate: float = 1e-4
    seed: int = 0
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    losses_: Float[np.ndarray, " steps"] = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "NetFormer":
        """Train the attention and average it.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        NetFormer
            Itself, with `weights_` ``[post, pre]``, the mean attention, and `losses_`, the mean
            squared error of each step's batch.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        for name in ("window", "embedding", "width", "batch", "n_steps"):
            if getattr(self, name) < 1:
                raise ValueError(f"`{name}` must be at least one, got {getattr(self, name)}")
        for name in ("tau", "learning_rate", "final_learning_rate"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"`{name}` must be positive, got {value}")
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        activity = trace(spikes, self.tau)
        activity /= np.sqrt(np.square(activity).mean(dtype=np.float64))
        moments = _moments(spikes, self.window)
        if len(moments) == 0:
            raise ValueError(
                f"no run of the recording is longer than {self.window} bins of {self.bin_width:g} s"
            )
        with seeded(self.seed):
            model = Attention(spikes.n_neurons, self.window, self.embedding, self.width)
        self.losses_ = self._train(model, activity, moments, progress)
        evenly = np.linspace(0, len(moments) - 1, min(len(moments), _N_MOMENTS)).astype(int)
        total = np.zeros((spikes.n_neurons, spikes.n_neurons))
        with torch.no_grad():
            for first in range(0, len(evenly), _CHUNK):
                recent = _windows(activity, moments[evenly[first : first + _CHUNK]], self.window)
                total += model(recent).sum(dim=0, dtype=torch.float64).numpy()
        np.fill_diagonal(total, 0)
        self.weights_ = total / len(evenly)
        return self

    def _train(
        self,
        model: Attention,
        activity: Float[np.ndarray, "time neurons"],
        moments: Int[np.ndarray, " moments"],
        progress: bool,
    ) -> Float[np.ndarray, " steps"]:
        """Minimize the squared error; return it for each batch."""
        optimizer = torch.optim.Adam(model.parameters(), lr=self.learning_rate)
        decay = (self.final_learning_rate / self.learning_rate) ** (1 / self.n_steps)
        schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, decay)
        rng = np.random.default_rng(self.seed)
        losses = np.empty(self.n_steps)
        for step in tqdm(range(self.n_steps), desc="train", disable=not progress, leave=False):
            chosen = rng.choice(moments, self.batch)
            recent = _windows(activity, chosen, self.window)
            now, later = recent[:, -1], torch.from_numpy(activity[chosen + 1])
            change = (model(recent) @ now[..., None])[..., 0]
            loss = torch.square(now + change - later).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            losses[step] = loss.item()
        return losses


def _moments(spikes: Spikes, window: int) -> Int[np.ndarray, " moments"]:
    """Return the bins with a whole window up to them, and one more bin after them in the run."""
    predicted = spikes.runs.after(window)
    return predicted[np.arange(predicted.n_bins)] - 1


def _windows(
    activity: Float[np.ndarray, "time neurons"], moments: Int[np.ndarray, " batch"], window: int
) -> Float[Tensor, "batch window neurons"]:
    """Return the activity up to and including the given bins."""
    return torch.from_numpy(activity[moments[:, None] + np.arange(1 - window, 1)])
