"""Where a likelihood is evaluated: at the spikes, and at evenly spaced bins that stand for all."""

import copy
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32, Int

from circuitlib.methods.single_index.hidden import HiddenTraces
from circuitlib.methods.single_index.interpolated import InterpolatedNodes
from circuitlib.methods.single_index.model import Model
from circuitlib.methods.single_index.walk import Walk
from circuitlib.methods.sources import Sources
from circuitlib.recordings.events import Events

#: Time constants at the beginning of a run that are not predicted, because what came before them is
#: unknown; and time constants between the bins at which expected spikes are computed.
_WINDOW, _SPACING = 8, 0.4
#: Time constants after which traces get a new reference, because numbers would become too large.
_LONGEST = 30
#: Numbers that are held at once; and numbers beside a spike where its traces are summed up.
_CHUNK, _FEW = 2**22, 32


class AtSpikes(NamedTuple):
    """What a likelihood sees of some spikes, which are ordered by the neuron that fired.

    Parameters
    ----------
    drives
        Drive of the neuron that fired, shape ``(spikes,)``.
    inputs
        What each parameter of that neuron is multiplied by in its drive, with a one for the offset,
        last. All parameters, or all but the weights between neurons: then its own trace is first.
    rows
        Which of them belong to each neuron.
    """

    drives: Float[np.ndarray, " spikes"]
    inputs: Float32[np.ndarray, "spikes own"]
    rows: list[slice]


