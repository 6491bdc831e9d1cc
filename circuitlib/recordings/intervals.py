"""Recorded intervals: what was recorded, on the clock of the recording."""

import numpy as np
from jaxtyping import Bool, Float

from circuitlib.recordings.arguments import numbers

#: What was recorded, where nothing is known of it.
UNKNOWN = np.array([[-np.inf, np.inf]])


def recorded(intervals: object) -> Float[np.ndarray, "intervals 2"]:
    """Return recorded intervals in order, joined where one begins as the one before ends.

    Parameters
    ----------
    intervals
        Start and stop of each interval in seconds, shape ``(intervals, 2)``; an object with
        ``start`` and ``end``, such as pynapple's ``IntervalSet``; or a list with one of these for
        each neuron, where only the time is kept in which all neurons were recorded. An infinite
        start or stop is one that is not known.

    Raises
    ------
    ValueError
        If they are no intervals, overlap, or hold no time.
    """
    if isinstance(intervals, list) and intervals and np.ndim(intervals[0]) != 1:
        common = recorded(intervals[0])
        for each in intervals[1:]:
            common = intersection(common, recorded(each))
        if len(common) == 0:
            raise ValueError("`intervals` of the neurons have no time in common")
        return common
    if hasattr(intervals, "start") and hasattr(intervals, "end"):
        spans = np.stack(
            [numbers("intervals", intervals.start), numbers("intervals", intervals.end)]
        )
        spans = spans.T.astype(np.float64)
    else:
        spans = numbers("intervals", intervals).astype(np.float64)
    if spans.ndim != 2 or spans.shape[1] != 2 or len(spans) == 0:
        raise ValueError(f"`intervals` must have shape (intervals, 2), got {spans.shape}")
    if np.isnan(spans).any():
        raise ValueError("`intervals` holds NaN")
    spans = spans[np.argsort(spans[:, 0], kind="stable")]
    if not (np.diff(spans.ravel()) >= 0).all():
        raise ValueError("`intervals` must start before they stop, and must not overlap")
    spans = _joined(spans)
    if len(spans) == 0:
        raise ValueError("`intervals` hold no time")
    return spans


def intersection(
    one: Float[np.ndarray, "intervals 2"], other: Float[np.ndarray, "others 2"]
) -> Float[np.ndarray, "common 2"]:
    """Return the time that lies in both of two rising lists of intervals; may be empty."""
    edges = np.unique(np.concatenate([one.ravel(), other.ravel()]))
    if len(edges) < 2:
        return np.zeros((0, 2))
    pieces = np.stack([edges[:-1], edges[1:]], axis=1)
    return _joined(pieces[_covered(pieces, one) & _covered(pieces, other)])


def without(
    spans: Float[np.ndarray, "intervals 2"], left_out: Float[np.ndarray, "others 2"]
) -> Float[np.ndarray, "rest 2"]:
    """Return what remains of intervals when others, in any order, are taken out of them."""
    if len(left_out) == 0:
        return spans
    edges = np.sort(np.concatenate([spans.ravel(), left_out.ravel()]))
    pieces = np.stack([edges[:-1], edges[1:]], axis=1)
    pieces = pieces[pieces[:, 1] > pieces[:, 0]]
    starts, stops = pieces[:, :1], pieces[:, 1:]
    out = ((starts >= left_out[:, 0]) & (stops <= left_out[:, 1])).any(axis=1)
    return _joined(pieces[_covered(pieces, spans) & ~out])


def joined(
    times: Float[np.ndarray, " spikes"], spans: Float[np.ndarray, "intervals 2"]
) -> tuple[
    Float[np.ndarray, " kept"],
    Bool[np.ndarray, " spikes"],
    Float[np.ndarray, " intervals"],
    float,
]:
    """Put recorded intervals one directly after the other.

    Parameters
    ----------
    times
        On the clock of the intervals, in seconds.
    spans
        As :func:`recorded` returns them. A time at a stop lies outside, but for the last one.

    Returns
    -------
    times, inside, starts, duration
        The times that lie in an interval, in recorded time from zero; which these are; recorded
        time at which each interval begins; and recorded time in all.
    """
    run = np.searchsorted(spans[:, 0], times, side="right") - 1
    inside = (run >= 0) & ((times < spans[run, 1]) | (times == spans[-1, 1]))
    lengths = spans[:, 1] - spans[:, 0]
    starts = np.cumsum(lengths) - lengths
    kept = (times - spans[run, 0] + starts[run])[inside]
    return kept, inside, starts, float(lengths.sum())


def _covered(
    pieces: Float[np.ndarray, "pieces 2"], spans: Float[np.ndarray, "intervals 2"]
) -> Bool[np.ndarray, " pieces"]:
    """Tell which pieces of time lie in one of rising intervals whole."""
    run = np.searchsorted(spans[:, 0], pieces[:, 0], side="right") - 1
    return np.asarray((run >= 0) & (pieces[:, 1] <= spans[run, 1]))


def _joined(spans: Float[np.ndarray, "intervals 2"]) -> Float[np.ndarray, "joined 2"]:
    """Leave out empty intervals, and join those between which no time passes."""
    spans = spans[spans[:, 1] > spans[:, 0]]
    if len(spans) == 0:
        return spans
    first = np.concatenate(([True], spans[1:, 0] > spans[:-1, 1]))
    last = np.append(first[1:], True)
    return np.stack([spans[first, 0], spans[last, 1]], axis=1)
