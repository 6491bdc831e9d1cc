"""Maximum likelihood by Fisher scoring: weights, offsets and link together."""

import warnings
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, cg
from tqdm.auto import tqdm

from circuitlib.methods.single_index.likelihood import Curvature, EventLikelihood
from circuitlib.methods.single_index.link import Link, penalty
from circuitlib.methods.single_index.model import Model, Step

#: What a fit learns of the weights between neurons: all, their symmetric part, or nothing.
Kind = Literal["free", "symmetric", "given"]

#: Steps at most in which the link keeps its knots, first and afterwards; halvings of a step.
_FIRST_STEPS, _STEPS, _HALVINGS = 3, 25, 12
#: Spikes for each parameter that are enough for a first fit, and the part of the recording that
#: they may be at most: else a first fit does not pay.
_ENOUGH, _SHORTER = 50, 0.5
#: Steps after which all but given weights has settled.
_SETTLING_STEPS = 3
#: The fit ends when the parameters are closer to the optimum than this part of a standard error, in
#: the root mean square; or when a step lowers the loss by less than this part of what that is
#: worth, because the information, which the spikes estimate, promises more than there is.
_TOLERANCE, _WORTHLESS = 0.1, 0.1
#: The fit also ends when they are no farther than this and the next step would lead away: scoring
#: follows the information, so it then leaves an optimum along a valley that it does not see, in
#: which link and weights go on to fit the chance of a recording together.
_CLOSE = 0.3
#: Inverse variance of a prior on weights and offsets, in units of log rate. It counts as little as
#: one spike, and gives a minimum to what no spike tells.
_PRIOR = 1.0
#: The same for the coefficients of the link, whose unit and level only the weights tell.
_LINK_PRIOR = 1e-3
#: Relative precision of a step among symmetric weights. The information is an estimate, so more
#: would be wasted.
_STEP_PRECISION, _MOST_PRODUCTS = 1e-3, 500
#: Looks at most at where the link falls after a step.
_LOOKS = 5


def maximize(likelihood: EventLikelihood, symmetric: bool, progress: bool = False) -> Model:
    """Fit a model with weights that are free, or free but symmetric.

    Each step is one of Fisher scoring for all parameters together, and is halved until the loss
    falls. After the first steps the link gets new knots, where the spikes are by then. A long
    recording is read in full only after some steps on its beginning.

    Parameters
    ----------
    likelihood
        The recording.
    symmetric
        Whether the weights between two neurons are equal in both directions.
    progress
        Show a progress bar.

    Warns
    -----
    UserWarning
        If the fit ends before the gradient says that it is done.
    """
    kind: Kind = "symmetric" if symmetric else "free"
    n_parameters = likelihood.n_neurons * (likelihood.sources.number + 1)
    part = _ENOUGH * n_parameters / likelihood.n_spikes.sum()
    first = likelihood if part > _SHORTER else likelihood.beginning(part)
    model = first.first_model()
    if symmetric:
        model = first.with_best_link(_symmetrized(model.weights), model.offsets)
    with tqdm(desc="fit", unit="step", disable=not progress, leave=False) as bar:
        model, _ = _score(first, model, kind, _FIRST_STEPS, bar)
        if first is not likelihood:
            model = first.with_best_link(model.weights, model.offsets)
            model, _ = _score(first, model, kind, _FIRST_STEPS, bar)
        model = likelihood.with_best_link(model.weights, model.offsets)
        model, left = _score(likelihood, model, kind, _STEPS, bar)
    if left > _TOLERANCE:
        warnings.warn(
            f"the fit ended {left:.2g} standard errors from the optimum, in the root mean square; "
            "give a longer recording or fewer units",
            stacklevel=3,
        )
    return model


def settle(
    likelihood: EventLikelihood, weights: Float[np.ndarray, "post pre"], like: Model
) -> Model:
    """Fit all but the weights between neurons, which are given.

    Parameters
    ----------
    likelihood
        The recording.
    weights
        The weights ``[post, pre]``, those from hidden neurons last; their diagonal is not read.
    like
        A model from whose offsets and weights of neurons on themselves to start.
    """
    n, m = weights.shape
    apart, joined = ~np.eye(n, m, dtype=bool), like.weights.copy()
    joined[:, :m][apart] = weights[apart]
    model = likelihood.with_best_link(joined, like.offsets)
    with tqdm(disable=True) as bar:
        model, _ = _score(likelihood, model, "given", _SETTLING_STEPS, bar)
    return model


