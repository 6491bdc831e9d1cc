"""The model of the paper, as close as its text allows, as an estimator of connectivity."""

import copy
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from tqdm.auto import tqdm

from circuitlib._seeding import derived_seed, seeded
from circuitlib.methods.estimator import VALIDATION, check_neurons
from circuitlib.methods.gnn.batches import Batches, PairBatches
from circuitlib.methods.gnn.checkpoint import Checkpoint
from circuitlib.methods.gnn.events import Events
from circuitlib.methods.gnn.expansion import expand, fit_structure
from circuitlib.methods.gnn.paper_structure_module import ConvolutionalWeights, window_basis
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.stages import FREE_RATES, first_weights
from circuitlib.methods.gnn.structure_module import FreeEmbedding
from circuitlib.methods.gnn.training import (
    Descent,
    effective_weights,
    joined_history,
    predict,
    under,
    warn_if_useless,
)
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Window and stride of the convolution in time constants.
_WINDOW, _STRIDE = 2.0, 0.2
#: Bins drawn per spike, with one neuron each.
_BINS_PER_SPIKE = 2
#: The first expansion uses one in so many spikes; both use bins so many time constants apart.
_THINNING, _EVERY = 4, 0.8
#: How much closer together than an untrained module's the embeddings of the first fit start.
_CLOSER = 0.1
#: Bins over which the effect of a spike is averaged; fewer than for messages that all share.
_N_EFFECT = 32


