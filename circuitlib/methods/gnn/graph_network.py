"""What all graph networks share: how they are fitted, and how they predict."""

import os
from abc import ABC, abstractmethod
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from sklearn.covariance import ledoit_wolf
from torch import nn
from tqdm.auto import tqdm

from circuitlib._seeding import derived_seed, seeded
from circuitlib.methods.covariance import partial_correlations
from circuitlib.methods.estimator import check_neurons
from circuitlib.methods.gnn.batches import Batches
from circuitlib.methods.gnn.checkpoint import Checkpoint
from circuitlib.methods.gnn.messages import Messages
from circuitlib.methods.gnn.prediction import effective_weights, predict, warn_if_useless
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.stage import Stage, joined_history
from circuitlib.methods.gnn.structure_module import GivenWeights
from circuitlib.methods.gnn.training import Training
from circuitlib.recordings.events import Events
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Size (standard deviation) of the weights from which training starts.
_START = 0.1
#: Ends of the exponential decay of the learning rate with free weights.
_FREE_RATES = (5e-3, 1e-3)


class GraphNetwork(ABC):
    """A graph network as an estimator of connectivity.

    A subclass is a dataclass with the fields that are named here and those of its own. It says what
    recent spikes it sees (`basis`), what a step of training draws, and how it is trained.
    """

    seed: int
    bin_width: float
    tau: float
    batch: int
    n_free: int
    validate_every: int
    validation: float
    device: str
    weights_: Float[np.ndarray, "post pre"]
    embedding_: Float[np.ndarray, "neurons embedding"]
    history_: dict[str, np.ndarray]
    model_: SpikeModel

    #: What draws the batches of the training.
    _batches: type[Batches] = Batches
    #: Bins over which the effect of a spike is averaged.
    _n_effect = 256

    @property
    @abstractmethod
    def basis(self) -> Float[np.ndarray, "lags features"]:
        """The functions of the lag that summarise a neuron's recent spikes."""

    @property
    @abstractmethod
    def n_bins(self) -> int:
        """Bins per step, beside `batch` spikes."""

    def fit(
        self,
        recording: Recording,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> "GraphNetwork":
        """Learn the weights from a recording.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.
        checkpoint
            A file that keeps the state of training. If it exists, training goes on from it, with
            the same result as without the interruption; at the end it is removed.

        Returns
        -------
        GraphNetwork
            Itself, with `weights_` ``[post, pre]``: the mean change of the postsynaptic log rate by
            one more presynaptic spike, up to the fit of one common factor. `embedding_` is what the
            structure module makes of each neuron, `history_` holds the losses in nats per spike,
            and `model_` is the fitted model.

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
        check_device(self.device)
        check_neurons(recording)
        if isinstance(recording, Spikes):
            self.bin_width = max(self.bin_width, recording.dt)
        self._check(recording)
        training_part, validation_part = recording.split(1 - self.validation)
        train = self._batches(Events.of(training_part, self.bin_width), self.basis)
        validation = Batches(Events.of(validation_part, self.bin_width), self.basis)
        if train.n_spikes == 0 or validation.n_spikes == 0:
            window = (len(self.basis) - 1) * self.bin_width
            raise ValueError(
                f"no spike has {window:g} s of uninterrupted recording before it; "
                "give a longer recording or a smaller `tau` (--tau)"
            )
        path = Path(checkpoint) if checkpoint is not None else None
        state = Checkpoint(path, self, train.events, validation.events)
        with tqdm(
            total=self._n_steps, desc="train", unit="step", disable=not progress, leave=False
        ) as bar:
            per_step = self.batch, self.n_bins
            training = Training(
                self.seed, per_step, self.validate_every, train, validation, state, bar
            )
            self.model_ = self._train(training, training_part.binned(2 * self.tau))
        self.history_ = joined_history(training.stages)
        lag = max(round(self.tau / 2 / self.bin_width), 1)
        self.weights_ = effective_weights(self.model_, train, lag, self._n_effect)
        state.remove()
        warn_if_useless(self.model_, validation)
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes per bin of `bin_width`, each from the bins before it."""
        events = Events.of(recording, self.bin_width)
        log_rates = predict(self.model_, events, self.basis, np.arange(events.n_bins))
        return np.asarray(np.exp(log_rates, dtype=np.float64))

    @abstractmethod
    def _check(self, recording: Recording) -> None:
        """Raise `ValueError` if a setting does not fit the recording."""

    @property
    @abstractmethod
    def _n_steps(self) -> int:
        """Steps of the training, for the progress bar."""

    @abstractmethod
    def _train(self, training: Training, coarse: Spikes) -> SpikeModel:
        """Go through the stages; return the fitted model.

        `coarse` are the counts of the first part of the recording in bins of two time constants.
        """

    def _free_stage(
        self, training: Training, coarse: Spikes, width: int, messages: Messages
    ) -> Stage:
        """Let the spike module, with hidden states of length `width`, learn with free weights."""
        mean_counts = torch.tensor(training.train.events.mean_counts, dtype=torch.float32)
        with seeded(derived_seed(self.seed, 0)):
            encode = nn.Linear(self.basis.shape[1], width)
            model = SpikeModel(first_weights(coarse), mean_counts, encode, messages)
        return training.descend(model.to(self.device), self.n_free, _FREE_RATES)


def check_device(device: str) -> None:
    """Raise `ValueError` unless torch can compute on a device."""
    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"`device` {device!r} cannot be used ({reason}); use 'cpu'") from None


def first_weights(spikes: Spikes) -> GivenWeights:
    """Return free weights ``[post, pre]`` that start from the partial correlations of counts.

    The covariance is shrunk (Ledoit & Wolf 2004, doi:10.1016/S0047-259X(03)00096-4), so that they
    exist for any recording.
    """
    covariance, _ = ledoit_wolf(spikes.counts.astype(np.float64))
    partial = partial_correlations(covariance)
    size = max(partial.std(), 1e-9)  # zero for counts that look independent
    return GivenWeights(torch.from_numpy(_START * partial / size).float())
