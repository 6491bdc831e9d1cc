"""Weights from the paper's structure module, trained on an expansion of the likelihood.

The features of a neuron are its part in the leading modes of weights that were inferred before:
first of weights that are free, then of those that the module made of them.
"""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

from circuitlib._seeding import derived_seed, seeded
from circuitlib.methods.gnn.optimizer import DecayingAdam
from circuitlib.methods.gnn.structure_module import PairwiseWeights
from circuitlib.methods.single_index.quadratic import Quadratic

#: Standard deviations of the noise to choose from, where the first feature has a mean square of
#: one; and the parts of it in the rounds that follow. Without noise the first of these is the last.
_NOISES, _LATER = (0.0, 0.1, 0.3), (2 / 3, 1 / 3)
#: Modes that describe a neuron and steps of the training, in the first round and in the later ones;
#: random starts in the later ones.
_FIRST_MODES, _FIRST_STEPS, _MODES, _STEPS, _STARTS = 16, 500, 12, 600, 3
#: Ends of the exponential decay of the learning rate; steps between two looks at the validation
#: loss; and largest norm of a gradient.
_RATES, _LOOK, _LARGEST = (5e-3, 1e-4), 50, 0.5
#: Steps of a fit that goes on from another, and ends of its learning rate.
_MORE_STEPS, _MORE_RATES = 150, (1e-3, 1e-4)


@dataclass(frozen=True, eq=False)
class PairStructure:
    """Structure modules from several random starts; their mean weights count.

    Parameters
    ----------
    modules
        The modules, with the parameters of least validation loss.
    n_seen
        How many of the neurons, the first ones, were recorded; the others are hidden.
    """

    modules: tuple[PairwiseWeights, ...]
    n_seen: int

    @property
    def weights(self) -> Float[np.ndarray, "post pre"]:
        """The weights of recorded neurons ``[post, pre]``, with a zero diagonal."""
        return self.all_weights[: self.n_seen]

    @property
    def all_weights(self) -> Float[np.ndarray, "nodes nodes"]:
        """The weights between all neurons."""
        return np.asarray(self.each.mean(axis=0))

    @property
    def each(self) -> Float[np.ndarray, "starts nodes nodes"]:
        """The weights between all neurons of each start."""
        with torch.no_grad():
            return torch.stack([module() for module in self.modules]).numpy().astype(np.float64)

    @property
    def scatter(self) -> Float[np.ndarray, "post pre"]:
        """The standard deviation of the weights over the starts, as if there were one start.

        Few starts tell little of one weight, so variances are averaged over those of its neurons.
        """
        if len(self.modules) < 2:
            return np.zeros_like(self.weights)
        variance = self.each.var(axis=0, ddof=1)[: self.n_seen]
        return np.asarray(
            np.sqrt((variance.mean(axis=1)[:, None] + variance.mean(axis=0)[None, :]) / 2)
        )

    def scaled(self, factor: float) -> "PairStructure":
        """Return modules of weights that are `factor` times as large."""
        modules = copy.deepcopy(self.modules)
        with torch.no_grad():
            for module in modules:
                for parameter in module.pairs.last.parameters():
                    parameter.mul_(factor)
        return PairStructure(modules, self.n_seen)

    def refit(self, train: Quadratic, directed: bool) -> "PairStructure":
        """Fit the modules to an expansion, from where they stand."""
        del directed  # the modules know
        loss, modules = QuadraticLoss(train), copy.deepcopy(self.modules)
        for module in modules:
            module.train()
            adam = DecayingAdam(module, _MORE_STEPS, *_MORE_RATES, largest_gradient=_LARGEST)
            with seeded(0):  # the same noise each time
                for step in range(_MORE_STEPS):
                    adam.step(loss.downhill(module()), step)
            module.eval()
        return PairStructure(modules, self.n_seen)

    def response(
        self, other: Quadratic, directed: bool, draw: int
    ) -> Float[np.ndarray, "post pre"]:
        """Return how the weights of one start change if it is fitted to another likelihood."""
        one = PairStructure((self.modules[draw % len(self.modules)],), self.n_seen)
        return np.asarray(one.refit(other, directed).weights - one.weights)


