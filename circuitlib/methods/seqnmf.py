"""Connectivity from repeated sequences: convolutive non-negative matrix factorization (seqNMF)."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib._seeding import streams
from circuitlib.methods.patterns import n_patterns, smoothed_activity
from circuitlib.recordings.spike_trains import Recording

#: Keeps quotients of the updates finite.
_SMALL = 1e-12


@dataclass
class SeqNMF:
    r"""Sequences of a few bins that repeat, by non-negative factorization.

    The smoothed activity, scaled to a root mean square of one, is decomposed into K sequences W of
    L bins and the times H at which they occur,

    .. math:: x_i^t \approx \sum_k \sum_{l < L} W_{ikl} H_k^{t-l},

    minimizing half the squared error, plus :math:`\lambda` times the overlap of each sequence's
    match with the times of the others, which keeps one sequence from being told in parts by
    several. Steps are multiplicative. The interaction is the mean over sequences of
    :math:`W_{ik1} W_{jk0} \sum_t H_k^t`, from `j` in the first bin to `i` in the second, with
    the sequences at unit length.

    The result depends on the order of the neurons: it starts from random numbers that are drawn for
    one neuron after the other. Another order gives other weights, as another seed does.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds.
    tau
        Time constant of the exponential smoothing in seconds.
    n_sequences
        Number of sequences K; if not given, the number of patterns that stand out of chance, see
        :func:`circuitlib.methods.patterns.n_patterns`.
    length
        Bins of a sequence L, two or more.
    penalty
        Weight :math:`\lambda` of the overlap.
    n_steps
        Steps of the updates.
    seed
        Seed of the initial sequences.

    References
    ----------
    Mackevicius et al. (2019), doi:10.7554/eLife.38471; Yoon (2025), arXiv:2509.17174, which states
    neither the bins, the smoothing nor K.
    """

    bin_width: float = 10e-3
    tau: float = 10e-3
    n_sequences: int | None = None
    length: int = 2
    penalty: float = 1e-3
    n_steps: int = 200
    seed: int = 0
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    sequences_: Float[np.ndarray, "length neurons sequences"] = field(init=False, repr=False)
    losses_: Float[np.ndarray, " steps"] = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "SeqNMF":
        """Factorize the recording.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        SeqNMF
            Itself, with `weights_` ``[post, pre]``; `sequences_`, shape ``(length, neurons,
            sequences)``; and `losses_`, half the squared error per bin before each step.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        if self.length < 2:
            raise ValueError(f"`length` must be two bins or more, got {self.length}")
        if not (np.isfinite(self.penalty) and self.penalty >= 0):
            raise ValueError(f"`penalty` must be zero or positive, got {self.penalty}")
        if self.n_steps < 1:
            raise ValueError(f"`n_steps` must be at least one, got {self.n_steps}")
        activity = smoothed_activity(recording, self.bin_width, self.tau)
        if len(activity) < self.length:
            raise ValueError(f"the recording is shorter than a sequence of {self.length} bins")
        n_sequences = n_patterns(activity, self.n_sequences, "n_sequences", self.seed)
        x = np.ascontiguousarray(activity.T)  # (neurons, time)
        x /= np.sqrt(np.square(x).mean(dtype=np.float64))
        (rng,) = streams(self.seed, 1)
        w = rng.random((self.length, len(x), n_sequences), dtype=np.float32)
        h = rng.random((n_sequences, x.shape[1]), dtype=np.float32)
        h *= x.mean() / (w.sum(axis=(0, 2)).mean() * h.mean())
        losses = []
        for _ in tqdm(range(self.n_steps), desc="factorize", disable=not progress, leave=False):
            loss, w, h = _step(x, w, h, self.penalty)
            losses.append(loss)
        self.losses_ = np.array(losses)
        self.sequences_ = w.astype(np.float64)
        strength = h.sum(axis=1, dtype=np.float64) / n_sequences
        self.weights_ = (self.sequences_[1] * strength) @ self.sequences_[0].T
        np.fill_diagonal(self.weights_, 0)
        return self


def _step(
    x: Float[np.ndarray, "neurons time"],
    w: Float[np.ndarray, "length neurons sequences"],
    h: Float[np.ndarray, "sequences time"],
    penalty: float,
) -> tuple[
    float,
    Float[np.ndarray, "length neurons sequences"],
    Float[np.ndarray, "sequences time"],
]:
    """Return the loss per bin before a step, and the sequences and times after it."""
    others = 1 - np.eye(len(h), dtype=np.float32)
    match, model = _match(w, x), _reconstruct(w, h)
    loss = float(np.square(x - model).sum(dtype=np.float64) / 2 / x.shape[1])
    overlap = penalty * (others @ _spread(match, len(w)))
    h = h * match / (_match(w, model) + overlap + _SMALL)
    # Unit length of each sequence; the times take over the scale.
    length = np.sqrt(np.square(w).sum(axis=(0, 1))) + _SMALL
    w, h = w / length, h * length[:, None]
    model = _reconstruct(w, h)
    spread = _spread(h, len(w))
    new = np.empty_like(w)
    for lag in range(len(w)):
        late = _later(h, lag)
        overlap = penalty * (_earlier(x, lag) @ spread.T) @ others
        new[lag] = w[lag] * (x @ late.T) / (model @ late.T + overlap + _SMALL)
    length = np.sqrt(np.square(new).sum(axis=(0, 1))) + _SMALL
    return loss, new / length, h * length[:, None]


def _reconstruct(w: np.ndarray, h: np.ndarray) -> Float[np.ndarray, "neurons time"]:
    """Add up all sequences at the times of their occurrence."""
    return np.asarray(sum(part @ _later(h, lag) for lag, part in enumerate(w)))


def _match(w: np.ndarray, x: np.ndarray) -> Float[np.ndarray, "sequences time"]:
    """Return how well each sequence fits the activity that begins at each time."""
    return np.asarray(sum(part.T @ _earlier(x, lag) for lag, part in enumerate(w)))


def _later(rows: np.ndarray, lag: int) -> np.ndarray:
    """Shift rows `lag` bins into the future; zeros come in."""
    return np.pad(rows, ((0, 0), (lag, 0)))[:, : rows.shape[1]]


def _earlier(rows: np.ndarray, lag: int) -> np.ndarray:
    """Shift rows `lag` bins into the past; zeros come in."""
    return np.pad(rows, ((0, 0), (0, lag)))[:, lag:]


def _spread(rows: np.ndarray, length: int) -> np.ndarray:
    """Sum rows over the bins less than `length` away."""
    total = rows.copy()
    for lag in range(1, length):
        total += _later(rows, lag) + _earlier(rows, lag)
    return total
