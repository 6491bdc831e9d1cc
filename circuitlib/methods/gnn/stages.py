"""The stages of training a graph network, each resumed if it was begun before."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from sklearn.covariance import ledoit_wolf
from torch import nn
from tqdm.auto import tqdm

from circuitlib._seeding import derived_seed, seeded
from circuitlib.methods.estimator import VALIDATION
from circuitlib.methods.gnn.batches import Batches
from circuitlib.methods.gnn.checkpoint import Checkpoint
from circuitlib.methods.gnn.events import history_basis
from circuitlib.methods.gnn.expansion import Expansion, StructureFit, expand, fit_structure, refine
from circuitlib.methods.gnn.messages import Messages
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.structure_module import GivenWeights, PairwiseWeights, quiet_modes
from circuitlib.methods.gnn.training import Descent, under
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Size (standard deviation) of the weights from which training starts.
_START = 0.1
#: Ends of the exponential decay of the learning rate, with free weights and with structure.
FREE_RATES, _RATES = (5e-3, 1e-3), (3e-3, 1e-4)


@dataclass
class Settings:
    """The hyper-parameters of :class:`circuitlib.methods.gnn.gnn.GNN`, which describes them."""

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

    @property
    def basis(self) -> Float32[np.ndarray, "lags features"]:
        """The functions of the lag that summarise a neuron's recent spikes."""
        return history_basis(self.bin_width, self.tau)


