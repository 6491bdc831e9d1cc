"""The single-index event model as an estimator of connectivity."""

import warnings
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Float

from circuitlib.methods.estimator import VALIDATION, check_neurons, same_neurons
from circuitlib.methods.single_index.errors import Advantage, free_errors, structured_errors
from circuitlib.methods.single_index.likelihood import EventLikelihood, check_memory
from circuitlib.methods.single_index.model import Model
from circuitlib.methods.single_index.prediction import predict
from circuitlib.methods.single_index.quadratic import Quadratic
from circuitlib.methods.single_index.rounds import Hidden, Nodes, fit_again, numbers_of, scale
from circuitlib.methods.single_index.scoring import maximize, penalized_curvature
from circuitlib.methods.single_index.structured import Fitting, Structure
from circuitlib.methods.single_index.tied import Tied
from circuitlib.methods.sources import AngleUse, Sources, check_use
from circuitlib.recordings.events import Events, check_width
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes
from circuitlib.recordings.traces import trace


class Tried(NamedTuple):
    """A ring with some number of hidden nodes.

    Parameters
    ----------
    loss
        Its loss of unseen spikes in nats per spike.
    weights
        Its weights between the recorded neurons ``[post, pre]``.
    """

    loss: float
    weights: Float[np.ndarray, "post pre"]


