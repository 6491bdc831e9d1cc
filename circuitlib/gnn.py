"""The graph neural network as an estimator of connectivity."""

import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from tqdm.auto import tqdm

from circuitlib._seeding import seeded
from circuitlib.archive import ArchiveError, read_archive, write_archive
from circuitlib.conv import Messages
from circuitlib.estimators import check_neurons
from circuitlib.model import SpikeModel
from circuitlib.spikes import Recording, Spikes
from circuitlib.structure import PairwiseWeights, quiet_modes
from circuitlib.training import Run, predict, recent_spikes, run_starts, under

#: Windows over which the effect of a presynaptic spike is averaged.
_N_EFFECT = 256


@dataclass
class GNN:
    """Weights from a structure module, trained to predict spikes through a graph network.

    The last part of the recording is kept for validation. Several models start from different
    random parameters; the one that predicts the validation part best is trained to the end, and
    its best parameters are used.

    Parameters
    ----------
    seed
        Seed of the initial parameters and of the batches.
    bin_width
        Bins of the prediction in seconds.
    tau
        Synaptic time constant in seconds. The window of recent spikes, and the bins in which the
        modes of the population are computed, are two of them long.
    n_quiet, n_loud
        Modes that describe a neuron, see :func:`quiet_modes`; all modes of a smaller population.
    embedding, hidden
        Sizes in the structure module, see :class:`PairwiseWeights`.
    width, messages
        Size and kind of the messages, see :class:`SynapticConv`.
    batch, n_steps, learning_rate, final_learning_rate
        Schedule of Adam: bins per step, steps, and the ends of an exponential decay.
    n_starts, n_explore
        Random starts, and the steps after which the best is chosen.
    validate_every, patience
        Steps between validations, and how many may pass without a better one before training ends.
    validation
        Part of the recording kept for validation.
    device
        Where torch computes. Results on the CPU are the same for one seed and number of threads.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    seed: int = 0
    bin_width: float = 1e-3
    tau: float = 10e-3
    n_quiet: int = 9
    n_loud: int = 2
    embedding: int = 32
    hidden: int = 64
    width: int = 16
    messages: Messages = "sender"
    batch: int = 256
    n_steps: int = 3500
    learning_rate: float = 5e-3
    final_learning_rate: float = 1e-4
    n_starts: int = 3
    n_explore: int = 1000
    validate_every: int = 250
    patience: int = 6
    validation: float = 1 / 9
    device: str = "cpu"
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    embedding_: Float[np.ndarray, "neurons embedding"] = field(init=False, repr=False)
    eigenvalues_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    history_: dict[str, np.ndarray] = field(init=False, repr=False)
    model_: SpikeModel = field(init=False, repr=False)

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> "GNN":
        """Return the settings ``"quick"`` (minutes) or ``"paper"`` (up to an hour)."""
        if name == "quick":
            return cls(seed=seed)
        if name == "paper":
            return cls(seed=seed, n_steps=20_000, n_starts=5, n_explore=2_000, batch=512)
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
            A file that keeps the state at each validation. If it exists, training goes on from
            it, with the same result as without the interruption; at the end it is removed.

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
        """
        check_neurons(recording)
        spikes = recording.binned(self.bin_width)
        train, validation = spikes.split(1 - self.validation)
        if spikes.n_bins < 100 * self.window:
            raise ValueError(
                f"the recording is too short: {spikes.duration:g} s for windows of "
                f"{2 * self.tau:g} s; at least {200 * self.tau:g} s are needed"
            )
        n_loud = min(self.n_loud, train.n_neurons)
        features, self.eigenvalues_ = quiet_modes(
            train.binned(self.window * self.bin_width),
            min(self.n_quiet, train.n_neurons - n_loud),
            n_loud,
        )
        runs = [self._run(features, train, start) for start in range(self.n_starts)]
        path = Path(checkpoint) if checkpoint is not None else None
        identity = self._identity(spikes)
        if path is not None and path.exists():
            _restore(path, identity, runs)
        total = (self.n_starts - 1) * self.n_explore + self.n_steps
        done = sum(run.step for run in runs)
        with tqdm(
            total=total, initial=done, desc="train", unit="step", disable=not progress, leave=False
        ) as bar:

            def train_until(run: Run, until: int) -> None:
                limit = self.patience * self.validate_every
                while run.step < until and run.step - run.best_step < limit:
                    n_steps = min(self.validate_every, until - run.step)
                    run.advance(train, validation, n_steps)
                    bar.update(n_steps)
                    bar.set_postfix(validation=f"{run.history[-1][2]:.5f}")
                    if path is not None:
                        _keep(path, identity, runs)

            for run in runs:
                train_until(run, self.n_explore)
            # After an interruption the chosen run may already be beyond the exploration.
            best = min(runs, key=lambda run: (run.step <= self.n_explore, run.best_loss))
            train_until(best, self.n_steps)
        best.model.load_state_dict(best.best)
        self._finish(best, train)
        self.history_["start"] = np.array(runs.index(best))
        if path is not None:
            path.unlink(missing_ok=True)
        return self

    @property
    def window(self) -> int:
        """Bins of recent spikes that a prediction sees."""
        return round(2 * self.tau / self.bin_width)

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes per bin of `bin_width`, each from the bins before it."""
        spikes = recording.binned(self.bin_width)
        log_rates = predict(self.model_, spikes, np.arange(spikes.n_bins))
        return np.exp(log_rates.astype(np.float64))

    def _run(self, features: np.ndarray, train: Spikes, start: int) -> Run:
        """Set up one training run with its own random parameters."""
        mean_counts = torch.tensor(train.counts.mean(axis=0), dtype=torch.float32)
        with seeded(int(np.random.SeedSequence((self.seed, start)).generate_state(1)[0])):
            structure = PairwiseWeights(features, self.embedding, self.hidden)
            model = SpikeModel(structure, mean_counts, self.window, self.width, self.messages)
        return Run(
            model.to(self.device),
            (self.seed, start),
            self.batch,
            self.learning_rate,
            self.final_learning_rate,
            self.n_steps,
        )

    def _finish(self, run: Run, train: Spikes) -> None:
        """Read the results off the fitted model."""
        self.model_ = run.model
        table = np.array(run.history)
        self.history_ = {"step": table[:, 0], "train": table[:, 1], "validation": table[:, 2]}
        bins = np.linspace(self.window, train.n_bins - 1, _N_EFFECT).astype(np.int64)
        recent = recent_spikes(train, run_starts(train), bins, self.window).to(self.device)
        with torch.no_grad():
            weights = run.model.structure().cpu().numpy().astype(np.float64)
            effect = run.model.effect(recent).cpu().numpy().astype(np.float64)
            self.embedding_ = run.model.structure.embedding().cpu().numpy()
        np.fill_diagonal(effect, 0)
        power = (weights**2).sum()
        # The sign and unit of w are free: a message may be negative. One factor fixes both.
        self.weights_ = weights * ((effect * weights).sum() / power if power > 0 else 0.0)

    def _identity(self, spikes: Spikes) -> str:
        """Name the settings and the data, so that a checkpoint is not taken for another's."""
        settings = {key: getattr(self, key) for key in _SETTINGS}
        digest = hashlib.sha256(spikes.counts.tobytes()).hexdigest()
        return json.dumps(settings | {"counts": digest}, sort_keys=True)


_SETTINGS = [name for name in GNN.__dataclass_fields__ if not name.endswith("_")]


def _keep(path: Path, identity: str, runs: list[Run]) -> None:
    """Write the state of the runs that have begun."""
    arrays = {
        f"{index}/{name}": value
        for index, run in enumerate(runs)
        if run.step > 0
        for name, value in run.arrays().items()
    }
    write_archive(path, {"identity": np.array(identity)} | arrays)


def _restore(path: Path, identity: str, runs: list[Run]) -> None:
    """Bring the runs to the state in a checkpoint."""
    arrays = read_archive(path)
    if str(arrays.get("identity")) != identity:
        raise ArchiveError(
            f"{path}: belongs to other settings or another recording; remove it to start anew"
        )
    for index, run in enumerate(runs):
        state = under(arrays, f"{index}/")
        if state:
            try:
                run.restore(state)
            except (KeyError, ValueError, RuntimeError) as error:
                raise ArchiveError(f"{path}: damaged ({error}); remove it to start anew") from None
