"""What a page says of the connections, of a ring and of predictions: sentences and rows."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from circuitlib.head_direction.versions import GAIN_WINDOW
from circuitlib.report.claims import Name
from circuitlib.report.comparison import Comparison
from circuitlib.report.controls import DRAWS
from circuitlib.report.findings import Findings
from circuitlib.report.listing import connections, is_symmetric
from circuitlib.report.prediction import Gain
from circuitlib.report.ring import RingVerdict

#: What a control is, and what it leaves of the recording.
CONTROLS: dict[Name, str] = {
    "uncoupled": (
        "Uncoupled cells: each unit is replaced by independent spikes with its own tuning to the "
        f"recorded angle, its own lag, and its own slow changes of rate (over {GAIN_WINDOW:g} s). "
        "What the method still finds in them comes from the angle that all follow."
    ),
    "shifted": (
        "Shifted trains: each train is moved, as a whole and around the end of the recording, by "
        "a time of its own. What the method still finds in them comes from the rhythm of single "
        "trains."
    ),
    "jittered": (
        "Jittered spikes: each spike is moved to a random place within its window of {window}. "
        "What the method still finds in them is slower than that, such as a shared drive or "
        "drift."
    ),
}
#: What is asked of a connection by each control.
ASKED: dict[Name, str] = {
    "uncoupled": "beyond uncoupled cells of the same tuning",
    "shifted": "beyond shifted trains",
    "jittered": "beyond spikes jittered within {window}",
}


#: Models that a sentence calls by an article.
_WITH_ARTICLE = ("learned ring", "rectified GLM", "mean rates")


class Stage(NamedTuple):
    """A row of the table of stages."""

    what: str
    left: str
    chance: str
    spread: str
    own: bool = False


class RingRow(NamedTuple):
    """A row of the table of what speaks for a ring."""

    what: str
    recording: str
    control: str
    passed: str


def milliseconds(seconds: float) -> str:
    """Say how long a short time is."""
    return f"{1e3 * seconds:.4g} ms"


def plural(number: int, one: str, more: str | None = None) -> str:
    """Return a number with its word."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"


def verdict(findings: Findings) -> str:
    """Say in one sentence what is claimed."""
    claims = findings.claims
    if claims is None:
        return "No connection can be claimed from this fit."
    tested = int(np.isfinite(claims.z).sum()) // (1 + is_symmetric(findings))
    listed = connections(findings)
    if not listed:
        return f"No connection is claimed, of {tested:,} that are possible."
    up = sum(each.weight > 0 for each in listed)
    signs = f"{up:,} excitatory and {len(listed) - up:,} inhibitory"
    claimed = plural(len(listed), "connection is", "connections are")
    return f"{claimed} claimed, of {tested:,} that are possible: {signs}."


def verdict_lines(findings: Findings) -> list[str]:
    """Say in a few sentences what the page holds."""
    lines, claims, ring = [], findings.claims, findings.ring
    if claims is None:
        lines.append(findings.no_claims)
    else:
        controls = " and ".join(ASKED[name] for name in findings.controls)
        lines.append(
            f"The fit alone would list {int(claims.alone.sum()):,}. Claimed is what is "
            f"{controls.format(window=milliseconds(findings.window))}, at a false discovery rate "
            f"of {claims.rate:.0%}."
        )
    if ring is not None:
        lines.append(
            "Unseen spikes support a ring."
            if ring.supported
            else "A ring is not supported by this recording."
        )
    if findings.comparison is not None:
        lines.append(_prediction(findings.comparison))
    remarks = len(findings.quality.remarks)
    if remarks:
        things = "One thing" if remarks == 1 else f"{remarks} things"
        lines.append(f"{things} in the recording should be looked at first.")
    return lines


def explained(findings: Findings) -> list[str]:
    """Say how connections are claimed."""
    draws = {2: "two", 3: "three"}.get(DRAWS, str(DRAWS))
    lines = [
        "The error of a weight tells how few the spikes are. It does not tell whether two units "
        "are driven by the same thing. So the same method is fitted to controls, in which there "
        "is no connection of the kind that is claimed, and a connection is claimed only where its "
        f"weight is beyond the weights in each of them ({draws} draws of each).",
    ]
    window = milliseconds(findings.window)
    return lines + [CONTROLS[name].format(window=window) for name in findings.controls]


def told(findings: Findings) -> list[str]:
    """Say whether there is an angle, and whether the method was told of it."""
    if findings.recording.angle is None:
        return []
    use = findings.inferred.settings.get("angle")
    told_of_it = {
        "tuning": "of which the method was told: each unit has a tuning to it beside its inputs",
        "shift": "of which the method was told: it shifts the weights along a ring",
    }
    return [f"An angle was recorded too, {told_of_it.get(str(use), 'which the method ignores')}."]


