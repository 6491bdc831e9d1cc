"""Connectivity from tensor component analysis: a decomposition into neurons, time and segments."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float
from tensorly.decomposition import parafac
from tqdm.auto import tqdm

from circuitlib.methods.patterns import n_patterns, smoothed_activity
from circuitlib.recordings.spike_trains import Recording

#: Change of the relative error of the reconstruction at which the decomposition has converged.
_TOLERANCE = 1e-8


@dataclass
class TCA:
    r"""Tensor component analysis of segments of a recording, as if they were trials.

    The smoothed activity of neuron `i` at time `t` of segment `k` is decomposed into R components,

    .. math:: x_{itk} \approx \sum_r w_{ir} v_{tr} u_{kr},

    by alternating least squares, and the interaction is read as
    :math:`\frac{1}{R} \sum_r w_{ir} w_{jr} \sum_t v_{tr} \sum_k u_{kr}`. This depends on how a
    component's scale and sign are shared out: here the loadings w of a component have unit length
    and both sums are positive.

    The result depends on the order of the neurons if the rank is not given: it is chosen by random
    shifts that are drawn for one neuron after the other.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds.
    tau
        Time constant of the exponential smoothing in seconds.
    rank
        Number of components R; if not given, the number of patterns that stand out of chance, see
        :func:`circuitlib.methods.patterns.n_patterns`.
    n_segments
        Equally long segments into which the recording is cut; a rest is left out.
    n_steps
        Steps of the alternating least squares at most.
    seed
        Seed of the initial components.

    References
    ----------
    Williams et al. (2018), doi:10.1016/j.neuron.2018.05.015; Yoon (2025), arXiv:2509.17174, which
    states neither the bins, the smoothing nor the rank.
    """

    bin_width: float = 10e-3
    tau: float = 50e-3
    rank: int | None = None
    n_segments: int = 10
    n_steps: int = 500
    seed: int = 0
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    rank_: int = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "TCA":
        """Decompose the recording.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        TCA
            Itself, with `weights_` ``[post, pre]``, symmetric, and `rank_`, the components.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        activity = smoothed_activity(recording, self.bin_width, self.tau)
        n_bins = len(activity)
        if not 1 <= self.n_segments <= n_bins:
            raise ValueError(
                f"`n_segments` must lie between 1 and the number of bins ({n_bins}), "
                f"got {self.n_segments}"
            )
        if self.n_steps < 1:
            raise ValueError(f"`n_steps` must be at least one, got {self.n_steps}")
        self.rank_ = n_patterns(activity, self.rank, "rank", self.seed)
        n_times = n_bins // self.n_segments
        segments = activity[: n_times * self.n_segments].reshape(self.n_segments, n_times, -1)
        tensor = np.ascontiguousarray(segments.transpose(2, 1, 0))  # (neurons, time, segments)
        with tqdm(total=self.n_steps, desc="decompose", disable=not progress, leave=False) as bar:

            def count(*_: object) -> None:
                bar.update()

            _, factors = parafac(
                tensor,
                self.rank_,
                n_iter_max=self.n_steps,
                init="random",
                tol=_TOLERANCE,
                random_state=self.seed,
                callback=count,
            )
        self.weights_ = interaction(*[np.asarray(factor, dtype=np.float64) for factor in factors])
        np.fill_diagonal(self.weights_, 0)
        return self


def interaction(
    neurons: Float[np.ndarray, "neurons rank"],
    times: Float[np.ndarray, "times rank"],
    segments: Float[np.ndarray, "segments rank"],
) -> Float[np.ndarray, "post pre"]:
    """Read an interaction matrix, with its diagonal, from the factors of a decomposition."""
    length = np.linalg.norm(neurons, axis=0)
    unit = np.divide(neurons, length, out=np.zeros_like(neurons), where=length > 0)
    size = np.abs(length * times.sum(axis=0) * segments.sum(axis=0))
    return np.asarray((unit * size) @ unit.T / neurons.shape[1])
