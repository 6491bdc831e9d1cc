"""The single-index event model as an estimator of connectivity."""

import warnings
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

from circuitlib._npz import machine_memory
from circuitlib.methods.estimator import VALIDATION, check_neurons, same_neurons
from circuitlib.methods.single_index.errors import (
    Advantage,
    advantage_over_free,
    free_errors,
    structured_errors,
)
from circuitlib.methods.single_index.likelihood import EventLikelihood, Model
from circuitlib.methods.single_index.low_rank import fit_low_rank
from circuitlib.methods.single_index.quadratic import Quadratic
from circuitlib.methods.single_index.ring import fit_ring
from circuitlib.methods.single_index.scoring import maximize, penalized_curvature, settle
from circuitlib.methods.single_index.tied import Tied
from circuitlib.methods.sources import AngleUse, Sources, check_use
from circuitlib.recordings.events import Events, check_width
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace

Structure = Literal["free", "low-rank", "ring", "pairs"]

#: Arrays with the cube of the number of neurons that are held at once, with room for the rest.
_COPIES = 3
#: Bins that are predicted at once, to bound the memory.
_CHUNK = 16_384


@dataclass
class SingleIndex:
    r"""One linear drive for each neuron, and one learned link for all.

    Each spike leaves a trace that decays exponentially, and the log rate is a smooth function of a
    weighted sum of traces,

    .. math:: \log \lambda_i^t = F\Big(b_i + \sum_j w_{ij} s_j^t\Big), \qquad
        s_j^t = \sum_{k \ge 1} e^{-k \Delta t / \tau} n_j^{t - k} .

    The sum includes a neuron's own trace. F is a cubic spline that all neurons share; it is learned
    together with the weights. It is a graph network with scalar messages and a learned update.

    The weights between neurons are free, or tied together by a structure, whose size the spikes
    choose. A structure is first fitted to weights that are free; then the likelihood is expanded
    about what it found, and it is fitted once more to the whole recording. Where unseen spikes
    prefer the free weights, these are given instead, and `fit` says so.

    Parameters
    ----------
    seed
        Seed of the structure module's first parameters, and of the noise behind the standard
        errors of structured weights.
    bin_width
        Bins in seconds. Counts in wider bins are predicted in their own, and `fit` sets `bin_width`
        to these.
    tau
        Synaptic time constant in seconds.
    structure
        ``"free"``; ``"low-rank"``, see :class:`circuitlib.methods.single_index.low_rank.LowRank`;
        ``"ring"``, see :class:`circuitlib.methods.single_index.ring.Ring`; or ``"pairs"``,
        the paper's structure module, see
        :class:`circuitlib.methods.gnn.structure_module.PairwiseWeights`.
    directed
        Let the weights in the two directions of a pair differ.
    n_draws
        Fits behind the standard errors of structured weights.
    validation
        Part of the recording, its end, that is not fitted at first: by it structures are compared
        with free weights, and the sizes of all but rings are chosen.
    angle
        How the model uses the angle of the recording, see
        :class:`circuitlib.methods.sources.Sources`: ``"shift"``, as an input that
        shifts the weights along a ring; ``"tuning"``, as an input of each neuron; or None, not at
        all. What the angle adds is free, whatever the structure.

    References
    ----------
    Truccolo et al. (2005), doi:10.1152/jn.00697.2004, for point-process models of coupled neurons;
    Brillinger (1982) in *A Festschrift for Erich L. Lehmann* for single-index models.
    """

    seed: int = 0
    bin_width: float = 1e-4
    tau: float = 10e-3
    structure: Structure = "free"
    directed: bool = True
    n_draws: int = 16
    validation: float = VALIDATION
    angle: AngleUse | None = None
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    errors_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    structure_: Tied | None = field(init=False, repr=False)
    advantage_: Advantage | None = field(init=False, repr=False)
    sources_: Sources = field(init=False, repr=False)
    model_: Model = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "SingleIndex":
        """Learn weights and link from a recording.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire.
        progress
            Show a progress bar.

        Returns
        -------
        SingleIndex
            Itself, with `weights_` ``[post, pre]``: the change of the postsynaptic log rate by one
            presynaptic spike, right after it and averaged over the postsynaptic spikes. `errors_`
            are their standard errors (NaN on the diagonal). `structure_` is what ties the weights
            together, or None if they are free. `advantage_` is that of the structure over free
            weights on the part kept for validation, or None if there was none to be fitted.
            `model_` holds weights with those of neurons on themselves and of `sources_`, offsets
            and link.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, the recording is too short, a setting is
            out of range, or the machine has not the memory for so many neurons.

        Warns
        -----
        UserWarning
            If the fit ends before it has converged, or the spikes prefer free weights to the
            structure.
        """
        self._check()
        check_neurons(recording)
        self._check_memory(recording.n_neurons)
        if isinstance(recording, Spikes):
            self.bin_width = max(self.bin_width, recording.dt)
        check_width(self.bin_width, self.tau)
        self.sources_ = Sources.for_recording(recording, self.angle)
        self.advantage_ = None
        if self.structure == "free" or not self._fit_structure(recording, progress):
            whole = self._likelihood(recording)
            self.model_, self.structure_ = maximize(whole, not self.directed, progress), None
            quadratic = Quadratic.of(penalized_curvature(whole, self.model_), self.model_)
            self.errors_ = free_errors(quadratic, not self.directed)
        self.weights_ = self.model_.between * ~np.eye(recording.n_neurons, dtype=bool)
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Predict the expected spikes per bin of `bin_width`, each from the bins before it.

        What was before the start of a run counts as silence. A drive that is larger than nearly all
        at which spikes were seen, as after such a silence, counts as the largest of these.
        """
        spikes = same_neurons(recording, self.weights_).binned(self.bin_width)
        traces = trace(spikes, self.tau)
        rates = np.empty(traces.shape)
        for first in range(0, len(traces), _CHUNK):
            bins = slice(first, first + _CHUNK)
            angle = None if spikes.angle is None else spikes.angle[bins]
            drive = self.model_.drive(self.sources_.of(traces[bins], angle))
            drive = np.minimum(drive, self.model_.link.high)
            rates[bins] = np.exp(self.model_.link(drive)[0])
        return rates

    def loss(self, recording: Recording) -> float:
        """Return the negative log likelihood of a recording in nats per spike.

        A constant that depends on the bins only is left out, so that losses of one recording in the
        same bins compare.
        """
        likelihood = self._likelihood(same_neurons(recording, self.weights_))
        return float(likelihood.losses(self.model_).sum() / likelihood.n_spikes.sum())

    def _check(self) -> None:
        """Raise `ValueError` if a setting is out of range."""
        if self.structure not in get_args(Structure):
            raise ValueError(
                f"`structure` must be one of {get_args(Structure)}, got {self.structure!r}"
            )
        for name in ("bin_width", "tau"):
            value = getattr(self, name)
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"`{name}` in seconds must be positive, got {value}")
        check_use(self.angle)
        if self.n_draws < 1:
            raise ValueError(f"`n_draws` must be at least 1, got {self.n_draws}")
        if not 0 < self.validation < 1:
            raise ValueError(f"`validation` must lie between 0 and 1, got {self.validation}")

    def _check_memory(self, n_neurons: int) -> None:
        """Raise `ValueError` if the curvature, which grows with the cube of N, does not fit."""
        n_sources = Sources(n_neurons, self.angle).number
        needed, memory = 4.0 * _COPIES * n_neurons * n_sources**2, machine_memory()
        if needed > memory:
            raise ValueError(
                f"the curvature for {n_neurons} neurons needs {needed / 1e9:.3g} GB, but the "
                f"machine has {memory / 1e9:.3g} GB; choose fewer neurons with `select` (--units)"
            )

    def _fit_structure(self, recording: Recording, progress: bool) -> bool:
        """Fit a structure to free weights, then again about what it found.

        Return whether unseen spikes prefer it to the free weights; if not, nothing is kept.
        """
        free, found = self._first_structure(recording, progress)
        if found is None:
            warnings.warn(
                f"unseen spikes prefer free weights to the structure {self.structure!r}; "
                "the weights are free",
                stacklevel=3,
            )
            return False
        whole = self._likelihood(recording)
        near = settle(whole, found.weights, free)
        last = Quadratic.of(penalized_curvature(whole, near), near)
        # The link was fitted anew, and with it the unit of the weights.
        found = found.scaled(_scale(found.weights, last.origin)).refit(last, self.directed)
        self.structure_, self.model_ = found, settle(whole, found.weights, near)
        errors = structured_errors(
            last,
            lambda other, draw: found.response(other, self.directed, draw),
            self.n_draws,
            self.seed,
            progress,
        )
        self.errors_ = np.hypot(errors, found.scatter) * _scale(found.weights, self.model_.between)
        return True

    def _first_structure(self, recording: Recording, progress: bool) -> tuple[Model, Tied | None]:
        """Fit free weights, and a structure to the likelihood about them, if it is better."""
        parts = [self._likelihood(part) for part in recording.split(self._cut(recording))]
        free = maximize(parts[0], not self.directed, progress)
        train, validation = (Quadratic.of(penalized_curvature(part, free), free) for part in parts)
        found = self._fit_once(train, validation, progress)
        self.advantage_ = advantage_over_free(found.weights, validation)
        return free, found if self.advantage_.nats_per_spike > 0 else None

    def _fit_once(self, train: Quadratic, validation: Quadratic, progress: bool) -> Tied:
        """Fit the structure to the likelihood about free weights."""
        if self.structure == "ring":
            return fit_ring(train, train.origin, self.directed)
        if self.structure == "low-rank":
            return fit_low_rank(train, validation, train.origin, self.directed)
        from circuitlib.methods.single_index.pairs import fit_pairs  # torch, only if needed

        return fit_pairs(train, validation, train.origin, self.directed, self.seed, progress)

    def _cut(self, recording: Recording) -> float:
        """Return the part before validation; it ends with a bin, so that times and counts agree."""
        n_bins = round(recording.duration / self.bin_width)
        return round((1 - self.validation) * n_bins) / n_bins

    def _likelihood(self, recording: Recording) -> EventLikelihood:
        events = Events.of(recording, self.bin_width)
        return EventLikelihood(events, float(np.exp(-self.bin_width / self.tau)), self.sources_)


def _scale(before: Float[np.ndarray, "post pre"], after: Float[np.ndarray, "post pre"]) -> float:
    """Return by how much weights between neurons were scaled when the link was fitted anew."""
    apart = ~np.eye(len(before), dtype=bool)
    power = float((before[apart] ** 2).sum())
    return float(before[apart] @ after[apart]) / power if power > 0 else 1.0