def stages(findings: Findings) -> list[Stage]:
    """Return how many connections are left at each stage."""
    claims = findings.claims
    if claims is None:
        return []
    rows = [
        Stage("possible", f"{int(np.isfinite(claims.z).sum()):,}", "", ""),
        Stage("found by the fit alone", f"{int(claims.alone.sum()):,}", "", ""),
    ]
    for name, each in claims.beyond.items():
        asked = ASKED[name].format(window=milliseconds(findings.window))
        rows.append(
            Stage(
                asked, f"{int(each.found.sum()):,}", f"{each.by_chance:.1f}", f"{each.spread:.2f}"
            )
        )
    claimed = "claimed: beyond both, with the same sign"
    return [*rows, Stage(claimed, f"{int(claims.claimed.sum()):,}", "", "", own=True)]


def lost(findings: Findings) -> str:
    """Say of which neurons hardly anything can be claimed, because a control scatters too much."""
    claims, units = findings.claims, findings.recording.units
    if claims is None:
        return ""
    which = np.any([each.lost for each in claims.beyond.values()], axis=0)
    names = [units[unit] for unit in np.flatnonzero(which)]
    if not names:
        return ""
    shown = ", ".join(names[:10]) + (" ..." if len(names) > 10 else "")
    return (
        f"In a control, weights to {plural(len(names), 'unit')} ({shown}) scatter much more than "
        "all others; hardly anything is claimed of those."
    )


def ring_lines(findings: Findings) -> list[str]:
    """Say whether the recording supports a ring."""
    ring = findings.ring
    if ring is None:
        return [f"Not known: {findings.no_ring}"]
    if ring.supported:
        first = (
            "Supported. A ring, on which the weight depends on the angle between two units only, "
            "predicts unseen spikes better than free weights do, and better than in the control."
        )
    else:
        first = f"Not supported by this recording: {_against(ring)}."
    return [
        first,
        "The angles of the units on the ring are learned from the spikes. A ring has few "
        "parameters, so that unseen spikes may prefer it to free weights even where there is no "
        "connection. So it must also predict better than a model without connections, and must "
        "do so by more than in a control.",
    ]


def _against(ring: RingVerdict) -> str:
    if not ring.beats_free:
        return "unseen spikes do not prefer it to free weights by two errors"
    if not ring.beats_nothing:
        return "it predicts unseen spikes no better than a model without any connection"
    return "it predicts no more than a ring does in the control, where there is none"


def ring_rows(ring: RingVerdict | None) -> list[RingRow]:
    """Return what speaks for a ring, in numbers."""
    if ring is None:
        return []

    def nats(value: float, error: float) -> str:
        return f"{value:+.4f} ± {error:.4f}"

    rings = (ring.recording, ring.control)
    advantage, advantage_there = (nats(*each.advantage) for each in rings)
    gain, gain_there = (nats(*each.gain) for each in rings)
    rows = [
        ("better than free weights (nats per spike)", advantage, advantage_there, ring.beats_free),
        ("better than no connections (bits per spike)", gain, gain_there, ring.beats_nothing),
        (
            "so by more than in the control (bits per spike)",
            nats(*ring.more),
            "",
            ring.beats_control,
        ),
    ]
    return [
        RingRow(what, here, there, "yes" if passed else "no") for what, here, there, passed in rows
    ]


def prediction_lines(findings: Findings) -> list[str]:
    """Say how well the method predicts."""
    comparison = findings.comparison
    if comparison is None:
        return [f"Not known: {findings.no_comparison}"]
    return [
        _prediction(comparison),
        f"All models were fitted to the same part of the recording and predict the last "
        f"{comparison.duration:.4g} s, in the same bins of {milliseconds(comparison.bin_width)}. A "
        "bit per spike means that a spike was, on average, twice as probable as by the mean rate "
        "of its unit. Errors come from the scatter over twenty blocks of time.",
    ]


def _prediction(comparison: Comparison) -> str:
    own, *others = comparison.models
    if own.over_mean.bits < 2 * own.over_mean.error:
        return (
            f"On unseen spikes the method is not better than the mean rates "
            f"({_pm(own.over_mean)} bits per spike): it has learned nothing that lasts."
        )
    better = [each.name for each in others if _is_sure(each.behind, -1)]
    first = f"The method predicts unseen spikes with {_pm(own.over_mean)} bits per spike"
    if better:
        return f"{first}; {_joined(better)} {'do' if len(better) > 1 else 'does'} better."
    level = [each.name for each in others if not _is_sure(each.behind, 1)]
    if level:
        return f"{first}; {_joined(level)} {'do' if len(level) > 1 else 'does'} as well."
    return f"{first}, more than every simpler model."


def _is_sure(gain: Gain | None, sign: int) -> bool:
    return gain is not None and sign * gain.bits > 2 * gain.error


def _pm(gain: Gain) -> str:
    return f"{gain.bits:.3f} ± {gain.error:.3f}"


def _joined(names: Sequence[str]) -> str:
    *first, last = [f"the {name}" if name in _WITH_ARTICLE else name for name in names]
    return f"{', '.join(first)} and {last}" if first else last