@dataclass
class SingleIndex:
    r"""One linear drive for each neuron, and one learned link for all.

    Each spike leaves a trace that decays exponentially, and the log rate is a smooth function of a
    weighted sum of traces,

    .. math:: \log \lambda_i^t = F\Big(b_i + \sum_j w_{ij} s_j^t\Big), \qquad
        s_j^t = \sum_{k \ge 1} e^{-k \Delta t / \tau} n_j^{t - k} .

    The sum includes a neuron's own trace. F is a cubic spline that all neurons share and that does
    not fall; it is learned together with the weights. It is a graph network with scalar messages
    and a learned update.

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
    hidden
        Neurons that nobody recorded, as further nodes of the structure ``"ring"`` or ``"pairs"``:
        how many, or ``"auto"`` for the number that unseen spikes prefer. Their places begin in the
        gaps of a learned ring, and their traces are predicted from the recorded spikes; see
        :class:`circuitlib.methods.single_index.hidden.HiddenNodes`. The pair network then learns
        the weights of all nodes without the ring.
    nodes
        ``"interpolated"`` for the paper's hidden nodes, whose traces lie between those of their
        neighbours on the learned ring, see
        :class:`circuitlib.methods.single_index.interpolated.InterpolatedNodes`; None, to predict
        them.

    References
    ----------
    Truccolo et al. (2005), doi:10.1152/jn.00697.2004, for point-process models of coupled neurons;
    Brillinger (1982) in *A Festschrift for Erich L. Lehmann* for single-index models; Yoon (2025),
    arXiv:2509.17174, section 4.4, for hidden nodes.
    """

    seed: int = 0
    bin_width: float = 1e-4
    tau: float = 10e-3
    structure: Structure = "free"
    directed: bool = True
    n_draws: int = 16
    validation: float = VALIDATION
    angle: AngleUse | None = None
    hidden: Hidden = None
    nodes: Literal["interpolated"] | None = None
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    errors_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    structure_: Tied | None = field(init=False, repr=False)
    advantage_: Advantage | None = field(init=False, repr=False)
    sources_: Sources = field(init=False, repr=False)
    hidden_: Nodes | None = field(init=False, repr=False)
    tried_: dict[int, Tried] = field(init=False, repr=False)
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
            `model_` holds weights with those of neurons on themselves, of hidden nodes and of
            `sources_`, offsets and link. `hidden_` are the hidden nodes, if any, and `tried_` the
            rings by the number of their hidden nodes, on which the choice rests.

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
        most = max([0, *numbers_of(self.hidden, recording.n_neurons)])
        check_memory(recording.n_neurons, Sources(recording.n_neurons + most, self.angle))
        if isinstance(recording, Spikes):
            self.bin_width = max(self.bin_width, recording.dt)
        check_width(self.bin_width, self.tau)
        self.sources_ = Sources.for_recording(recording, self.angle)
        self.advantage_, self.hidden_, self.tried_ = None, None, {}
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
        traces, sources = trace(spikes, self.tau), self.sources_
        if self.hidden_ is not None:
            sources = sources.with_hidden(self.hidden_.number)
            hidden = self.hidden_.traces(Events.of(spikes, self.bin_width), self._decay)
            traces = np.concatenate((traces, hidden.at(np.arange(len(traces)), traces)), axis=1)
        return predict(self.model_, sources, traces, spikes.angle)

    def loss(self, recording: Recording) -> float:
        """Return the negative log likelihood of a recording in nats per spike.

        A constant that depends on the bins only is left out, so that losses of one recording in the
        same bins compare.
        """
        likelihood = self._likelihood(same_neurons(recording, self.weights_), self.hidden_)
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
        if self.hidden is not None and self.structure not in ("ring", "pairs"):
            raise ValueError(
                f'`hidden` nodes need the structure "ring" or "pairs", got {self.structure!r}'
            )
        if self.nodes not in ("interpolated", None):
            raise ValueError(f'`nodes` must be "interpolated" or None, got {self.nodes!r}')
        if self.n_draws < 1:
            raise ValueError(f"`n_draws` must be at least 1, got {self.n_draws}")
        if not 0 < self.validation < 1:
            raise ValueError(f"`validation` must lie between 0 and 1, got {self.validation}")

    def _fit_structure(self, recording: Recording, progress: bool) -> bool:
        """Fit a structure to free weights, then again about what it found.

        Return whether unseen spikes prefer it to the free weights; if not, nothing is kept.
        """
        train, unseen = (
            partial(self._likelihood, part) for part in recording.split(self._cut(recording))
        )
        interpolated = self.nodes == "interpolated"
        fitting = Fitting(
            train, unseen, self.structure, self.directed, interpolated, self.seed, progress
        )
        numbers = numbers_of(self.hidden, recording.n_neurons)
        fit, self.advantage_, tried = fitting.fit(numbers, self.hidden == "auto")
        n_spikes = int(unseen(None).n_spikes.sum())
        self.tried_ = {
            number: Tried(each.loss / n_spikes, each.fit.model.between)
            for number, each in tried.items()
        }
        if self.advantage_.nats_per_spike <= 0:
            warnings.warn(
                f"unseen spikes prefer free weights to the structure {self.structure!r}; "
                "the weights are free",
                stacklevel=3,
            )
            return False
        # Hidden nodes stay what was judged: another round could lead away from there.
        self.hidden_, whole = fit.nodes, self._likelihood(recording, fit.nodes)
        self.model_, found, last = fit_again(whole, fit.model, fit.structure, self.directed)
        self.structure_ = structure = found
        errors = structured_errors(
            last,
            lambda other, draw: structure.response(other, self.directed, draw),
            self.n_draws,
            self.seed,
            progress,
        )
        errors = np.hypot(errors, found.scatter)[:, : recording.n_neurons]
        weights = found.weights[:, : recording.n_neurons]
        self.errors_ = errors * scale(weights, self.model_.between)
        return True

    def _cut(self, recording: Recording) -> float:
        """Return the part before validation; it ends with a bin, so that times and counts agree."""
        n_bins = round(recording.duration / self.bin_width)
        return round((1 - self.validation) * n_bins) / n_bins

    @property
    def _decay(self) -> float:
        return float(np.exp(-self.bin_width / self.tau))

    def _likelihood(self, recording: Recording, nodes: Nodes | None = None) -> EventLikelihood:
        events = Events.of(recording, self.bin_width)
        if nodes is None:
            return EventLikelihood(events, self._decay, self.sources_)
        sources = self.sources_.with_hidden(nodes.number)
        return EventLikelihood(events, self._decay, sources, nodes.traces(events, self._decay))
