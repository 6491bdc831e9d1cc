"""Poisson regression of every neuron on all others in the same bin."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import check_neurons, same_neurons
from circuitlib.methods.glm.links import predict
from circuitlib.methods.glm.regressions import (
    Regressions,
    maximize_likelihood,
    weights_and_link_terms,
)
from circuitlib.methods.glm.ridge import Ridge, check_ridge, maximize_with_ridge
from circuitlib.methods.glm.symmetric import maximize_symmetric
from circuitlib.recordings.spike_trains import Recording


@dataclass
class SameBinGLM:
    r"""Poisson regression of each neuron on the counts of all others in the same bin.

    .. math:: \log \lambda_i^t = b_i + \sum_{j \neq i} w_{ij} n_j^t

    with the counts n. This is the method whose systematic errors Das & Fiete describe: the bins are
    as long as the synaptic time constant, and who fired first within a bin is not known.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds.
    l2
        Ridge: ``l2 / 2`` times the sum of squared weights is added to the loss per bin.
        ``"validation"`` chooses it by the likelihood of the last ninth of the recording, see
        :func:`circuitlib.methods.glm.ridge.maximize_with_ridge`.
    symmetric
        Impose equal weights in both directions; all regressions are then fitted as one.

    References
    ----------
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2.
    """

    bin_width: float = 10e-3
    l2: Ridge = 1e-6
    symmetric: bool = False
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    intercepts_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    l2_: float = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "SameBinGLM":
        """Fit the regressions of all neurons.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        SameBinGLM
            Itself, with `weights_` ``[post, pre]``: the change of the log rate by one spike in the
            same bin; `intercepts_`, log expected counts per bin when all others are silent; and
            `l2_`, the ridge.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        check_ridge(self.l2)
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        others = ~np.eye(spikes.n_neurons, dtype=bool)
        regressions = Regressions(spikes.counts, spikes.counts, others, "log", 0.0, np.float64)
        fit = maximize_symmetric if self.symmetric else maximize_likelihood
        parameters, self.l2_ = maximize_with_ridge(regressions, self.l2, fit, progress)
        self.weights_, link_terms = weights_and_link_terms(regressions, parameters)
        self.intercepts_ = link_terms[:, 0]
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Compute the expected counts per bin, given the counts of all others in the same bin.

        This is no forecast: it sees the present bin. Its bits per spike do not compare with those
        of a method that sees the past only.

        Parameters
        ----------
        recording
            Spikes of the fitted neurons.

        Returns
        -------
        array
            Expected counts, shape ``(time, neurons)``, in bins of `bin_width`.

        Raises
        ------
        ValueError
            If the number of neurons differs from that in the fit.
        """
        counts = same_neurons(recording, self.weights_).binned(self.bin_width).counts
        link_terms = np.stack([self.intercepts_, np.zeros_like(self.intercepts_)], axis=1)
        return predict("log", counts, self.weights_, link_terms)
