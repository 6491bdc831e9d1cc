"""Connectivity from pairwise statistics: correlation and inverse covariance."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import check_neurons, count_products
from circuitlib.recordings.spike_trains import Recording


@dataclass
class Correlation:
    """Pearson correlation of spike counts: the weights of a method that ignores third neurons.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2.
    """

    bin_width: float = 10e-3
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "Correlation":
        """Compute the correlations.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Without effect: this takes a moment.

        Returns
        -------
        Correlation
            Itself, with `weights_` ``[post, pre]``, symmetric, between -1 and 1.

        Raises
        ------
        ValueError
            If there is only one neuron, or one never fires or has the same count in every bin.
        """
        weights = _count_correlation(recording, self.bin_width)
        np.fill_diagonal(weights, 0)
        self.weights_ = weights
        return self


@dataclass
class Precision:
    r"""Partial correlation of spike counts: what is left of a correlation given all others.

    .. math:: w_{ij} = -P_{ij} / \sqrt{P_{ii} P_{jj}}

    with the inverse covariance (precision) P of the counts. The minus makes an excitatory effect
    positive. The inverse covariance is the mean-field solution of the inverse Ising problem.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2.
    """

    bin_width: float = 10e-3
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "Precision":
        """Invert the covariance of the counts.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Without effect: this takes a moment.

        Returns
        -------
        Precision
            Itself, with `weights_` ``[post, pre]``, symmetric, between -1 and 1.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires or has the same count in every bin, or the
            covariance is singular: fewer bins than neurons, or counts that follow from others.
        """
        correlation = _count_correlation(recording, self.bin_width)
        n = len(correlation)
        rank = int(np.linalg.matrix_rank(correlation, hermitian=True))
        if rank < n:
            raise ValueError(
                f"the covariance of the counts is singular (rank {rank} of {n}); "
                "give a longer recording, or leave out neurons whose counts follow from others"
            )
        # The scale of a neuron's counts cancels, so the correlation serves as the covariance.
        weights = partial_correlations(correlation)
        self.weights_ = (weights + weights.T) / 2  # symmetric to the last digit
        return self


def partial_correlations(
    covariance: Float[np.ndarray, "neurons neurons"],
) -> Float[np.ndarray, "neurons neurons"]:
    """Turn a covariance into what is left of each correlation given all others; zero diagonal."""
    precision = np.linalg.inv(covariance)
    scale = np.sqrt(np.diagonal(precision))
    partial = -precision / (scale[:, None] * scale[None, :])
    np.fill_diagonal(partial, 0)
    return np.asarray(partial)


def _count_correlation(recording: Recording, bin_width: float) -> Float[np.ndarray, "post pre"]:
    """Check the neurons; return the correlation of their counts, with its diagonal of one."""
    spikes = recording.binned(bin_width)
    check_neurons(spikes)
    products = count_products(spikes.counts)
    mean = spikes.counts.mean(axis=0, dtype=np.float64)
    covariance = products / spikes.n_bins - mean[:, None] * mean[None, :]
    # The sums are whole numbers and exact; only the subtraction rounds.
    power = np.diagonal(products) / spikes.n_bins
    constant = np.flatnonzero(np.diagonal(covariance) <= 1e-12 * power)
    if len(constant):
        raise ValueError(
            f"neuron {constant[0]} has the same count in every bin of {bin_width:g} s; "
            "its correlation is not defined"
        )
    scale = np.sqrt(np.diagonal(covariance))
    correlation = np.asarray(covariance / (scale[:, None] * scale[None, :]))
    np.fill_diagonal(correlation, 1)
    return correlation