def penalized_curvature(
    likelihood: EventLikelihood, model: Model, given: bool = False
) -> Curvature:
    """Return the curvature of the loss with the priors of weights, offsets and link.

    The mean log rate at the spikes and its mean slope are held where they are. Information on
    weights between neurons that are `given` is left out.
    """
    curvature, coefficients = likelihood.curvature(model, given), model.link.coefficients
    rough = _link_penalty(model.link)
    own = np.column_stack((model.weights, model.offsets))
    gradient = Step(
        curvature.gradient.own + _PRIOR * own, curvature.gradient.link + rough @ coefficients
    )
    diagonal = np.einsum("ijj->ij", curvature.own)
    diagonal += np.float32(_PRIOR)
    # Weights and link know unit and level of the drive only together: hold both at the spikes.
    held = curvature.unit.T @ curvature.unit / curvature.n_spikes
    return curvature._replace(gradient=gradient, link=curvature.link + rough + held)


def _link_penalty(link: Link) -> Float[np.ndarray, "splines splines"]:
    prior = _LINK_PRIOR * np.eye(len(link.coefficients))
    return penalty(link.coefficients, link.width) + prior


def penalized_losses(likelihood: EventLikelihood, model: Model) -> Float[np.ndarray, " neurons"]:
    """Return the loss of each neuron with the priors of its parameters, but not of the link."""
    own = (model.weights**2).sum(axis=1) + model.offsets**2
    return np.asarray(likelihood.losses(model) + _PRIOR * own / 2)


def _roughness(link: Link) -> float:
    return float(link.coefficients @ _link_penalty(link) @ link.coefficients) / 2


def _score(
    likelihood: EventLikelihood, model: Model, kind: Kind, n_steps: int, bar: tqdm
) -> tuple[Model, float]:
    """Take steps until the gradient says that the optimum is near; return how near it is."""
    n, n_nodes = likelihood.n_neurons, likelihood.sources.n_neurons
    # Own traces, offsets, and what an angle adds.
    n_other = n * (likelihood.sources.number - n_nodes + 2)
    between = {"free": n * (n - 1), "symmetric": n * (n - 1) / 2, "given": 0}
    n_free = n_other + between[kind]
    losses, left = penalized_losses(likelihood, model), np.inf
    last_model, last_left = model, np.inf
    for _ in range(n_steps):
        curvature = penalized_curvature(likelihood, model, kind == "given")
        step = _rising_step(curvature, model.link, kind, n_nodes)
        gradient = curvature.gradient
        fall = -float((gradient.own * step.own).sum() + gradient.link @ step.link)
        left = np.sqrt(max(fall, 0.0) / n_free)
        bar.update()
        bar.set_postfix_str(f"{left:.2g} standard errors from the optimum")
        if left <= _TOLERANCE:
            break
        if last_left < min(_CLOSE, left):
            return last_model, _TOLERANCE
        last_model, last_left = model, left
        before = losses.sum() + _roughness(model.link)
        model, losses = _moved(likelihood, model, losses, step, kind)
        fallen = before - losses.sum() - _roughness(model.link)
        if fallen <= 0:
            break
        if fallen <= _WORTHLESS * _TOLERANCE**2 * n_free:
            return model, _TOLERANCE
    return model, left


