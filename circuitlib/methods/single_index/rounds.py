"""Hidden nodes are fitted in rounds: predict their traces, fit all with them, and repeat."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, cast

import numpy as np
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib.methods.single_index.hidden import HiddenNodes
from circuitlib.methods.single_index.interpolated import InterpolatedNodes
from circuitlib.methods.single_index.likelihood import EventLikelihood
from circuitlib.methods.single_index.model import Model
from circuitlib.methods.single_index.order import around_the_ring
from circuitlib.methods.single_index.quadratic import Quadratic
from circuitlib.methods.single_index.ring import Ring, with_profile
from circuitlib.methods.single_index.scoring import penalized_curvature, settle
from circuitlib.methods.single_index.tied import Tied

#: Hidden nodes, of which a model says what their traces are.
Nodes = HiddenNodes | InterpolatedNodes
#: Gives the likelihood of a recording with some hidden nodes, or with none.
LikelihoodWith = Callable[[Nodes | None], EventLikelihood]
#: Rounds at most, and by how many nats per unseen spike a round must be better to be followed by
#: another.
_ROUNDS, _WORTHWHILE = 6, 1e-4
#: Numbers of hidden nodes that are tried.
_NUMBERS = (5, 10, 20, 30, 40, 50)
#: Numbers in a row beyond the best one that predict worse and end the search.
_WORSE = 2
#: Hidden nodes to fit: so many, as many as unseen spikes prefer, or none.
Hidden = int | Literal["auto"] | None


class Fit(NamedTuple):
    """What a recording says with some hidden nodes.

    Parameters
    ----------
    model
        Weights, offsets and link, with weights from the hidden nodes after those of the others.
    structure
        The ring of all nodes.
    nodes
        The hidden nodes, whose traces the model uses; None if there are none.
    """

    model: Model
    structure: Tied
    nodes: Nodes | None


class Judged(NamedTuple):
    """A fit, and how well it predicts unseen spikes.

    Parameters
    ----------
    fit
        The fit.
    losses
        Loss of each neuron's unseen spikes in nats, shape ``(neurons,)``.
    """

    fit: Fit
    losses: Float[np.ndarray, " neurons"]

    @property
    def loss(self) -> float:
        """Loss of all unseen spikes in nats."""
        return float(self.losses.sum())


def numbers_of(hidden: Hidden, n_neurons: int) -> list[int]:
    """Return the numbers of hidden nodes to try beside so many recorded neurons.

    Raises
    ------
    ValueError
        If it is neither a number nor ``"auto"``.
    """
    if hidden is None:
        return []
    if hidden == "auto":
        return [number for number in _NUMBERS if number <= n_neurons]
    if isinstance(hidden, str) or hidden < 0:
        raise ValueError(f'`hidden` must be a number or "auto", got {hidden!r}')
    return [hidden] if hidden else []


def fit_round(
    likelihood: LikelihoodWith, before: Fit, directed: bool, interpolated: bool = False
) -> Fit:
    """Predict the traces of hidden nodes, and fit model and structure with them.

    Parameters
    ----------
    likelihood
        The recording.
    before
        A model of the recorded neurons with weights from the hidden ones, and a structure of all.
    directed
        Whether the weights in the two directions of a pair may differ.
    interpolated
        Whether the traces are interpolated instead.
    """
    model, n = before.model, len(before.model.weights)
    structure = before.structure.scaled(scale(before.structure.weights[:, :n], model.between))
    nodes: Nodes
    if interpolated:
        ring = cast(Ring, structure)
        nodes = InterpolatedNodes.on(ring.angles, ring.n_hidden)
    else:
        nodes = HiddenNodes.of(structure.all_weights, model)
    model, structure, _ = fit_again(likelihood(nodes), model, structure, directed)
    return Fit(model, structure, nodes)


def fit_again(
    seen: EventLikelihood, model: Model, structure: Tied, directed: bool
) -> tuple[Model, Tied, Quadratic]:
    """Fit a structure to the likelihood near it; return model, structure and this expansion.

    A structure that predicts the recording clearly worse than the one before is not taken: few
    spikes determine the expansion badly, and its minimum can be far away.
    """
    near = settle(seen, structure.weights, model)
    last = Quadratic.of(penalized_curvature(seen, near), near, seen.sources.n_neurons)
    # The link was fitted anew, and with it the unit of the weights.
    before = structure.scaled(scale(structure.weights, last.origin))
    after = before.refit(last, directed)
    model = settle(seen, after.weights, near)
    # Free weights fit half a nat of chance each; less than that is no loss.
    if (seen.losses(model) - seen.losses(near)).sum() > near.between.size / 2:
        return near, before, last
    return model, after, last


def choose_hidden(
    train: LikelihoodWith,
    validation: LikelihoodWith,
    model: Model,
    ring: Ring,
    directed: bool,
    numbers: Sequence[int],
    interpolated: bool = False,
    progress: bool = False,
) -> dict[int, Judged]:
    """Fit rings with several numbers of hidden nodes, and see how well they predict unseen spikes.

    Numbers rise until two beyond the best one are tried; that none at all are best so far ends
    nothing, because a few nodes in the place of many may predict worse than none. They begin in the
    gaps of the ring that was learned without them, or all in one gap between the others; the
    better start goes on for as long as rounds predict better. Each round divides the gaps anew, as
    by then they are known better than where the last fit moved the hidden nodes.

    Parameters
    ----------
    train, validation
        Both parts of a recording.
    model
        A model with free weights.
    ring
        The ring without hidden nodes.
    directed
        Whether the profile may be asymmetric.
    numbers
        Numbers of hidden nodes to try beside none.
    interpolated
        Whether traces are interpolated and not predicted.
    progress
        Show a progress bar.

    Returns
    -------
    dict
        The fits by the number of hidden nodes.
    """
    settled = settle(train(None), ring.weights, model)
    tried = {0: judged(validation, Fit(settled, ring, None))}
    n = len(model.weights)
    bar = tqdm(desc="hidden nodes", unit="round", disable=not progress, leave=False)

    def next_round(fit: Fit, number: int) -> Judged:
        bar.update()
        divided = cast(Ring, fit.structure).with_hidden(number)
        start = fit._replace(structure=divided)
        return judged(validation, fit_round(train, start, directed, interpolated))

    worthwhile = _WORTHWHILE * float(validation(None).n_spikes.sum())
    for number in numbers:
        bar.set_postfix_str(f"{number} of them")
        ends = around_the_ring(model.between, (number + 1) / (n + number))
        starts = ring, with_profile(ends, model.between, len(ring.cosines))
        first = settled.with_nodes(n + number)
        rounds = [
            min(
                (next_round(Fit(first, start, None), number) for start in starts),
                key=lambda each: each.loss,
            )
        ]
        while len(rounds) < _ROUNDS:
            rounds.append(next_round(rounds[-1].fit, number))
            if rounds[-1].loss > rounds[-2].loss - worthwhile:
                break
        tried[number] = min(rounds[-2:], key=lambda each: each.loss)
        best = min(tried, key=lambda each: tried[each].loss)
        if best and sum(each > best for each in tried) == _WORSE:
            break
    bar.close()
    return tried


def judged(validation: LikelihoodWith, fit: Fit) -> Judged:
    """Judge a fit by the unseen spikes."""
    return Judged(fit, validation(fit.nodes).losses(fit.model))


def scale(before: Float[np.ndarray, "post pre"], after: Float[np.ndarray, "post pre"]) -> float:
    """Return by how much weights between neurons were scaled when the link was fitted anew."""
    n, m = before.shape
    apart = ~np.eye(n, m, dtype=bool)
    power = float((before[apart] ** 2).sum())
    return float(before[apart] @ after[apart]) / power if power > 0 else 1.0
