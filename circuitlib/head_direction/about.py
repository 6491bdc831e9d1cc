"""What a page shows of a session itself: cells, tuning, lags, and what tuning alone predicts."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Float

from circuitlib._seeding import streams
from circuitlib.head_direction.contrast import NEAR
from circuitlib.head_direction.excitability import preferred_lags, tuned_counts
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import (
    angular_distance,
    hd_score,
    preferred_directions,
)
from circuitlib.methods.estimator import TRAIN_FRACTION
from circuitlib.methods.glm.history import HistoryGLM
from circuitlib.metrics import bits_per_spike
from circuitlib.recordings.spikes import Spikes

#: Expected spikes of a bin at least, where a tuning curve is zero.
_LEAST = 1e-6
#: Widths and lags in bins at which the remainders of near cells are compared.
WIDTHS = (1, 2, 5, 10, 20, 50, 100)
LAGS = (0, 1, 2, 3, 4, 6, 8, 10, 15, 20, 30, 40, 50, 60, 80, 100)
#: Rate in hertz of a made-up cell that tells nothing.
_OTHER_RATE = 5.0
#: Significant digits.
_DIGITS = 6


def about(session: HeadDirectionRecording) -> dict[str, Any]:
    """Return numbers about a session, none of them a spike or an angle of it.

    Keys are ``cells``, ``duration`` (s), ``runs``, ``bin_width`` (s), ``rates`` (Hz), ``sleep``
    (seconds by kind), ``sleep_rates`` (Hz in each tenth of it), ``score`` and ``threshold`` of the
    head-direction score, ``preferred`` (rad), ``lags`` (s), ``angles`` and ``curves`` (Hz),
    ``bits`` of the tuning curves of the first nine tenths on the rest, without and with lags;
    ``by_width`` and ``by_lag``, see :func:`remainders`; and ``counts_sha256``.
    """
    spikes, curves = session.spikes, session.tuning_curves()
    score = hd_score(spikes, session.angle)
    by_width, by_lag = remainders(session)
    return {
        "cells": spikes.n_neurons,
        "duration": spikes.duration,
        "runs": len(spikes.starts),
        "bin_width": spikes.dt,
        "rates": _few(spikes.rates),
        "sleep": {kind: asleep.duration for kind, asleep in session.sleep.items()},
        "sleep_rates": {kind: rates_in_parts(asleep) for kind, asleep in session.sleep.items()},
        "score": _few(score.score),
        "threshold": _few(score.threshold),
        "preferred": _few(preferred_directions(curves)),
        "lags": _few(preferred_lags(session) * spikes.dt),
        "angles": _few(curves.angles),
        "curves": [_few(row) for row in curves.rates],
        "bits": {
            "tuning": tuning_bits(session),
            "tuning-lags": tuning_bits(session, with_lags=True),
        },
        "by_width": _few(by_width),
        "by_lag": _few(by_lag),
        "counts_sha256": hashlib.sha256(spikes.counts.tobytes()).hexdigest(),
    }


def tuning_bits(session: HeadDirectionRecording, with_lags: bool = False) -> float:
    """Return the bits per spike of the tuning curves of the first nine tenths on the rest.

    They see the present angle, or that at the lag of each cell, and no spike of what they predict.
    """
    first, last = session.split(TRAIN_FRACTION)
    expected = tuned_counts(last, preferred_lags(first) if with_lags else None, first)
    return bits_per_spike(last.spikes.counts, np.maximum(expected, _LEAST))


def own_past_bits(session: HeadDirectionRecording, settings: Mapping[str, float]) -> float:
    """Return the bits per spike of models that see the head angle and a cell's own past.

    Each cell has a GLM with a rectifying link, fitted to the first nine tenths and judged on the
    rest. What a model of all cells predicts beyond that comes from the other cells.

    Parameters
    ----------
    session
        The recording.
    settings
        ``tau`` and ``bin_width`` in seconds.
    """
    (rng,) = streams(0, 1)
    # The method needs two neurons: the other one fires by chance, and tells nothing.
    other = rng.poisson(_OTHER_RATE * session.spikes.dt, session.spikes.n_bins)
    counts, rates = [], []
    for train in session.spikes.counts.T:
        pair = np.stack([train, np.minimum(other, 255).astype(np.uint8)], axis=1)
        first, last = replace(session.spikes, counts=pair, units=("cell", "chance")).split(
            TRAIN_FRACTION
        )
        tau, width = settings["tau"], settings["bin_width"]
        model = HistoryGLM(width, tau, "rectified", self_history=True, angle="tuning")
        fit = model.fit(first)
        rates.append(fit.rates(last)[:, 0])
        counts.append(last.binned(fit.bin_width).counts[:, 0])
    return bits_per_spike(np.stack(counts, axis=1), np.stack(rates, axis=1))


def rates_in_parts(spikes: Spikes, parts: int = 10) -> list[list[float | None]]:
    """Return the rates of all cells in hertz in equal parts of the time."""
    return [_few(part.mean(axis=0) / spikes.dt) for part in np.array_split(spikes.counts, parts)]


def remainders(
    session: HeadDirectionRecording,
) -> tuple[Float[np.ndarray, " widths"], Float[np.ndarray, " lags"]]:
    """Return what near cells have in common beyond their tuning.

    Returns
    -------
    by_width, by_lag
        Mean correlation of what remains after the tuned counts are subtracted, in bins that are
        :data:`WIDTHS` times as wide; and their covariance at :data:`LAGS` over the product of the
        mean counts, the share of spikes in excess of chance. Pairs are less than 45 degrees apart.
    """
    spikes, runs = session.spikes, session.spikes.runs
    preferred = preferred_directions(session.tuning_curves())
    near = angular_distance(preferred[:, None], preferred) < NEAR
    near &= ~np.eye(len(preferred), dtype=bool)
    rest, mean = spikes.counts - tuned_counts(session), spikes.counts.mean(axis=0)
    by_width = []
    for width in WIDTHS:
        wide = [
            rest[run][: len(rest[run]) // width * width].reshape(-1, width, rest.shape[1])
            for run in runs.slices
        ]
        sums = np.concatenate([each.sum(axis=1) for each in wide])
        by_width.append(np.corrcoef(sums, rowvar=False)[near].mean())
    at = np.arange(len(rest))
    since = at - runs.start_of(at)
    by_lag = []
    for lag in LAGS:
        late = np.flatnonzero(since >= lag)
        covariance = rest[late].T @ rest[late - lag] / len(late)
        by_lag.append(covariance[near].sum() / np.outer(mean, mean)[near].sum())
    return np.array(by_width), np.array(by_lag)


def _few(values: np.ndarray) -> list[float | None]:
    """Return numbers as JSON holds them, rounded; None for NaN."""
    return [float(f"{v:.{_DIGITS}g}") if np.isfinite(v) else None for v in values.tolist()]
