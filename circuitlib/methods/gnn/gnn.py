"""The graph network of this library: weights pooled by a structure module."""

import copy
from dataclasses import dataclass, field

import numpy as np
import torch
from jaxtyping import Float, Float32

from circuitlib._seeding import derived_seed, seeded
from circuitlib.methods.estimator import VALIDATION
from circuitlib.methods.gnn.events import history_basis
from circuitlib.methods.gnn.expansion import StructureFit, refine
from circuitlib.methods.gnn.graph_network import GraphNetwork
from circuitlib.methods.gnn.messages import Messages
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.structure_module import GivenWeights, PairwiseWeights, quiet_modes
from circuitlib.methods.gnn.training import Training
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Ends of the exponential decay of the learning rate with the structure module.
_RATES = (3e-3, 1e-4)
#: Bins from one to the next at which expansions evaluate the expected spikes.
_EVERY = 20


@dataclass
class GNN(GraphNetwork):
    """Weights from a structure module, trained to predict spikes through a graph network.

    Training has three kinds of stages. First the spike module learns together with free weights,
    which start from partial correlations. Then, in each round, the likelihood of the whole
    recording is expanded in the weights (:mod:`circuitlib.methods.gnn.expansion`), the structure
    module is trained on the expansion, and both modules go on together on the spikes; if they end
    up with a worse validation loss than before, the weights before go on in their place. After the
    last expansion, several structure modules start from different random parameters, and their mean
    weights are used. If these are worse than the weights about which the likelihood is expanded,
    the structure module that was trained on the spikes goes on in their place. Beyond either come
    the weights that validation asks for (:func:`circuitlib.methods.gnn.expansion.refine`). The last
    part of the recording is kept for validation. The curvature of the likelihood takes memory that
    grows with the cube of the number of neurons: 2 GB for 500.

    The weights depend on the order of the neurons as they do on the seed: training starts from
    random numbers that are drawn for one neuron after the other.

    Parameters
    ----------
    seed
        Seed of the initial parameters and of the batches.
    bin_width
        Bins of the prediction in seconds. Counts in wider bins are predicted in their own, and
        `fit` sets `bin_width` to these.
    tau
        Synaptic time constant in seconds. The history that a prediction sees is six of them long;
        the modes of the population are computed in bins of two.
    n_quiet, n_loud
        Modes that describe a neuron, see :func:`quiet_modes`. Of the numbers of quiet modes, the
        one of least validation loss on the first expansion is used; it is kept as `n_quiet_`.
    embedding, hidden
        Sizes in the structure module, see :class:`PairwiseWeights`.
    width, messages
        Size and kind of the messages, see :class:`SynapticConv`.
    batch
        Spikes per step of training on the spikes; an eighth as many bins are drawn besides.
    n_free, n_steps
        Steps with free weights, and steps with the structure module after each expansion but the
        last.
    n_rounds, n_fit, n_starts
        Expansions, steps on each of them, and structure modules that are trained on the last.
    thinning
        All expansions but the last use one in this many spikes.
    validate_every
        Steps on the spikes between validations.
    validation
        Part of the recording kept for validation.
    device
        Where torch computes. Results on the CPU are the same for one seed and number of threads.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3, for the model; the training is our own.
    """

    seed: int = 0
    bin_width: float = 1e-4
    tau: float = 10e-3
    n_quiet: tuple[int, ...] = (3, 5, 8, 12)
    n_loud: int = 0
    embedding: int = 32
    hidden: int = 64
    width: int = 16
    messages: Messages = "sender"
    batch: int = 512
    n_free: int = 1000
    n_steps: int = 2000
    n_rounds: int = 2
    n_fit: int = 1000
    n_starts: int = 3
    thinning: int = 4
    validate_every: int = 250
    validation: float = VALIDATION
    device: str = "cpu"
    n_quiet_: int = field(init=False, repr=False)
    eigenvalues_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    fits_: list[StructureFit] = field(init=False, repr=False)

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> "GNN":
        """Return the settings ``"quick"`` (minutes) or ``"paper"`` (up to an hour)."""
        if name == "quick":
            return cls(seed=seed)
        if name == "paper":
            return cls(seed=seed, n_steps=3000, n_fit=1500, n_starts=8, thinning=2)
        raise ValueError(f'`preset` must be "quick" or "paper", got {name!r}')

    @property
    def basis(self) -> Float32[np.ndarray, "lags features"]:
        """The functions of the lag that summarise a neuron's recent spikes."""
        return history_basis(self.bin_width, self.tau)

    @property
    def n_bins(self) -> int:
        """Bins per step, beside `batch` spikes."""
        return max(self.batch // 8, 1)

    @property
    def _n_steps(self) -> int:
        """Steps of the training, for the progress bar."""
        n_fits = len(set(self.n_quiet)) + max(self.n_rounds - 2, 0) + self.n_starts
        return self.n_free + (self.n_rounds - 1) * self.n_steps + n_fits * self.n_fit

    def _check(self, recording: Recording) -> None:
        """Raise `ValueError` if a setting does not fit the recording."""
        if self.n_rounds < 2:
            raise ValueError(f"`n_rounds` must be at least 2, got {self.n_rounds}")
        if recording.duration < 200 * self.tau:
            raise ValueError(
                f"the recording is too short: {recording.duration:g} s; for a time constant of "
                f"{self.tau:g} s at least {200 * self.tau:g} s are needed"
            )

    def _train(self, training: Training, coarse: Spikes) -> SpikeModel:
        """Go through the stages; return the fitted model."""
        _, self.eigenvalues_ = quiet_modes(coarse, 1, 0)
        # As many as the population has, at most; chosen on the first expansion.
        most = coarse.n_neurons - self.n_loud
        n_quiet = sorted({min(number, most) for number in self.n_quiet})
        stage = self._free_stage(training, coarse, self.width, self.messages)
        for number in range(1, self.n_rounds):
            before = stage
            chosen, structure = self._start(training, coarse, before.model, number, n_quiet)
            n_quiet = [chosen]
            model = copy.deepcopy(before.model)
            model.structure = structure
            stage = training.descend(model, self.n_steps, _RATES)
            if stage.loss > before.loss:  # a circuit without order: nothing to pool
                training.bar.total += self.n_steps
                stage = training.descend(copy.deepcopy(before.model), self.n_steps, _RATES)
        [self.n_quiet_] = n_quiet
        return self._finish(training, coarse, stage.model, self.n_quiet_)

    def _start(
        self,
        training: Training,
        coarse: Spikes,
        model: SpikeModel,
        number: int,
        n_quiet: list[int],
    ) -> tuple[int, PairwiseWeights]:
        """Choose the number of quiet modes of least validation loss; return it with the module."""
        if training.next_is_saved:  # with all parameters
            best = int(training.notes.get("n_quiet", n_quiet[0]))
            training.bar.update(len(n_quiet) * self.n_fit)
            return best, self._structure(coarse, best, number, 0)
        expansions = training.expand(model, self.thinning, _EVERY)
        structures = {each: self._structure(coarse, each, number, 0) for each in n_quiet}
        losses = {
            each: training.fit(structure, expansions, self.n_fit).loss
            for each, structure in structures.items()
        }
        best = min(losses, key=lambda each: losses[each])
        training.notes["n_quiet"] = np.array(best)
        return best, structures[best]

    def _finish(
        self, training: Training, coarse: Spikes, model: SpikeModel, n_quiet: int
    ) -> SpikeModel:
        """Fit structure modules to an expansion of all spikes; give the model their weights."""
        expansions = training.expand(model, 1, _EVERY)
        self.fits_ = [
            training.fit(
                self._structure(coarse, n_quiet, self.n_rounds, start), expansions, self.n_fit
            )
            for start in range(self.n_starts)
        ]
        with torch.no_grad():
            weights = torch.stack([fit.structure() for fit in self.fits_]).mean(dim=0)
        if expansions.validation.loss(weights) > 0:  # worse than what the training had found
            training.bar.total += self.n_fit
            self.fits_.append(training.fit(copy.deepcopy(model.structure), expansions, self.n_fit))
            with torch.no_grad():
                weights = self.fits_[-1].structure()
        embedded = {
            fit.loss: fit.structure.embedding()
            for fit in self.fits_
            if isinstance(fit.structure, PairwiseWeights)
        }
        self.embedding_ = embedded[min(embedded)].detach().cpu().numpy()
        model.structure = GivenWeights(refine(weights, *expansions))
        return model

    def _structure(self, coarse: Spikes, n_quiet: int, number: int, start: int) -> PairwiseWeights:
        """Make the structure module of a round, with one of its random starts."""
        features, _ = quiet_modes(coarse, n_quiet, self.n_loud)
        with seeded(derived_seed(self.seed, number, start + 1)):
            structure = PairwiseWeights(features, self.embedding, self.hidden)
        return structure.to(self.device)
