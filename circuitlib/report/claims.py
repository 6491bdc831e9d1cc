r"""Which connections a recording supports: those that are beyond its controls.

The standard error of a weight knows how many spikes there are. It does not know of what drives two
neurons alike, nor of slow changes within one train. So a weight is compared with the weights that
the same method finds in controls, in which there is no connection of the kind that is claimed.

With K draws of a control, whose weights are :math:`c_k` with errors :math:`\epsilon_k`, a weight
:math:`w` with error :math:`\epsilon` to neuron i is beyond the control by

.. math:: z = \frac{1}{s_i} \cdot \frac{w - \frac1K \sum_k c_k}
    {\sqrt{\epsilon^2 + \frac{1}{K^2} \sum_k \epsilon_k^2}},

where :math:`s_i` is the spread of the same quantity for each draw of the control compared with the
others, or one if that is smaller: an empirical null distribution (Efron 2004,
doi:10.1198/016214504000000089). It is that of all neurons, but for a neuron whose fit got lost in a
control, which has its own. The spread of the middle comes from the median of the absolute values,
and is widened until the value which one in a hundred exceeds is that of a normal distribution.

A connection is claimed if it is beyond all controls in the same direction. The least of its
z-scores is then what is tested (an intersection-union test, Berger 1982, doi:10.2307/1267823), at a
false discovery rate (Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x). What is in
the lists of both controls, each made at that rate, would hold more false ones.
"""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import false_discovery_control, norm

from circuitlib.methods.discoveries import discoveries

#: The controls, see :mod:`circuitlib.report.controls`.
Name = Literal["uncoupled", "shifted", "jittered"]

#: Times the usual spread from which on the fit of a neuron to a control counts as lost.
_LOST = 1.5
#: Absolute values that half and one in a hundred of standard normal numbers exceed.
_HALF, _HUNDREDTH = float(norm.isf(0.25)), float(norm.isf(0.005))


class Estimate(NamedTuple):
    """Weights that a method found, with their standard errors, each of shape ``(post, pre)``."""

    weights: Float[np.ndarray, "post pre"]
    errors: Float[np.ndarray, "post pre"]


class Beyond(NamedTuple):
    """How far weights are beyond one control.

    Parameters
    ----------
    excess
        Weights less the mean weights of the control, shape ``(post, pre)``.
    z
        The z-scores, shape ``(post, pre)``; NaN on the diagonal.
    spreads
        The s by which those of each neuron were divided, shape ``(post,)``: by how much the errors
        are too small in the control.
    found
        Which connections are beyond this control alone.
    by_chance
        How many the same rule finds in a draw of the control, compared with the others; the mean
        over the draws.
    """

    excess: Float[np.ndarray, "post pre"]
    z: Float[np.ndarray, "post pre"]
    spreads: Float[np.ndarray, " post"]
    found: Bool[np.ndarray, "post pre"]
    by_chance: float

    @property
    def spread(self) -> float:
        """By how much the errors of most neurons are too small."""
        return float(np.median(self.spreads))

    @property
    def lost(self) -> Bool[np.ndarray, " post"]:
        """Neurons whose weights scatter much more than those of others in the control."""
        return self.spreads > _LOST * self.spread


class Claims(NamedTuple):
    """Which connections are claimed.

    Parameters
    ----------
    alone
        What the fit finds without a control: weights against their standard errors.
    beyond
        What is beyond each control, by its name.
    z
        The least z-score over the controls where all agree on the sign, else zero; NaN on the
        diagonal.
    adjusted
        The false discovery rate at which each connection would just be in the list; NaN on the
        diagonal.
    claimed
        What is in the list.
    rate
        Its false discovery rate.
    """

    alone: Bool[np.ndarray, "post pre"]
    beyond: dict[Name, Beyond]
    z: Float[np.ndarray, "post pre"]
    adjusted: Float[np.ndarray, "post pre"]
    claimed: Bool[np.ndarray, "post pre"]
    rate: float


def claim(fit: Estimate, controls: Mapping[Name, Sequence[Estimate]], rate: float = 0.05) -> Claims:
    """Claim the connections that are beyond all controls.

    Parameters
    ----------
    fit
        What the method found in the recording.
    controls
        What it found in each draw of each control, by the name of the control.
    rate
        The false discovery rate: the part of the list that is expected to be false, if a control
        keeps all that is no connection.

    Raises
    ------
    ValueError
        If there is no control, one has less than two draws, or the rate is not between 0 and 1.
    """
    if not controls:
        raise ValueError("a connection is claimed against a control, and there is none")
    against = {name: beyond(fit, draws, rate) for name, draws in controls.items()}
    z = np.stack([each.z for each in against.values()])
    agree = (z > 0).all(axis=0) | (z < 0).all(axis=0)
    least = np.where(agree, np.sign(z[0]) * np.abs(z).min(axis=0), 0.0)
    least[np.isnan(z).any(axis=0)] = np.nan
    tested = np.isfinite(least)
    adjusted = np.full(least.shape, np.nan)
    adjusted[tested] = false_discovery_control(2 * norm.sf(np.abs(least[tested])))
    claimed = discoveries(least, np.ones_like(least), rate)
    return Claims(discoveries(*fit, rate), against, least, adjusted, claimed, rate)


def beyond(fit: Estimate, draws: Sequence[Estimate], rate: float = 0.05) -> Beyond:
    """Compare weights with those of a control; see above.

    Parameters
    ----------
    fit
        What the method found in the recording.
    draws
        What it found in each draw of the control.
    rate
        The false discovery rate.

    Raises
    ------
    ValueError
        If there are less than two draws.
    """
    if len(draws) < 2:
        raise ValueError(f"a control needs two draws, to know its spread, got {len(draws)}")
    among = [
        _score(draw, [*draws[:number], *draws[number + 1 :]]) for number, draw in enumerate(draws)
    ]
    spreads = _spreads(np.stack(among))
    one = np.ones_like(fit.weights)
    every = [each / spreads[:, None] for each in (_score(fit, draws), *among)]
    found = [discoveries(each, one, rate) for each in every]
    return Beyond(
        fit.weights - np.mean([draw.weights for draw in draws], axis=0),
        every[0],
        spreads,
        found[0],
        float(np.mean([each.sum() for each in found[1:]])),
    )


def _score(fit: Estimate, draws: Sequence[Estimate]) -> Float[np.ndarray, "post pre"]:
    """Return the difference from the mean of some draws over its standard error."""
    difference = fit.weights - np.mean([draw.weights for draw in draws], axis=0)
    variance = np.mean([draw.errors**2 for draw in draws], axis=0) / len(draws)
    score = difference / np.sqrt(fit.errors**2 + variance)
    np.fill_diagonal(score, np.nan)
    return np.asarray(score)


def _spreads(z: Float[np.ndarray, "draws post pre"]) -> Float[np.ndarray, " post"]:
    """Return the spread of the scores of each neuron, one at least."""
    size = np.abs(z)
    usual = max(1.0, float(np.nanmedian(size)) / _HALF)
    own = np.nanmedian(size, axis=(0, 2)) / _HALF
    spreads = np.where(own > _LOST * usual, own, usual)
    tail = float(np.nanquantile(size / spreads[:, None], 0.99)) / _HUNDREDTH
    return np.asarray(spreads * max(1.0, tail))
