"""The model of the paper, as close as its text allows, as an estimator of connectivity."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import nn
from tqdm.auto import tqdm

from circuitlib._seeding import seeded
from circuitlib.checkpoint import Checkpoint
from circuitlib.convolution import ConvolutionalWeights, window_basis
from circuitlib.estimators import check_neurons
from circuitlib.events import Events
from circuitlib.model import SpikeModel
from circuitlib.spikes import Recording, Spikes
from circuitlib.training import Batches, Descent, effective_weights, predict

#: Window and stride of the convolution in time constants.
_WINDOW, _STRIDE = 2.0, 0.2
#: Bins over which the effect of a spike is averaged; fewer than for messages that all share.
_N_EFFECT = 32


@dataclass
class ConvolutionalGNN:
    """A graph network whose weights come from a convolution along each neuron's spike train.

    It follows the paper where the paper speaks: windows of two time constants, a stride of a fifth
    of one, 32 kernels, batch normalisation, pairs of embeddings through two layers of 32 units,
    symmetric weights, messages from pairs of hidden states, a gated recurrent unit, the Poisson
    likelihood, and Adam at 5e-4 with exponential decay. Where it is silent, the choice is ours:

    * The structure module sees one fixed piece of the training recording, `piece` seconds long.
      Its last layer has a weight for each time of the piece, so the piece cannot change.
    * Batch normalisation stands in the structure module only. Bins with a spike are drawn more
      often than others, so their statistics are not those of the recording.
    * The kernels are shared by both modules. Each neuron has its mean rate and an offset.
    * A step sees `batch` spikes and an eighth as many bins, in bins of 0.1 ms as in the simulation.

    For what works better, see :class:`circuitlib.gnn.GNN`.

    Parameters
    ----------
    seed
        Seed of the initial parameters and of the batches.
    bin_width
        Bins of the prediction in seconds. Counts in wider bins are predicted in their own, and
        `fit` sets `bin_width` to these.
    tau
        Synaptic time constant in seconds.
    piece
        What the structure module sees of the recording, in seconds.
    kernels
        Kernels, which is also the length of the hidden states.
    embedding, hidden
        Sizes in the structure module.
    batch
        Spikes per step; an eighth as many bins are drawn besides.
    n_steps, learning_rate, final_learning_rate
        Steps, and the ends of an exponential decay.
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
    bin_width: float = 1e-4
    tau: float = 10e-3
    piece: float = 2.0
    kernels: int = 32
    embedding: int = 32
    hidden: int = 32
    batch: int = 128
    n_steps: int = 3000
    learning_rate: float = 5e-4
    final_learning_rate: float = 5e-5
    validate_every: int = 250
    validation: float = 1 / 9
    device: str = "cpu"
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    embedding_: Float[np.ndarray, "neurons embedding"] = field(init=False, repr=False)
    history_: dict[str, np.ndarray] = field(init=False, repr=False)
    model_: SpikeModel = field(init=False, repr=False)

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> "ConvolutionalGNN":
        """Return the settings ``"quick"`` (minutes) or ``"paper"``."""
        if name == "quick":
            return cls(seed=seed, n_steps=1000)
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
        """
        check_neurons(recording)
        if isinstance(recording, Spikes):
            self.bin_width = max(self.bin_width, recording.dt)
        if self.bin_width > self.tau:
            raise ValueError(
                f"bins of {self.bin_width:g} s are too wide for windows of {_WINDOW:g} time "
                f"constants of {self.tau:g} s; count the spikes in narrower bins"
            )
        parts = recording.split(1 - self.validation)
        train, validation = (
            Batches(Events.of(part, self.bin_width), self._basis()) for part in parts
        )
        for batches in (train, validation):
            if batches.n_spikes == 0:
                raise ValueError(
                    f"no spike has {_WINDOW * self.tau:g} s of uninterrupted recording before it; "
                    "give a longer recording or a smaller `tau`"
                )
        path = Path(checkpoint) if checkpoint is not None else None
        state = Checkpoint(path, self, train.events, validation.events)
        descent = self._descend(train, validation, state, progress)
        model = descent.model
        assert isinstance(model.structure, ConvolutionalWeights)
        self.model_ = model
        with torch.no_grad():
            self.embedding_ = model.structure.embedding().cpu().numpy()
        history = np.array(descent.history).T
        self.history_ = dict(zip(("step", "train", "validation"), history, strict=True))
        lag = max(round(self.tau / 2 / self.bin_width), 1)
        self.weights_ = effective_weights(model, train, lag, _N_EFFECT)
        state.remove()
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes per bin of `bin_width`, each from the bins before it."""
        events = Events.of(recording, self.bin_width)
        log_rates = predict(self.model_, events, self._basis(), np.arange(events.n_bins))
        return np.asarray(np.exp(log_rates, dtype=np.float64))

    def _basis(self) -> np.ndarray:
        return window_basis(round(_WINDOW * self.tau / self.bin_width))

    def _descend(
        self, train: Batches, validation: Batches, state: Checkpoint, progress: bool
    ) -> Descent:
        stage = Descent(
            self._model(train.events).to(self.device),
            (self.seed,),
            self.batch,
            max(self.batch // 8, 1),
            self.learning_rate,
            self.final_learning_rate,
            self.n_steps,
        )
        if state.saved:
            try:
                stage.restore(state.saved)
            except (KeyError, ValueError, RuntimeError) as error:
                raise state.damaged(error) from None
        with tqdm(
            total=self.n_steps,
            initial=stage.step,
            desc="train",
            unit="step",
            disable=not progress,
            leave=False,
        ) as bar:
            while stage.step < stage.n_steps:
                n_steps = min(self.validate_every, stage.n_steps - stage.step)
                stage.advance(train, validation, n_steps)
                state.keep(stage.arrays())
                bar.update(n_steps)
                bar.set_postfix(validation=f"{stage.history[-1][2]:.4f}")
        return stage

    def _model(self, events: Events) -> SpikeModel:
        n_bins, stride = (
            max(round(seconds / self.bin_width), 1) for seconds in (self.piece, _STRIDE * self.tau)
        )
        with seeded(self.seed):
            encoder = nn.Linear(self._basis().shape[1], self.kernels)
            structure = ConvolutionalWeights(
                encoder, events, n_bins, stride, self.embedding, self.hidden
            )
            mean_counts = torch.tensor(events.mean_counts, dtype=torch.float32)
            return SpikeModel(structure, mean_counts, encoder, "pair")
