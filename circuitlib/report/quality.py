"""Whether a recording was good enough: rates and their drift, refractory periods, artefacts.

What stands out is told in sentences; nothing is left out of the recording because of it.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.ndimage import uniform_filter1d
from scipy.stats import poisson

from circuitlib.recordings.quality import REFRACTORY, common_pauses, refractory_violations
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Parts of the recording in which rates are compared.
PARTS = 10
#: A rate that changes by this factor, and by so many errors, drifts.
_FACTOR, _ERRORS = 2.0, 4.0
#: Share of intervals below a refractory period from which on a unit holds spikes of others.
_CONTAMINATED = 0.01
#: Bins (s) in which units count as firing together, and seconds whose mean is usual.
_TOGETHER, _USUAL = 1e-3, 1.0
#: Synchronous bins that are expected by chance in the whole recording, at most.
_CHANCE = 0.01
#: Seconds of common silence from which on a pause is told.
_PAUSE = 1.0
#: Units that a sentence names.
_NAMED = 5


class Quality(NamedTuple):
    """What was recorded, and what looks wrong in it.

    Parameters
    ----------
    rates
        Mean rate of each neuron in hertz.
    by_part
        Rates in tenths of the recorded time, shape ``(parts, neurons)``.
    drift
        By which factor each neuron fires more in the last than in the first fifth.
    drifting
        Which neurons drift.
    violations
        Share of each neuron's intervals that are shorter than a refractory period; None for counts.
    together
        Bins in which more units fire than chance would have it, how wide these are, and the most
        units that fire in one of them.
    silence
        Seconds of the longest common pause, and of all pauses of more than a second.
    facts, remarks
        In sentences: what is so, and what one should look at.
    """

    rates: Float[np.ndarray, " neurons"]
    by_part: Float[np.ndarray, "parts neurons"]
    drift: Float[np.ndarray, " neurons"]
    drifting: np.ndarray
    violations: Float[np.ndarray, " neurons"] | None
    together: tuple[int, float, int]
    silence: tuple[float, float]
    facts: list[str]
    remarks: list[str]


def judge_quality(recording: Recording) -> Quality:
    """Look at a recording before anything is inferred from it."""
    by_part = _by_part(recording)
    early, late = (by_part[part].mean(axis=0) for part in (slice(0, 2), slice(-2, None)))
    time = recording.duration / PARTS * 2
    # Half a spike on both sides, so that a silent part is no infinite factor.
    drift = (late * time + 0.5) / (early * time + 0.5)
    error = np.sqrt(1 / (late * time + 0.5) + 1 / (early * time + 0.5))
    changed = np.abs(np.log(drift))
    drifting = (changed > np.log(_FACTOR)) & (changed > _ERRORS * error)
    violations = None if isinstance(recording, Spikes) else refractory_violations(recording)
    together, silence = _together(recording), _silence(recording)
    quality = Quality(
        recording.rates, by_part, drift, drifting, violations, together, silence, [], []
    )
    quality.facts.extend(_facts(recording, quality))
    quality.remarks.extend(_remarks(recording, quality))
    return quality


def _by_part(recording: Recording) -> Float[np.ndarray, "parts neurons"]:
    edges = np.linspace(0, 1, PARTS + 1)
    if isinstance(recording, Spikes):
        bins = np.round(edges * recording.n_bins).astype(int)
        parts = [
            recording.counts[first:last].sum(axis=0, dtype=np.int64) / max(last - first, 1)
            for first, last in pairwise(bins.tolist())
        ]
        return np.stack(parts) / recording.dt
    times = edges * recording.duration
    counts = [np.histogram(recording[neuron], times)[0] for neuron in range(recording.n_neurons)]
    return np.stack(counts, axis=1) * PARTS / recording.duration


def _together(recording: Recording) -> tuple[int, float, int]:
    """Count the bins in which improbably many units fire, given how many do at that time."""
    spikes = recording if isinstance(recording, Spikes) else recording.binned(_TOGETHER)
    active = np.count_nonzero(spikes.counts, axis=1)
    window = min(max(round(_USUAL / spikes.dt), 1), spikes.n_bins)
    usual = np.maximum(uniform_filter1d(active.astype(float), window, mode="nearest"), 1e-9)
    improbable = poisson.sf(active - 1, usual) * len(active) < _CHANCE
    most = int(active[improbable].max()) if improbable.any() else 0
    return int(improbable.sum()), spikes.dt, most


def _silence(recording: Recording) -> tuple[float, float]:
    if isinstance(recording, Spikes):
        borders = np.zeros(recording.n_bins, dtype=bool)
        borders[recording.starts] = True
        fires = np.flatnonzero(recording.counts.any(axis=1) | borders)
        lengths = np.diff(fires, append=recording.n_bins) - 1
        lengths = np.maximum(lengths, 0) * recording.dt
    else:
        lengths = common_pauses(recording)[1]
    return float(lengths.max()), float(lengths[lengths > _PAUSE].sum())


def _facts(recording: Recording, quality: Quality) -> list[str]:
    rates, (n_together, width, _), (longest, total) = (
        quality.rates,
        quality.together,
        quality.silence,
    )
    runs = len(recording.starts if isinstance(recording, Spikes) else recording.run_starts)
    facts = [
        f"{recording.n_neurons:,} {'unit' if recording.n_neurons == 1 else 'units'}, "
        f"{recording.n_spikes:,} spikes in {recording.duration:.6g} s "
        f"of recorded time, in {runs} uninterrupted {'run' if runs == 1 else 'runs'}.",
        f"Rates from {rates.min():.3g} to {rates.max():.3g} Hz, median {np.median(rates):.3g} Hz.",
    ]
    if quality.violations is None:
        facts.append("Refractory violations cannot be seen: the recording holds counts in bins.")
    else:
        known = quality.violations[np.isfinite(quality.violations)]
        if len(known):
            facts.append(
                f"{np.median(known):.2%} of intervals below {1e3 * REFRACTORY:g} ms in the median "
                f"unit, {known.max():.2%} in the worst."
            )
    facts.append(
        f"{n_together} bins of {1e3 * width:g} ms in which improbably many units fire together."
    )
    facts.append(
        f"Longest silence of all units {longest:.2g} s; {total:.3g} s in silences above "
        f"{_PAUSE:g} s."
    )
    return facts


def _remarks(recording: Recording, quality: Quality) -> list[str]:
    remarks = []
    if quality.drifting.any():
        remarks.append(
            f"{_units(recording, quality.drifting)} changed rate by a factor of {_FACTOR:g} or "
            "more from the first to the last fifth. Slow drift makes units look alike; look at "
            "their connections in each half."
            + ("" if recording.angle is None else " Their angle may explain it too.")
        )
    if quality.violations is not None:
        bad = np.nan_to_num(quality.violations) > _CONTAMINATED
        if bad.any():
            remarks.append(
                f"{_units(recording, bad)} fired within {1e3 * REFRACTORY:g} ms of the own spike "
                f"in more than {_CONTAMINATED:.0%} of intervals: they may hold spikes of other "
                "neurons."
            )
    n_together, width, most = quality.together
    if n_together:
        remarks.append(
            f"Up to {most} units fired in the same {1e3 * width:g} ms where a few were usual. This "
            "may be an artefact, or a true population event; look at these times."
        )
    if quality.silence[1] > 0:
        remarks.append(
            f"All units were silent together for up to {quality.silence[0]:.3g} s. If nobody "
            "recorded then, say so with epochs: it is not silence."
        )
    return remarks


def _units(recording: Recording, which: np.ndarray) -> str:
    names = [recording.units[unit] for unit in np.flatnonzero(which)]
    shown = ", ".join(names[:_NAMED]) + (" ..." if len(names) > _NAMED else "")
    return f"{len(names)} {'unit' if len(names) == 1 else 'units'} ({shown})"
