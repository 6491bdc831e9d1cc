"""Neurons that nobody recorded, as nodes whose rates follow from the recorded spikes."""

from dataclasses import dataclass
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32, Int
from numba import njit

from circuitlib.methods.single_index.link import Link
from circuitlib.methods.single_index.model import Model
from circuitlib.recordings.events import Events

#: Time constants from one stored value of a hidden trace to the next, between which it is linear.
_SPACING = 0.1
#: Cells of the table in which the compiled loop looks up rates, and e-folds of the rate below the
#: largest at which the table begins.
_CELLS, _SPAN = 4096, 40.0


@dataclass(frozen=True, eq=False)
class HiddenTraces:
    """The traces of hidden nodes in a recording.

    Parameters
    ----------
    values
        At bins 0, `every`, ..., shape ``(samples, hidden)``.
    every
        Bins from one sample to the next.
    """

    values: Float32[np.ndarray, "samples hidden"]
    every: int

    def at(
        self,
        bins: Int[np.ndarray, " at"],
        observed: Float32[np.ndarray, "at observed"] | None = None,
    ) -> Float32[np.ndarray, "at hidden"]:
        """Return the traces at some bins; those of observed neurons are not needed."""
        del observed
        found = np.empty((len(bins), self.values.shape[1]), dtype=np.float32)
        _interpolate(self.values, self.every, bins, found)
        return found


@dataclass(frozen=True, eq=False)
class HiddenNodes:
    r"""Hidden neurons that receive spikes from recorded ones and, in expectation, from each other.

    The trace of hidden neuron `k` grows by its expected spikes instead of by spikes,

    .. math:: s_k^{t+1} = e^{-\Delta t / \tau} \left(s_k^t + e^{F(u_k^t)}\right), \qquad
        u_k^t = b_k + \sum_j w_{kj} s_j^t ,

    where the sum is over recorded and hidden neurons.

    Parameters
    ----------
    from_observed
        Weights from recorded neurons, shape ``(hidden, observed)``.
    between
        Weights between hidden neurons, those of neurons on themselves included, shape ``(hidden,
        hidden)``.
    offsets
        b, shape ``(hidden,)``.
    link
        F.
    """

    from_observed: Float[np.ndarray, "hidden observed"]
    between: Float[np.ndarray, "hidden hidden"]
    offsets: Float[np.ndarray, " hidden"]
    link: Link

    @classmethod
    def of(cls, weights: Float[np.ndarray, "nodes nodes"], model: Model) -> "HiddenNodes":
        """Take the weights from a structure of all nodes, and the rest from the recorded neurons.

        Parameters
        ----------
        weights
            Weights between all nodes ``[post, pre]``, recorded ones first.
        model
            The model of the recorded neurons. Hidden ones get their mean offset and their mean
            weight of a neuron on itself.
        """
        n = len(model.weights)
        between = weights[n:, n:].copy()
        np.fill_diagonal(between, np.diagonal(model.between).mean())
        offsets = np.full(len(between), model.offsets.mean())
        return cls(weights[n:, :n], between, offsets, model.link)

    @property
    def number(self) -> int:
        """Number of hidden nodes."""
        return len(self.offsets)

    def traces(self, events: Events, decay: float) -> HiddenTraces:
        """Predict the traces in a recording, whose runs begin in silence.

        Parameters
        ----------
        events
            The recording.
        decay
            Part of a trace that is left after a bin.
        """
        every = max(round(-_SPACING / np.log(decay)), 1)
        samples = np.zeros((-(-events.n_bins // every) + 1, self.number), dtype=np.float32)
        high = self.link.high
        drives = np.linspace(high - _SPAN, high, _CELLS)
        _expect(
            *events.in_time(),
            events.runs.starts.astype(np.int64),
            events.n_bins,
            np.ascontiguousarray(self.from_observed.T),
            np.ascontiguousarray(self.between),
            (self.offsets - drives[0]) / (drives[1] - drives[0]),
            np.exp(self.link(drives)[0]),
            drives[1] - drives[0],
            decay,
            every,
            samples,
        )
        return HiddenTraces(samples, every)


@njit(cache=True)
@no_type_check  # numba cannot compile checks of shapes
def _interpolate(values, every, bins, found):
    """Fill `found` with values between samples."""
    for row, now in enumerate(bins):
        sample = now // every
        after = min(sample + 1, len(values) - 1)
        part = np.float32((now - sample * every) / every)
        found[row] = (1 - part) * values[sample] + part * values[after]


@njit(cache=True, fastmath={"reassoc"})  # so that the sum over senders is vectorized
@no_type_check  # numba cannot compile checks of shapes
def _expect(
    bins, neurons, starts, n_bins, received, exchanged, offsets, table, cell, decay, every, samples
):
    """Fill `samples` with the traces of hidden nodes, whose rates stand in a table by the drive."""
    n_hidden = len(offsets)
    drive, trace, rate = np.zeros(n_hidden), np.zeros(n_hidden), np.zeros(n_hidden)
    spike, run = 0, 0
    for now in range(n_bins):
        if run < len(starts) and starts[run] == now:
            drive[:] = 0
            trace[:] = 0
            run += 1
        if now % every == 0:
            samples[now // every] = trace
        for k in range(n_hidden):
            place = min(max(drive[k] / cell + offsets[k], 0.0), len(table) - 1.001)
            at = int(place)
            rate[k] = table[at] + (place - at) * (table[at + 1] - table[at])
            trace[k] = decay * (trace[k] + rate[k])
        while spike < len(bins) and bins[spike] == now:
            drive += received[neurons[spike]]
            spike += 1
        for k in range(n_hidden):
            expected = 0.0
            for sender in range(n_hidden):
                expected += exchanged[k, sender] * rate[sender]
            drive[k] = decay * (drive[k] + expected)
    samples[-1] = trace
