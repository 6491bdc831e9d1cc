"""Weights that another recording gives with the same link.

Weights and link are known together only: two fits may share out an effect between them in other
ways, which the standard errors, those of the weights for a given link, do not know. So weights of
two recordings of the same neurons compare best with one link.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve

from circuitlib.methods.single_index.errors import free_errors
from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.model import Model
from circuitlib.methods.single_index.quadratic import Quadratic
from circuitlib.methods.single_index.scoring import penalized_curvature, penalized_losses
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.recordings.events import Events
from circuitlib.recordings.spike_trains import Recording

#: Steps at most, halvings of a step, and the part of a standard error, in the root mean square, at
#: which the fit ends.
_STEPS, _HALVINGS, _TOLERANCE = 25, 10, 0.1


class HeldWeights(NamedTuple):
    """Weights with their standard errors, each of shape ``(post, pre)``."""

    weights: Float[np.ndarray, "post pre"]
    errors: Float[np.ndarray, "post pre"]


def weights_with_link_of(fitted: SingleIndex, recording: Recording) -> HeldWeights:
    """Fit free weights, offsets and what an angle adds to a recording, with the link of a fit.

    Parameters
    ----------
    fitted
        A fit with free, directed weights, from which this one starts.
    recording
        Another recording of the same neurons, such as a surrogate.

    Raises
    ------
    ValueError
        If the weights of the fit are tied together or symmetric.
    """
    if not fitted.directed or fitted.structure_ is not None:
        raise ValueError("only a fit with free, directed weights has a link to be held")
    decay = float(np.exp(-fitted.bin_width / fitted.tau))
    likelihood = EventLikelihood(Events.of(recording, fitted.bin_width), decay, fitted.sources_)
    model = fitted.model_
    losses = penalized_losses(likelihood, model)
    for _ in range(_STEPS):
        gradient, step = _step(likelihood, model)
        fall = -float((gradient * step).sum())
        if np.sqrt(max(fall, 0.0) / step.size) <= _TOLERANCE:
            break
        lengths = np.ones(len(step))
        for _ in range(_HALVINGS):  # each neuron for itself, because no two share a parameter
            proposed = _moved(model, step * lengths[:, None])
            proposed_losses = penalized_losses(likelihood, proposed)
            worse = proposed_losses > losses
            if not worse.any():
                break
            lengths[worse] /= 2
        else:
            proposed = _moved(model, step * (lengths * ~worse)[:, None])
            proposed_losses = penalized_losses(likelihood, proposed)
        model, losses = proposed, proposed_losses
    quadratic = Quadratic.of(penalized_curvature(likelihood, model), model)
    return HeldWeights(quadratic.origin, free_errors(quadratic, symmetric=False))


def _moved(model: Model, by: Float[np.ndarray, "post own"]) -> Model:
    return replace(model, weights=model.weights + by[:, :-1], offsets=model.offsets + by[:, -1])


def _step(
    likelihood: EventLikelihood, model: Model
) -> tuple[Float[np.ndarray, "post own"], Float[np.ndarray, "post own"]]:
    """Return the gradient and the step of Fisher scoring of what each neuron owns."""
    curvature = penalized_curvature(likelihood, model)
    slopes = curvature.gradient.own
    steps = [
        -cho_solve(cho_factor(own.astype(np.float64)), slope)
        for own, slope in zip(curvature.own, slopes, strict=True)
    ]
    return slopes, np.stack(steps)