@dataclass
class ConvolutionalGNN:
    """A graph network whose weights come from a convolution along each neuron's spike train.

    It follows the paper where the paper speaks: windows of two time constants, a stride of a fifth
    of one, 32 kernels, batch normalisation, pairs of embeddings through two layers of 32 units,
    symmetric weights, messages from pairs of hidden states, a gated recurrent unit, the Poisson
    likelihood, and Adam at 5e-4 with exponential decay. Where it is silent, the choice is ours:

    * Bins are of 0.5 ms. The paper's, of 0.1 ms, take longer; in bins of 1 ms it is hidden too
      often who fired first.
    * The structure module sees the same `n_pieces` pieces of the training recording at every step,
      `piece` seconds each, spread evenly, for its linear map has a weight for each of their
      windows. In a single piece of one second a slow bump leaves many neurons silent, and neurons
      without spikes cannot be told apart.
    * Batch normalisation stands in the structure module only. Bins with a spike are drawn more
      often than others, so their statistics are not those of the recording.
    * The kernels are shared by both modules. Each neuron has its mean rate and an offset.
    * Training from random parameters finds the activity pattern and not the wiring. So the spike
      module first learns together with free weights. On an expansion of the likelihood
      (:mod:`circuitlib.methods.gnn.expansion`), embeddings and pair network are then fitted without
      the convolution, and the linear map is changed as little as gives these embeddings. Both
      modules go on on the spikes, and a second expansion, of all spikes, has the last word. Without
      `n_free` and `n_fit`, training is what the text says and no more.

    For what works better, see :class:`circuitlib.methods.gnn.gnn.GNN`.

    Parameters
    ----------
    seed
        Seed of the initial parameters and of the batches.
    bin_width
        Bins of the prediction in seconds. Counts in wider bins are predicted in their own, and
        `fit` sets `bin_width` to these.
    tau
        Synaptic time constant in seconds.
    piece, n_pieces
        What the structure module sees of the recording: seconds of a piece, and their number.
    kernels
        Kernels, which is also the length of the hidden states.
    embedding, hidden
        Sizes in the structure module.
    mean
        Average over the windows instead of adding them up, see
        :class:`circuitlib.methods.gnn.paper_structure_module.ConvolutionalWeights`.
    batch
        Spikes per step; twice as many bins are drawn besides, with one neuron each.
    n_free
        Steps with free weights; none: the spike module starts from random parameters.
    n_fit
        Steps of embeddings and pair network on each expansion; none: there are no expansions.
    n_steps, learning_rate, final_learning_rate
        Steps of both modules on the spikes, and the ends of an exponential decay.
    validate_every
        Steps between validations.
    validation
        Part of the recording kept for validation.
    device
        Where torch computes.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    seed: int = 0
    bin_width: float = 5e-4
    tau: float = 10e-3
    piece: float = 0.05
    n_pieces: int = 20
    kernels: int = 32
    embedding: int = 32
    hidden: int = 32
    mean: bool = True
    batch: int = 256
    n_free: int = 1000
    n_fit: int = 2000
    n_steps: int = 4000
    learning_rate: float = 5e-4
    final_learning_rate: float = 5e-5
    validate_every: int = 250
    validation: float = VALIDATION
    device: str = "cpu"
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    embedding_: Float[np.ndarray, "neurons embedding"] = field(init=False, repr=False)
    history_: dict[str, np.ndarray] = field(init=False, repr=False)
    model_: SpikeModel = field(init=False, repr=False)

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> "ConvolutionalGNN":
        """Return the settings ``"quick"`` (minutes) or ``"paper"``."""
        if name == "quick":
            return cls(seed=seed, n_steps=500)
        if name == "paper":
            return cls(seed=seed)
        raise ValueError(f'`preset` must be "quick" or "paper", got {name!r}')

    def fit(
        self,
        recording: Recording,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> "ConvolutionalGNN":
        """Learn the weights from a recording.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.
        checkpoint
            A file that keeps the state of training. If it exists, training goes on from it; at the
            end it is removed.

        Returns
        -------
        ConvolutionalGNN
            Itself, with `weights_` ``[post, pre]``: the mean change of the postsynaptic log rate by
            one more presynaptic spike, up to the fit of one common factor.

        Raises
        ------
        ValueError
            If a setting does not fit the recording.
        ArchiveError
            If the checkpoint belongs to other settings or another recording, or cannot be written.

        Warns
        -----
        UserWarning
            If the fit predicts the validation part worse than the mean rates do.
        """
        check_neurons(recording)
        if isinstance(recording, Spikes):
            self.bin_width = max(self.bin_width, recording.dt)
        if self.bin_width > self.tau:
            raise ValueError(
                f"bins of {self.bin_width:g} s are too wide for windows of {_WINDOW:g} time "
                f"constants of {self.tau:g} s; count the spikes in narrower bins"
            )
        training_part, validation_part = recording.split(1 - self.validation)
        train = PairBatches(Events.of(training_part, self.bin_width), self._basis())
        validation = Batches(Events.of(validation_part, self.bin_width), self._basis())
        for batches in (train, validation):
            if batches.n_spikes == 0:
                raise ValueError(
                    f"no spike has {_WINDOW * self.tau:g} s of uninterrupted recording before it; "
                    "give a longer recording or a smaller `tau`"
                )
        path = Path(checkpoint) if checkpoint is not None else None
        state = Checkpoint(path, self, train.events, validation.events)
        stages = self._train(training_part, train, validation, state, progress)
        model = stages[-1].model
        assert isinstance(model.structure, ConvolutionalWeights)
        self.model_ = model
        with torch.no_grad():
            self.embedding_ = model.structure.embedding().cpu().numpy()
        self.history_ = joined_history(stages)
        lag = max(round(self.tau / 2 / self.bin_width), 1)
        self.weights_ = effective_weights(model, train, lag, _N_EFFECT)
        state.remove()
        warn_if_useless(model, validation)
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes per bin of `bin_width`, each from the bins before it."""
        events = Events.of(recording, self.bin_width)
        log_rates = predict(self.model_, events, self._basis(), np.arange(events.n_bins))
        return np.asarray(np.exp(log_rates, dtype=np.float64))

    def _basis(self) -> np.ndarray:
        return window_basis(round(_WINDOW * self.tau / self.bin_width))

    def _train(
        self,
        recording: Recording,
        train: PairBatches,
        validation: Batches,
        state: Checkpoint,
        progress: bool,
    ) -> list[Descent]:
        """Go through the stages, each resumed if it was begun before."""
        stages: list[Descent] = []
        with tqdm(
            total=self.n_free + self.n_steps,
            desc="train",
            unit="step",
            disable=not progress,
            leave=False,
        ) as bar:
            with seeded(derived_seed(self.seed, 0)):
                free = first_weights(recording.binned(2 * self.tau))
                mean_counts = torch.tensor(train.events.mean_counts, dtype=torch.float32)
                encoder = nn.Linear(self._basis().shape[1], self.kernels)
                model = SpikeModel(free, mean_counts, encoder, "pair").to(self.device)
            if self.n_free > 0:
                stages.append(self._begin(model, 0, self.n_free, FREE_RATES))
                self._descend(stages, train, validation, state, bar)
                model = copy.deepcopy(model)
            with seeded(derived_seed(self.seed, 1)):
                structure = self._structure(model.encode, train.events).to(self.device)
            if self.n_fit > 0 and "1/step" not in state.saved:
                bar.set_postfix_str("fitting the structure module")
                z = _CLOSER * structure.embedding().detach()
                self._fit_structure(structure, z, model, train, validation, _THINNING)
            model.structure = structure
            rates = self.learning_rate, self.final_learning_rate
            stages.append(self._begin(model, 1, self.n_steps, rates))
            self._descend(stages, train, validation, state, bar)
            if self.n_fit > 0:
                bar.set_postfix_str("fitting the structure module")
                z = structure.embedding().detach()
                self._fit_structure(structure, z, model, train, validation, 1)
        return stages

    def _begin(
        self, model: SpikeModel, number: int, n_steps: int, rates: tuple[float, float]
    ) -> Descent:
        n_bins = _BINS_PER_SPIKE * self.batch
        return Descent(model, (self.seed, number), self.batch, n_bins, *rates, n_steps)

    def _descend(
        self,
        stages: list[Descent],
        train: PairBatches,
        validation: Batches,
        state: Checkpoint,
        bar: tqdm,
    ) -> None:
        """Train the last stage, from where it stood if it was begun before."""
        stage = stages[-1]
        saved = under(state.saved, f"{stage.seed[-1]}/")
        if saved:
            try:
                stage.restore(saved)
            except (KeyError, ValueError, RuntimeError) as error:
                raise state.damaged(error) from None
            bar.update(stage.step)
        while stage.step < stage.n_steps:
            n_steps = min(self.validate_every, stage.n_steps - stage.step)
            stage.advance(train, validation, n_steps)
            bar.update(n_steps)
            bar.set_postfix(validation=f"{stage.history[-1][2]:.4f}")
            state.keep(
                {
                    f"{each.seed[-1]}/{name}": value
                    for each in stages
                    for name, value in each.arrays().items()
                }
            )

    def _structure(self, encoder: nn.Linear, events: Events) -> ConvolutionalWeights:
        n_bins, stride = (
            max(round(seconds / self.bin_width), 1) for seconds in (self.piece, _STRIDE * self.tau)
        )
        return ConvolutionalWeights(
            encoder,
            events,
            n_bins,
            self.n_pieces,
            stride,
            self.embedding,
            self.hidden,
            self.mean,
        )

    def _fit_structure(
        self,
        structure: ConvolutionalWeights,
        z: Float[torch.Tensor, "neurons embedding"],
        model: SpikeModel,
        train: Batches,
        validation: Batches,
        thinning: int,
    ) -> None:
        """Fit embeddings, from `z` on, and pair network to an expansion about a model's weights."""
        every = max(round(_EVERY * self.tau / self.bin_width), 1)
        basis = self._basis()
        expansions = (
            expand(model, train.events, basis, thinning, every),
            expand(model, validation.events, basis, every=every),
        )
        free = FreeEmbedding(z, structure.pairs)
        fit_structure(free, *expansions, self.n_fit)
        structure.become(free.z)