class Course:
    """The stages of one training, each resumed if it was begun before."""

    def __init__(
        self,
        settings: Settings,
        recording: Recording,
        train: Batches,
        validation: Batches,
        checkpoint: Checkpoint,
        progress: bool,
    ) -> None:
        self.settings, self.train, self.validation = settings, train, validation
        self.coarse = recording.binned(2 * settings.tau)
        _, self.eigenvalues = quiet_modes(self.coarse, 1, 0)
        self.checkpoint, self.saved = checkpoint, checkpoint.saved
        self.stages: list[Descent] = []
        # As many as the population has, at most; chosen on the first expansion.
        most = self.coarse.n_neurons - settings.n_loud
        self.candidates = sorted({min(number, most) for number in settings.n_quiet})
        self.n_quiet = int(self.saved.get("n_quiet", self.candidates[0]))
        n_fits = len(self.candidates) + max(settings.n_rounds - 2, 0) + settings.n_starts
        n_steps = settings.n_free + (settings.n_rounds - 1) * settings.n_steps
        self.bar = tqdm(
            total=n_steps + n_fits * settings.n_fit,
            desc="train",
            unit="step",
            disable=not progress,
            leave=False,
        )

    def run(self) -> tuple[SpikeModel, list[StructureFit]]:
        """Go through all stages; return the model and the last fits of the structure module."""
        with self.bar:
            self._descend(self._free_stage())
            for number in range(1, self.settings.n_rounds):
                before = self.stages[-1]
                self._descend(self._structured_stage(number))
                if self.stages[-1].loss > before.loss:  # a circuit without order: nothing to pool
                    self._descend(self._further_stage(before.model))
            model = self.stages[-1].model
            expansions = self._expand(1)
            fits = [
                self._fit(expansions, self.settings.n_rounds, start)
                for start in range(self.settings.n_starts)
            ]
            with torch.no_grad():
                weights = torch.stack([fit.structure() for fit in fits]).mean(dim=0)
            if expansions[1].loss(weights) > 0:  # worse than what the training had found
                fits.append(self._fit_further(expansions))
                with torch.no_grad():
                    weights = fits[-1].structure()
        model.structure = GivenWeights(refine(weights, *expansions))
        return model, fits

    def _free_stage(self) -> Descent:
        settings = self.settings
        mean_counts = torch.tensor(self.train.events.mean_counts, dtype=torch.float32)
        with seeded(derived_seed(settings.seed, 0, 0)):
            model = SpikeModel(
                first_weights(self.coarse),
                mean_counts,
                nn.Linear(settings.basis.shape[1], settings.width),
                settings.messages,
            )
        return self._begin(model.to(settings.device), settings.n_free, *FREE_RATES)

    def _structured_stage(self, number: int) -> Descent:
        settings = self.settings
        model = copy.deepcopy(self.stages[-1].model)
        if f"{len(self.stages)}/step" in self.saved:
            model.structure = self._structure(number, 0)
            self.bar.update(settings.n_fit * (len(self.candidates) if number == 1 else 1))
        else:
            expansions = self._expand(settings.thinning)
            fit = self._choose(expansions) if number == 1 else self._fit(expansions, number, 0)
            model.structure = fit.structure
        return self._begin(model, settings.n_steps, *_RATES)

    def _further_stage(self, model: SpikeModel) -> Descent:
        """Go on from a stage that validated better than the structure module after it."""
        self.bar.total += self.settings.n_steps
        return self._begin(copy.deepcopy(model), self.settings.n_steps, *_RATES)

    def _choose(self, expansions: list[Expansion]) -> StructureFit:
        """Find the number of quiet modes of least validation loss; return the fit with it."""
        fits = {}
        for n_quiet in self.candidates:
            self.n_quiet = n_quiet
            fits[n_quiet] = self._fit(expansions, 1, 0)
        self.n_quiet = min(fits, key=lambda number: fits[number].loss)
        return fits[self.n_quiet]

    def _begin(
        self, model: SpikeModel, n_steps: int, learning_rate: float, final_learning_rate: float
    ) -> Descent:
        number, n_spikes = len(self.stages), self.settings.batch
        stage = Descent(
            model,
            (self.settings.seed, number),
            n_spikes,
            max(n_spikes // 8, 1),
            learning_rate,
            final_learning_rate,
            n_steps,
        )
        self.stages.append(stage)
        state = under(self.saved, f"{number}/")
        if state:
            try:
                stage.restore(state)
            except (KeyError, ValueError, RuntimeError) as error:
                raise self.checkpoint.damaged(error) from None
            self.bar.update(stage.step)
        return stage

    def _descend(self, stage: Descent) -> None:
        while stage.step < stage.n_steps:
            n_steps = min(self.settings.validate_every, stage.n_steps - stage.step)
            stage.advance(self.train, self.validation, n_steps)
            self.bar.update(n_steps)
            self.bar.set_postfix(validation=f"{stage.history[-1][2]:.4f}")
            self._keep()

    def _keep(self) -> None:
        """Write the state of the stages that have begun."""
        arrays = {
            f"{number}/{name}": value
            for number, stage in enumerate(self.stages)
            for name, value in stage.arrays().items()
        }
        self.checkpoint.keep({"n_quiet": np.array(self.n_quiet)} | arrays)

    def _expand(self, thinning: int) -> list[Expansion]:
        self.bar.set_postfix_str("expanding the likelihood")
        model, basis = self.stages[-1].model, self.settings.basis
        return [
            expand(model, self.train.events, basis, thinning),
            expand(model, self.validation.events, basis),
        ]

    def _fit(self, expansions: list[Expansion], number: int, start: int) -> StructureFit:
        train, validation = expansions
        fit = fit_structure(self._structure(number, start), train, validation, self.settings.n_fit)
        self.bar.update(self.settings.n_fit)
        self.bar.set_postfix(loss=f"{fit.loss:.5f}")
        return fit

    def _fit_further(self, expansions: list[Expansion]) -> StructureFit:
        """Go on from the weights that training on the spikes has found, not from random ones."""
        self.bar.total += self.settings.n_fit
        train, validation = expansions
        trained = copy.deepcopy(self.stages[-1].model.structure)
        fit = fit_structure(trained, train, validation, self.settings.n_fit)
        self.bar.update(self.settings.n_fit)
        return fit

    def _structure(self, number: int, start: int) -> PairwiseWeights:
        settings = self.settings
        features, _ = quiet_modes(self.coarse, self.n_quiet, settings.n_loud)
        with seeded(derived_seed(settings.seed, number, start + 1)):
            structure = PairwiseWeights(features, settings.embedding, settings.hidden)
        return structure.to(settings.device)


def first_weights(spikes: Spikes) -> GivenWeights:
    """Return free weights ``[post, pre]`` that start from the partial correlations of counts."""
    partial = partial_correlation(spikes)
    size = max(partial.std(), 1e-9)  # zero for counts that look independent
    return GivenWeights(torch.from_numpy(_START * partial / size).float())


def partial_correlation(spikes: Spikes) -> Float[np.ndarray, "neurons neurons"]:
    """Compute the partial correlations of counts, shrunk so that they exist for any recording.

    Ledoit & Wolf (2004), doi:10.1016/S0047-259X(03)00096-4, give the shrinkage.
    """
    covariance, _ = ledoit_wolf(spikes.counts.astype(np.float64))
    precision = np.linalg.inv(covariance)
    scale = np.sqrt(np.diagonal(precision))
    partial = -precision / (scale[:, None] * scale[None, :])
    np.fill_diagonal(partial, 0)
    return np.asarray(partial)
