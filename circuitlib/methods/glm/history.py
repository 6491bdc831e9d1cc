"""Poisson regression of every neuron on the recent spikes of all others."""

import warnings
from dataclasses import dataclass, field
from typing import get_args

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import check_neurons, same_neurons
from circuitlib.methods.glm.links import Link, mean_effect, predict
from circuitlib.methods.glm.regressions import (
    Regressions,
    maximize_likelihood,
    weights_and_link_terms,
)
from circuitlib.methods.glm.ridge import Ridge, check_ridge, maximize_with_ridge
from circuitlib.methods.glm.symmetric import maximize_symmetric
from circuitlib.methods.sources import AngleUse, Sources, check_use
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.traces import trace

#: Gain, as a part of the mean count, below which the rectifying link is straight where it is used.
_LEAST_GAIN = 1e-2


@dataclass
class HistoryGLM:
    r"""Poisson regression of each neuron on the recent spikes of all others.

    The spikes n of earlier bins add up to a trace, as synaptic activation does in the ring network,

    .. math:: s_j^t = \sum_{k \ge 1} e^{-k \Delta t / \tau} n_j^{t-k}, \qquad
        u_i^t = b_i + \sum_{j \neq i} w_{ij} s_j^t,

    and the expected count is :math:`\lambda = e^u` for the link ``"log"``, or
    :math:`\lambda = c_i \log(1 + e^u)` for the link ``"rectified"``, which is nearly linear above
    threshold. Its gain :math:`c_i` is learned for each neuron and sets how sharp the threshold is:
    the same with weights in counts per bin is :math:`\log(1 + e^{\kappa v}) / \kappa` with
    :math:`v = c u` and :math:`\kappa = 1 / c`.

    Parameters
    ----------
    bin_width
        Bins in seconds.
    tau
        Time constant of the trace in seconds.
    link
        ``"log"`` or ``"rectified"``.
    l2
        Ridge: ``l2 / 2`` times the sum of squared w is added to the loss per bin; or
        ``"validation"``, see :class:`SameBinGLM`.
    self_history
        Let a neuron's own trace enter its drive; that w is on the diagonal of `coefficients_` only.
    symmetric
        Impose equal w in both directions; all regressions are then fitted as one.
    angle
        How the drive uses the angle of the recording, see
        :class:`circuitlib.methods.sources.Sources`: ``"shift"``, ``"tuning"``, or None, not at all.

    References
    ----------
    Truccolo et al. (2005), doi:10.1152/jn.00697.2004; Pillow et al. (2008),
    doi:10.1038/nature07140; Das & Fiete (2020), doi:10.1038/s41593-020-0699-2.
    """

    bin_width: float = 1e-3
    tau: float = 10e-3
    link: Link = "log"
    l2: Ridge = 1e-6
    self_history: bool = False
    symmetric: bool = False
    angle: AngleUse | None = None
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    coefficients_: Float[np.ndarray, "post sources"] = field(init=False, repr=False)
    sources_: Sources = field(init=False, repr=False)
    intercepts_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    gains_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    l2_: float = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "HistoryGLM":
        """Fit the regressions of all neurons.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        HistoryGLM
            Itself, with `weights_` ``[post, pre]``: by how much a spike changes, right after it,
            the log rate (log link), or the expected count per bin (rectified), which is averaged
            over the moments when the postsynaptic neuron fired (of all neurons alike, where w is
            symmetric). `coefficients_` are the w above, followed by those of what an angle adds,
            `intercepts_` and `gains_` the b and c of each neuron, and `l2_` is the ridge.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or a setting is out of range.
        """
        if self.link not in get_args(Link):
            raise ValueError(f'`link` must be "log" or "rectified", got {self.link!r}')
        if not (np.isfinite(self.tau) and self.tau > 0):
            raise ValueError(f"`tau` in seconds must be positive, got {self.tau}")
        check_ridge(self.l2)
        check_use(self.angle)
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        if self.symmetric and self.angle is not None:
            raise ValueError("`symmetric` weights with an `angle` are not fitted; choose one")
        n = spikes.n_neurons
        self.sources_ = Sources.for_recording(spikes, self.angle)
        used = np.ones((n, self.sources_.number), dtype=bool)
        used[:, :n] = self.self_history | ~np.eye(n, dtype=bool)
        regressions = Regressions(
            self.sources_.of(trace(spikes, self.tau), spikes.angle),
            spikes.counts,
            used,
            self.link,
            0.0,
            np.float32,
        )
        fit = maximize_symmetric if self.symmetric else maximize_likelihood
        parameters, self.l2_ = maximize_with_ridge(regressions, self.l2, fit, progress)
        self.coefficients_, link_terms = weights_and_link_terms(regressions, parameters)
        self.intercepts_, self.gains_ = link_terms[:, 0], np.exp(link_terms[:, 1])
        self.weights_ = self.coefficients_[:, :n] * (1 - np.eye(n))
        if self.link == "rectified":
            features, counts = regressions.features, regressions.counts
            effect = mean_effect(self.link, features, counts, self.coefficients_, link_terms)
            if self.symmetric:
                _point_out_runaway_gains(self.gains_ / counts.mean(axis=0), spikes.units)
            self.weights_ *= effect.mean() if self.symmetric else effect[:, None]
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected counts of each bin from the spikes of earlier bins.

        Parameters
        ----------
        recording
            Spikes of the fitted neurons. What was before its start, or in a gap, counts as silence.

        Returns
        -------
        array
            Expected counts, shape ``(time, neurons)``, in bins of `bin_width`.

        Raises
        ------
        ValueError
            If the number of neurons differs from that in the fit, or an angle is missing.
        """
        spikes = same_neurons(recording, self.weights_).binned(self.bin_width)
        link_terms = np.stack([self.intercepts_, np.log(self.gains_)], axis=1)
        features = self.sources_.of(trace(spikes, self.tau), spikes.angle)
        return predict(self.link, features, self.coefficients_, link_terms)


def _point_out_runaway_gains(gains: Float[np.ndarray, " neurons"], units: tuple[str, ...]) -> None:
    """Warn of gains, relative to the mean count, with which symmetric weights lose their unit."""
    lost = np.flatnonzero(gains < _LEAST_GAIN)
    if len(lost):
        named = ", ".join(units[neuron] for neuron in lost[:5])
        warnings.warn(
            f"the link of {len(lost)} neurons ({named}{' ...' if len(lost) > 5 else ''}) became a "
            "straight line without a scale of its own, so that weights which are symmetric have "
            "no unit in common and the fit may have ended in one of several optima; use free "
            "weights, as those of glm-rectified",
            stacklevel=3,
        )