def _moved(
    likelihood: EventLikelihood,
    model: Model,
    losses: Float[np.ndarray, " neurons"],
    step: Step,
    kind: Kind,
) -> tuple[Model, Float[np.ndarray, " neurons"]]:
    """Take as much of a step as lowers the loss, or nothing; return the losses after it.

    The loss of all may fall while a neuron that fires rarely gets lost, far worse than its mean
    rate, from where no step leads back. Such a neuron takes less of the step than others. It can,
    because no two share a parameter but for those of the link and of symmetric weights.
    """
    best, best_losses = model, losses
    lowest = losses.sum() + _roughness(model.link)
    for _ in range(_HALVINGS):
        proposed = model.moved(step)
        proposed_losses = penalized_losses(likelihood, proposed)
        loss = proposed_losses.sum() + _roughness(proposed.link)
        lost = np.ones(len(losses), dtype=np.bool_)
        if loss < lowest:
            best, best_losses, lowest = proposed, proposed_losses, loss
            lost = (proposed_losses > losses) & likelihood.far_off(proposed_losses)
            if kind == "symmetric" or not lost.any():
                break
        elif best is not model:
            break
        else:
            step = step._replace(link=step.link / 2)
        step.own[lost] /= 2
    return best, best_losses


def _rising_step(curvature: Curvature, link: Link, kind: Kind, n_nodes: int) -> Step:
    """Minimize the quadratic model of the loss, with a penalty on where the link falls after it."""
    before = _link_penalty(link)
    for _ in range(_LOOKS):
        if kind == "symmetric":
            step = _symmetric_step(curvature)
        else:
            step = _step(curvature, n_nodes if kind == "given" else None)
        after = _link_penalty(replace(link, coefficients=link.coefficients + step.link))
        change, before = after - before, after
        if not change.any():
            break
        slope = curvature.gradient.link + change @ link.coefficients
        curvature = curvature._replace(
            gradient=curvature.gradient._replace(link=slope), link=curvature.link + change
        )
    return step


def _step(curvature: Curvature, n_given: int | None) -> Step:
    """Minimize the quadratic model of the loss: the link first, then what each neuron owns.

    Weights from the first `n_given` sources are given, but for those of neurons on themselves.
    """
    inner, by_link, solved = curvature.link.copy(), curvature.gradient.link.copy(), []
    for i, (own, cross, slope) in enumerate(
        zip(curvature.own, curvature.cross, curvature.gradient.own, strict=True)
    ):
        free = slice(None) if n_given is None else np.r_[i, n_given : len(own)]
        factor = cho_factor(own[free][:, free].astype(np.float64))
        both = np.zeros((len(own), cross.shape[1] + 1))
        both[free] = cho_solve(factor, np.column_stack((cross, slope))[free])
        solved.append(both)
        inner -= cross.T @ both[:, :-1]
        by_link -= cross.T @ both[:, -1]
    link = -np.linalg.solve(inner, by_link)
    return Step(np.stack([-both[:, -1] - both[:, :-1] @ link for both in solved]), link)


def _symmetric_step(curvature: Curvature) -> Step:
    """Minimize the quadratic model of the loss among symmetric weights."""
    shape = curvature.gradient.own.shape
    size = curvature.gradient.own.size
    # The curvature of each parameter alone is a good scale for it.
    scale = 1 / np.sqrt(
        np.concatenate(
            (
                _symmetrized(np.einsum("ijj->ij", curvature.own).astype(np.float64)).ravel(),
                np.diagonal(curvature.link),
            )
        )
    )

    def bend(flat: np.ndarray) -> np.ndarray:
        flat = flat * scale
        own, link = flat[:size].reshape(shape), flat[size:]
        bent = (curvature.own @ own[..., None].astype(np.float32))[..., 0]
        by_own = _symmetrized(bent + curvature.cross @ link)
        by_link = np.einsum("iaf,ia->f", curvature.cross, own) + curvature.link @ link
        return np.asarray(scale * np.concatenate((by_own.ravel(), by_link)))

    slope = np.concatenate((_symmetrized(curvature.gradient.own).ravel(), curvature.gradient.link))
    operator = LinearOperator((len(slope),) * 2, matvec=bend, dtype=np.float64)
    flat, _ = cg(operator, -scale * slope, rtol=_STEP_PRECISION, maxiter=_MOST_PRODUCTS)
    flat = flat * scale
    return Step(_symmetrized(flat[:size].reshape(shape)), flat[size:])


def _symmetrized(own: Float[np.ndarray, "post own"]) -> Float[np.ndarray, "post own"]:
    """Return the parameters of all neurons with the symmetric part of the weights between them."""
    out, n = own.copy(), len(own)
    out[:, :n] = (own[:, :n] + own[:, :n].T) / 2
    return out