def fit_pairs(
    train: Quadratic,
    validation: Quadratic,
    weights: Float[np.ndarray, "nodes nodes"],
    directed: bool,
    seed: int,
    progress: bool = False,
) -> PairStructure:
    """Fit structure modules in rounds, each on the modes of the weights of the one before.

    Parameters
    ----------
    train, validation
        Expansions of the likelihood of both parts of a recording. The noise and the parameters of
        least validation loss are kept.
    weights
        Weights between all neurons to begin with: those that are free, or with hidden neurons those
        of another structure.
    directed
        Whether the weights in the two directions of a pair may differ.
    seed
        Seed of the random starts.
    progress
        Show a progress bar.
    """
    losses, n_seen = (QuadraticLoss(train), QuadraticLoss(validation)), len(train.origin)

    bar = tqdm(desc="structure", unit="start", disable=not progress, leave=False)

    def fitted(modes: np.ndarray, noise: float, n_steps: int, *place: int) -> PairwiseWeights:
        with seeded(derived_seed(seed, *place)):
            module = PairwiseWeights(modes, directed=directed, noise=noise)
            module = _fit(module, *losses, n_steps)
        bar.update()
        return module

    modes = leading_modes(weights, _FIRST_MODES, directed)
    first = [fitted(modes, noise, _FIRST_STEPS, 0, start) for start, noise in enumerate(_NOISES)]
    best = min(first, key=lambda module: validation.loss(PairStructure((module,), n_seen).weights))
    found = PairStructure((best,), n_seen)
    for number, part in enumerate(_LATER if best.noise else _LATER[:1], start=1):
        modes, noise = leading_modes(found.all_weights, _MODES, directed), part * best.noise
        starts = [fitted(modes, noise, _STEPS, number, start) for start in range(_STARTS)]
        found = PairStructure(tuple(starts), n_seen)
    bar.close()
    return found


def leading_modes(
    weights: Float[np.ndarray, "post pre"], number: int, directed: bool
) -> Float[np.ndarray, "neurons features"]:
    """Describe each neuron by its part in the leading modes of weights.

    Modes are eigenvectors, or for directed weights the singular vectors of both sides. The first
    has a mean square of one, the others as much less as the weights contain less of them.
    """
    if directed:
        post, sizes, pre = np.linalg.svd(weights)
        modes = np.concatenate((post[:, :number], pre[:number].T), axis=1)
        sizes = np.tile(sizes[:number], 2)
    else:
        values, modes = np.linalg.eigh((weights + weights.T) / 2)
        order = np.argsort(-np.abs(values))[:number]
        modes, sizes = modes[:, order], np.abs(values[order])
    scale = np.sqrt(len(weights) * sizes / max(sizes[0], 1e-12))
    return np.asarray(modes * scale)


class QuadraticLoss:
    """A quadratic loss per spike, for torch; the curvature stays where it is."""

    def __init__(self, quadratic: Quadratic) -> None:
        self.n_spikes = quadratic.n_spikes
        self.curvature = torch.from_numpy(quadratic.curvature)
        cross = quadratic.cross.reshape(-1, len(quadratic.inverse))
        parts = (quadratic.origin, quadratic.gradient, cross, quadratic.inverse)
        self.origin, self.gradient, self.cross, self.inverse = (
            torch.tensor(part, dtype=torch.float32) for part in parts
        )

    @torch.no_grad()
    def value(self, weights: Float[Tensor, "nodes nodes"]) -> float:
        """Return the loss of some weights."""
        step, bent = self._bent(weights)
        return float(((self.gradient + bent / 2) * step).sum()) / self.n_spikes

    def downhill(self, weights: Float[Tensor, "nodes nodes"]) -> Float[Tensor, ""]:
        """Return a linear function of the weights that has the gradient of the loss."""
        with torch.no_grad():  # it is known, so the graph need not go through the curvature
            slope = (self.gradient + self._bent(weights)[1]) / self.n_spikes
        return (slope * weights[: len(slope)]).sum()

    def _bent(self, weights: Tensor) -> tuple[Tensor, Tensor]:
        """Return the step from the origin, and the product of all curvature with it."""
        step = weights[: len(self.origin)] - self.origin
        bent = torch.bmm(self.curvature, step[..., None])[..., 0]
        shared = self.inverse @ (step.flatten() @ self.cross)
        return step, bent - (self.cross @ shared).view_as(bent)


def _fit(
    module: PairwiseWeights, train: QuadraticLoss, validation: QuadraticLoss, n_steps: int
) -> PairwiseWeights:
    """Train a module by Adam; return it with its parameters of least validation loss."""
    adam = DecayingAdam(module, n_steps, *_RATES, largest_gradient=_LARGEST)
    best, least = copy.deepcopy(module.state_dict()), np.inf
    for step in range(n_steps):
        module.train()
        adam.step(train.downhill(module()), step)
        if (step + 1) % _LOOK == 0:
            module.eval()
            loss = validation.value(module())
            if loss < least:
                best, least = copy.deepcopy(module.state_dict()), loss
    module.load_state_dict(best)
    return module.eval()
