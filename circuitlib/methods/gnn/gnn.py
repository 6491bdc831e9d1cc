"""The graph neural network as an estimator of connectivity."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import check_neurons
from circuitlib.methods.gnn.batches import Batches
from circuitlib.methods.gnn.checkpoint import Checkpoint
from circuitlib.methods.gnn.events import Events
from circuitlib.methods.gnn.expansion import StructureFit
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.stages import Course, Settings
from circuitlib.methods.gnn.structure_module import PairwiseWeights
from circuitlib.methods.gnn.training import (
    effective_weights,
    joined_history,
    predict,
    warn_if_useless,
)
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes


@dataclass
class GNN(Settings):
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

    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    n_quiet_: int = field(init=False, repr=False)
    embedding_: Float[np.ndarray, "neurons embedding"] = field(init=False, repr=False)
    eigenvalues_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    history_: dict[str, np.ndarray] = field(init=False, repr=False)
    fits_: list[StructureFit] = field(init=False, repr=False)
    model_: SpikeModel = field(init=False, repr=False)

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> "GNN":
        """Return the settings ``"quick"`` (minutes) or ``"paper"`` (up to an hour)."""
        if name == "quick":
            return cls(seed=seed)
        if name == "paper":
            return cls(seed=seed, n_steps=3000, n_fit=1500, n_starts=8, thinning=2)
        raise ValueError(f'`preset` must be "quick" or "paper", got {name!r}')

    def fit(
        self,
        recording: Recording,
        progress: bool = False,
        checkpoint: str | os.PathLike[str] | None = None,
    ) -> "GNN":
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
        GNN
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
        if self.n_rounds < 2:
            raise ValueError(f"`n_rounds` must be at least 2, got {self.n_rounds}")
        if isinstance(recording, Spikes):
            self.bin_width = max(self.bin_width, recording.dt)
        if recording.duration < 200 * self.tau:
            raise ValueError(
                f"the recording is too short: {recording.duration:g} s; for a time constant of "
                f"{self.tau:g} s at least {200 * self.tau:g} s are needed"
            )
        training_part, validation_part = recording.split(1 - self.validation)
        train = Batches(Events.of(training_part, self.bin_width), self.basis)
        validation = Batches(Events.of(validation_part, self.bin_width), self.basis)
        for part in (train, validation):
            if part.n_spikes == 0:
                raise ValueError(
                    f"no spike has {6 * self.tau:g} s of uninterrupted recording before it; "
                    "give a longer recording or a smaller `tau`"
                )
        path = Path(checkpoint) if checkpoint is not None else None
        state = Checkpoint(path, self, train.events, validation.events)
        course = Course(self, training_part, train, validation, state, progress)
        model, fits = course.run()
        self.eigenvalues_, self.n_quiet_, self.fits_ = course.eigenvalues, course.n_quiet, fits
        self._finish(model, train, joined_history(course.stages))
        state.remove()
        warn_if_useless(model, validation)
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes per bin of `bin_width`, each from the bins before it."""
        events = Events.of(recording, self.bin_width)
        log_rates = predict(self.model_, events, self.basis, np.arange(events.n_bins))
        return np.asarray(np.exp(log_rates, dtype=np.float64))

    def _finish(self, model: SpikeModel, train: Batches, history: dict[str, np.ndarray]) -> None:
        """Read the results off the fitted model."""
        self.model_, self.history_ = model, history
        embedded = {
            fit.loss: fit.structure.embedding()
            for fit in self.fits_
            if isinstance(fit.structure, PairwiseWeights)
        }
        self.embedding_ = embedded[min(embedded)].detach().cpu().numpy()
        lag = max(round(self.tau / 2 / self.bin_width), 1)
        self.weights_ = effective_weights(model, train, lag)