class Points:
    """Spikes and bins of a recording, and what drives the neurons there.

    Parameters
    ----------
    events, decay, sources, hidden
        Those of :class:`circuitlib.methods.single_index.likelihood.EventLikelihood`.

    Attributes
    ----------
    n_spikes
        Spikes of each neuron that are looked at, shape ``(neurons,)``.
    bin_weight
        For how many bins each of those that are looked at stands.

    Raises
    ------
    ValueError
        If no spike has enough time before it.
    """

    def __init__(
        self,
        events: Events,
        decay: float,
        sources: Sources,
        hidden: HiddenTraces | InterpolatedNodes | None,
    ) -> None:
        self.n_neurons, self.sources = events.n_neurons, sources
        self._events, self._hidden = events, hidden
        self._bins, self._neurons = events.in_time()
        self._starts = events.runs.starts.astype(np.int64)
        per_tau = -1 / np.log(decay)
        self._powers = decay ** np.arange(int(_LONGEST * per_tau) + 2)
        window = int(np.ceil(_WINDOW * per_tau))
        whole = self._bins - events.runs.start_of(self._bins) >= window
        self._used = np.flatnonzero(whole)
        self.n_spikes = self._counted()
        later = events.runs.after(window)
        every = max(round(_SPACING * per_tau), 1)
        n_bins = -(-later.n_bins // every)
        if n_bins == 0 or not len(self._used):
            raise ValueError("the recording is too short: no spike has enough time before it")
        at = (np.arange(n_bins) + 0.5) * (later.n_bins / n_bins)
        self._looked_at = later[at.astype(np.int64)]
        self.bin_weight = later.n_bins / n_bins

    @property
    def n_bins(self) -> int:
        """Number of evenly spaced bins."""
        return len(self._looked_at)

    def beginning(self, part: float) -> "Points":
        """Return those in the first part of the recording."""
        found = copy.copy(self)
        found._looked_at = self._looked_at[: max(int(part * self.n_bins), 1)]
        n_spikes = np.searchsorted(self._bins[self._used], found._looked_at[-1], side="right")
        found._used = self._used[:n_spikes]
        found.n_spikes = found._counted()
        return found

    def at_bins(self) -> Iterator[Float32[np.ndarray, "bins sources"]]:
        """Yield the sources at the evenly spaced bins."""
        walk = self._walk()
        for bins in _chunks(self._looked_at, self.sources.number):
            yield self._inputs(walk, bins, np.arange(len(bins)))[:, :-1]

    def at_spikes(self) -> Iterator[tuple[Float32[np.ndarray, "spikes own"], list[slice]]]:
        """Yield the sources and a one at spikes, and which rows belong to each neuron."""
        walk = self._walk()
        for spikes in _chunks(self._used, self.sources.number):
            order, rows = self._by_neuron(self._neurons[spikes])
            yield self._inputs(walk, self._bins[spikes], order), rows

    @property
    def are_few(self) -> bool:
        """Whether few parameters are left without the weights between neurons."""
        return self.sources.use != "shift"

    def seen_by(self, model: Model, whole: bool) -> Iterator[AtSpikes]:
        """Yield what a model sees at spikes.

        If not `whole`, which is there where parameters `are_few`, inputs leave out the traces of
        other neurons.
        """
        if whole:
            for inputs, rows in self.at_spikes():
                yield AtSpikes(_drives(model, inputs[:, :-1], rows), inputs, rows)
            return
        for posts, drives, inputs in self._summed(model):
            order, rows = self._by_neuron(posts)
            ones = np.ones(len(order), dtype=np.float32)
            yield AtSpikes(drives[order], np.column_stack((inputs[order], ones)), rows)

    def drives(
        self, model: Model
    ) -> Iterator[tuple[Float[np.ndarray, " spikes"], Int[np.ndarray, " spikes"]]]:
        """Yield the drive of the neuron that fired at spikes, and which neuron that was."""
        for posts, drives, _ in self._summed(model):
            yield drives, posts

    def _summed(
        self, model: Model
    ) -> Iterator[
        tuple[
            Int[np.ndarray, " spikes"],
            Float[np.ndarray, " spikes"],
            Float32[np.ndarray, "spikes own"],
        ]
    ]:
        """Yield neuron and drive at spikes, and its own trace with what an angle adds to that."""
        n, m, use = self.n_neurons, self.sources.n_neurons, self.sources.use
        kinds = 2 if use == "shift" else 1
        between = model.weights[:, : kinds * m].reshape(n, kinds, m)
        observed, unseen = np.split(between, [n], axis=2)
        if isinstance(self._hidden, InterpolatedNodes):
            observed = observed + unseen @ self._hidden.shares.T
        weights = np.ascontiguousarray(observed.swapaxes(0, 1), dtype=np.float32)
        walk = self._walk()
        for spikes in _chunks(self._used, _FEW):
            bins, posts = self._bins[spikes], self._neurons[spikes]
            sums, own = walk.sums(bins, posts, weights)
            if isinstance(self._hidden, HiddenTraces):
                sums += np.einsum("kh,kch->kc", self._hidden.at(bins), unseen[posts])
            angle = self._events.angle_at(bins) if use else None
            drives = sums[:, 0] + model.offsets[posts]
            if use == "shift":
                drives += self.sources.beside(sums[:, 1:], angle)[:, 0]
            inputs = self.sources.of(own[:, None], angle)
            if use == "tuning":
                drives += np.einsum("kp,kp->k", inputs[:, 1:], model.weights[posts, m:])
            yield posts, drives, inputs

    def _counted(self) -> Int[np.ndarray, " neurons"]:
        return np.bincount(self._neurons[self._used], minlength=self.n_neurons)

    def _walk(self) -> Walk:
        return Walk(self._bins, self._neurons, self._starts, self._powers, self.n_neurons)

    def _by_neuron(
        self, posts: Int[np.ndarray, " spikes"]
    ) -> tuple[Int[np.ndarray, " spikes"], list[slice]]:
        """Return the order of spikes by the neuron that fired, and which then belong to each."""
        posts = posts.astype(np.min_scalar_type(self.n_neurons))  # short numbers are sorted fast
        order = np.argsort(posts, kind="stable")
        ends = np.searchsorted(posts[order], np.arange(self.n_neurons + 1)).tolist()
        return order, [slice(*pair) for pair in pairwise(ends)]

    def _inputs(
        self, walk: Walk, at: Int[np.ndarray, " at"], order: Int[np.ndarray, " at"]
    ) -> Float32[np.ndarray, "at own"]:
        """Return all sources and a one at some bins, put in another order."""
        rows, here = walk.rows(at, order), at[order]
        if self._hidden is None and self.sources.use is None:
            return rows
        traces = rows[:, :-1]
        if self._hidden is not None:
            traces = np.concatenate((traces, self._hidden.at(here, traces)), axis=1)
        return self._with_one(traces, here)

    def _with_one(
        self, traces: Float32[np.ndarray, "at nodes"], at: Int[np.ndarray, " at"]
    ) -> Float32[np.ndarray, "at own"]:
        """Add what an angle adds at some bins, and a one."""
        angle = self._events.angle_at(at) if self.sources.use else None
        ones = np.ones((len(at), 1), dtype=np.float32)
        return np.concatenate((traces, self.sources.beside(traces, angle), ones), axis=1)


def _chunks(indices: Int[np.ndarray, " all"], width: int) -> Iterator[Int[np.ndarray, " some"]]:
    """Yield pieces so short that an array with `width` numbers for each stays small."""
    size = max(_CHUNK // width, 1)
    for first in range(0, len(indices), size):
        yield indices[first : first + size]


def _drives(model: Model, sources: np.ndarray, rows_of: list[slice]) -> np.ndarray:
    """Return the drive of the neuron that fired, at each spike."""
    drives = np.empty(len(sources))
    for post, rows in enumerate(rows_of):
        drives[rows] = model.drive(sources[rows], post)
    return drives
