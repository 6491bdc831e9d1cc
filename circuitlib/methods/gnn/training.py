"""One training of a graph network: stages on the spikes, and expansions between them."""

from dataclasses import dataclass, field

from torch import nn
from tqdm.auto import tqdm

from circuitlib.methods.gnn.batches import Batches
from circuitlib.methods.gnn.checkpoint import Checkpoint, subset
from circuitlib.methods.gnn.expansion import Expansions, StructureFit, expand, fit_structure
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.stage import Stage


@dataclass(eq=False)
class Training:
    """What a training has at hand; each stage is resumed if it was begun before.

    Parameters
    ----------
    seed
        Decides which spikes and bins each step sees.
    per_step
        Spikes, and bins, of a step.
    validate_every
        Steps between two looks at the validation loss.
    train, validation
        Both parts of the recording.
    checkpoint
        Keeps the state.
    bar
        Shows progress.
    """

    seed: int
    per_step: tuple[int, int]
    validate_every: int
    train: Batches
    validation: Batches
    checkpoint: Checkpoint
    bar: tqdm
    stages: list[Stage] = field(default_factory=list, init=False)

    def descend(self, model: SpikeModel, n_steps: int, rates: tuple[float, float]) -> Stage:
        """Train a model on the spikes, from where it stood if this stage was begun before.

        Parameters
        ----------
        model
            The model, with the parameters to start from.
        n_steps
            Steps of the stage.
        rates
            Ends of the exponential decay of the learning rate.
        """
        number = len(self.stages)
        stage = Stage(model, (self.seed, number), *self.per_step, *rates, n_steps)
        self.stages.append(stage)
        saved = subset(self.checkpoint.saved, f"{number}/")
        if saved:
            try:
                stage.restore(saved)
            except (KeyError, ValueError, RuntimeError) as error:
                raise self.checkpoint.damaged(error) from None
            self.bar.update(stage.step)
        while stage.step < stage.n_steps:
            n_now = min(self.validate_every, stage.n_steps - stage.step)
            stage.advance(self.train, self.validation, n_now)
            self.bar.update(n_now)
            self.bar.set_postfix(validation=f"{stage.loss:.4f}")
            self._keep()
        return stage

    @property
    def next_is_saved(self) -> bool:
        """Whether the stage to come was begun before, so that its start need not be found again."""
        return f"{len(self.stages)}/step" in self.checkpoint.saved

    def expand(self, model: SpikeModel, thinning: int, every: int) -> Expansions:
        """Expand the likelihood of both parts about the weights of a model.

        Parameters
        ----------
        model
            The model.
        thinning
            Of the first part, use one in so many spikes.
        every
            Bins from one to the next at which the expected spikes are evaluated.
        """
        self.bar.set_postfix_str("expanding the likelihood")
        parts = ((self.train, thinning), (self.validation, 1))
        return Expansions(
            *(expand(model, part.events, part.basis, thin, every) for part, thin in parts)
        )

    def fit(self, structure: nn.Module, expansions: Expansions, n_steps: int) -> StructureFit:
        """Train a structure module on the expansions, see `fit_structure`."""
        self.bar.set_postfix_str("fitting the structure module")
        fit = fit_structure(structure, *expansions, n_steps)
        self.bar.update(n_steps)
        return fit

    def _keep(self) -> None:
        """Write the state of the stages that have begun."""
        arrays = {
            f"{number}/{name}": value
            for number, stage in enumerate(self.stages)
            for name, value in stage.arrays().items()
        }
        self.checkpoint.keep(arrays)
