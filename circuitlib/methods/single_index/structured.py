"""A structure of the weights, fitted to one part of a recording and judged on another."""

from typing import Literal, NamedTuple

from circuitlib.methods.single_index.errors import Advantage, advantage_over_free
from circuitlib.methods.single_index.low_rank import fit_low_rank
from circuitlib.methods.single_index.quadratic import Quadratic
from circuitlib.methods.single_index.ring import fit_ring
from circuitlib.methods.single_index.rounds import (
    Fit,
    Judged,
    LikelihoodWith,
    choose_hidden,
    judged,
)
from circuitlib.methods.single_index.scoring import maximize, penalized_curvature, settle
from circuitlib.methods.single_index.tied import Tied

Structure = Literal["free", "low-rank", "ring", "pairs"]


class Structured(NamedTuple):
    """A structure, and how well it predicts.

    Parameters
    ----------
    fit
        The structure, and the model to which it belongs.
    advantage
        That of the structure over free weights on unseen spikes.
    tried
        Rings with each number of hidden nodes that was tried, with their loss of unseen spikes.
    """

    fit: Fit
    advantage: Advantage
    tried: dict[int, Judged]


class Fitting(NamedTuple):
    """How structures are fitted.

    Parameters
    ----------
    train, validation
        Give the likelihoods of the part that is fitted, and of the part whose spikes are unseen.
    structure
        What ties the weights together.
    directed
        Whether the weights in the two directions of a pair may differ.
    interpolated
        Whether hidden nodes are the paper's, whose traces are interpolated, and not predicted.
    seed
        Seed of the random starts.
    progress
        Show progress bars.
    """

    train: LikelihoodWith
    validation: LikelihoodWith
    structure: Structure
    directed: bool
    interpolated: bool
    seed: int
    progress: bool

    def fit(self, numbers: list[int], is_chosen: bool) -> Structured:
        """Fit the structure to a recording.

        Parameters
        ----------
        numbers
            Numbers of hidden nodes to try.
        is_chosen
            Whether unseen spikes choose among these and none; else there is one number.
        """
        train, validation = self.train(None), self.validation(None)
        free = maximize(train, not self.directed, self.progress)
        near, unseen = (
            Quadratic.of(penalized_curvature(each, free), free) for each in (train, validation)
        )
        tried: dict[int, Judged] = {}
        number = numbers[0] if numbers else 0
        if numbers:
            ring = fit_ring(near, near.origin, self.directed)
            tried = choose_hidden(
                self.train,
                self.validation,
                free,
                ring,
                self.directed,
                numbers,
                self.interpolated,
                self.progress,
            )
            if is_chosen:
                number = min(tried, key=lambda n: tried[n].loss)
        if number:
            best = tried[number]
            if self.structure == "pairs":
                best = self._pairs_among(best.fit)
            fit, gains = best.fit, validation.losses(free) - best.losses
        else:
            fit = Fit(free, self._tied(near, unseen), None)
            gains = -unseen.losses(fit.structure.weights)
        return Structured(fit, advantage_over_free(gains, unseen.n_spikes), tried)

    def _tied(self, train: Quadratic, validation: Quadratic, guess: Tied | None = None) -> Tied:
        """Fit the structure to an expansion of the likelihood."""
        if self.structure == "ring":
            return fit_ring(train, train.origin, self.directed)
        if self.structure == "low-rank":
            return fit_low_rank(train, validation, train.origin, self.directed)
        from circuitlib.methods.single_index.pairs import fit_pairs  # torch, only if needed

        weights = train.origin if guess is None else guess.all_weights
        return fit_pairs(train, validation, weights, self.directed, self.seed, self.progress)

    def _pairs_among(self, fit: Fit) -> Judged:
        """Let pairs of nodes have the weights of the structure module, and not those of a ring."""
        train, validation = self.train(fit.nodes), self.validation(fit.nodes)
        near, unseen = (
            Quadratic.of(penalized_curvature(each, fit.model), fit.model, each.sources.n_neurons)
            for each in (train, validation)
        )
        found = self._tied(near, unseen, fit.structure)
        model = settle(train, found.weights, fit.model)
        return judged(self.validation, Fit(model, found, fit.nodes))
