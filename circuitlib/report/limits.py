"""What one may not conclude from a recording, in its own numbers."""

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from circuitlib.methods.weights_file import InferredWeights
from circuitlib.report.claims import Claims

#: Seconds within which a synapse acts on the neuron that it reaches.
_SYNAPSE = 2e-3


class Limit(NamedTuple):
    """A conclusion that would be wrong: its name, and why."""

    title: str
    text: str


def limits(inferred: InferredWeights, claims: Claims | None, window: float) -> list[Limit]:
    """Say what does not follow from the weights of a recording.

    Parameters
    ----------
    inferred
        The weights.
    claims
        What is claimed of them, if anything could be.
    window
        Windows of the jitter in seconds.
    """
    n = int((np.isfinite(inferred.weights).sum(axis=1) > 0).sum())
    return [
        Limit(
            "That nothing else drives these neurons",
            f"These are {n} units of a circuit with many more. A neuron that nobody recorded and "
            f"that drives two of them within less than {1e3 * window:g} ms makes them look "
            "connected, and no control on this page removes that.",
        ),
        _direction(inferred, claims),
        Limit(
            "That a connection is a synapse",
            "A weight is effective: it stands for the synapse, for paths through neurons between "
            f"the two, and for what they share within {1e3 * window:g} ms. Only a stimulus to one "
            "neuron, or its anatomy, tells these apart.",
        ),
        _absence(claims),
        _bins(inferred.bin_width),
    ]


def _direction(inferred: InferredWeights, claims: Claims | None) -> Limit:
    title = "Who drives whom"
    weights = inferred.weights
    if np.array_equal(weights, weights.T, equal_nan=True):
        return Limit(
            title,
            "The method holds weights to be equal in both directions; that is its assumption and "
            "not a finding. A directed method may find that one direction carries all of it.",
        )
    order = (
        f"The two directions are told apart by which unit fires first, in bins of "
        f"{1e3 * inferred.bin_width:g} ms. A hidden neuron that reaches one unit sooner than the "
        "other gives the same order"
    )
    if claims is None or not claims.claimed.any():
        return Limit(title, f"{order}.")
    both = int((claims.claimed & claims.claimed.T).sum()) // 2
    return Limit(
        title,
        f"{order}; of the {int(claims.claimed.sum())} claims, {both} "
        f"{'pair is' if both == 1 else 'pairs are'} claimed in both directions.",
    )


def _absence(claims: Claims | None) -> Limit:
    title = "That what is not in the list is not there"
    if claims is None:
        return Limit(
            title,
            "Nothing was tested here, so that nothing is excluded either. A weight near zero "
            "without an error says little.",
        )
    tested = np.isfinite(claims.z)
    # The z-score that the weakest entry has, or that the first one would need.
    needed = float(norm.isf(claims.rate / 2 / max(int(tested.sum()), 1)))
    if claims.claimed.any():
        needed = float(np.abs(claims.z[claims.claimed]).min())
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = [np.nanmedian((each.excess / each.z)[tested]) for each in claims.beyond.values()]
    error = float(max(errors))
    return Limit(
        title,
        f"A typical pair of units had to show a weight of {needed * error:.2g} beyond its control, "
        f"which is {needed:.1f} errors, to be listed. Weaker connections are missed, and a "
        "longer recording would show more.",
    )


def _bins(bin_width: float) -> Limit:
    title = "Anything faster than a bin"
    width = f"{1e3 * bin_width:g} ms"
    if bin_width > _SYNAPSE:
        return Limit(
            title,
            f"A synapse acts within about {1e3 * _SYNAPSE:g} ms, and spikes within the same bin of "
            f"{width} have no order. So this recording shows slow effects only: a fast synapse may "
            "be missed, or be seen through what follows it.",
        )
    return Limit(
        title,
        f"Spikes within the same bin of {width} have no order. Sorting also loses spikes that fall "
        "on top of each other, and that looks like inhibition.",
    )
