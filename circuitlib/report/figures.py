"""Figures of a report. Each returns a figure; computing is done elsewhere."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter
from scipy.stats import norm

from circuitlib.notebook import plotting
from circuitlib.report.claims import Name
from circuitlib.report.comparison import Comparison
from circuitlib.report.findings import Findings
from circuitlib.report.quality import PARTS, Quality

#: Colours of the controls and of what is claimed.
COLOURS: dict[Name, str] = {
    "uncoupled": plotting.ORANGE,
    "shifted": plotting.ORANGE,
    "jittered": plotting.BLUE,
}
CLAIMED = plotting.GREEN
#: What figures call the controls.
TITLES: dict[Name, str] = {
    "uncoupled": "same tuning, uncoupled",
    "shifted": "trains shifted",
    "jittered": "spikes jittered",
}
#: Inches of a figure across. Shown on a phone, a text of ten points is then eight pixels high.
_WIDE = 6.0


def figure(height: float) -> Figure:
    """Return an empty figure in the style of the book, for no screen."""
    with mpl.rc_context(plotting.STYLE):
        made = Figure(figsize=(_WIDE, height), layout="constrained")
    FigureCanvasAgg(made)
    return made


def rates(quality: Quality) -> Figure:
    """Draw the rates of all units, and how they change over the recording."""
    with mpl.rc_context(plotting.STYLE):
        made = figure(2.9)
        left, right = made.subplots(1, 2)
        order = np.argsort(quality.rates)
        left.plot(quality.rates[order], np.arange(len(order)), ".", color=plotting.BLACK)
        left.set(xlabel="mean rate (Hz)", ylabel="units, by rate")
        left.yaxis.set_major_locator(MaxNLocator(nbins=6, integer=True))
        if quality.rates.min() > 0 and quality.rates.max() > 20 * quality.rates.min():
            left.set_xscale("log")
            left.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        else:
            left.set_xlim(left=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = quality.by_part / quality.rates
        at = (np.arange(PARTS) + 0.5) * 100 / PARTS
        for unit in range(relative.shape[1]):
            drifts = bool(quality.drifting[unit])
            right.plot(
                at,
                relative[:, unit],
                color=plotting.ORANGE if drifts else plotting.GREY,
                linewidth=1.6 if drifts else 0.8,
                zorder=2 + drifts,
            )
        right.plot(at, np.nanmedian(relative, axis=1), color=plotting.BLACK, label="median")
        right.axhline(1, color=plotting.BLACK, linewidth=0.6, linestyle=":")
        right.set(xlabel="time (% of the recording)", ylabel="rate over its mean", xlim=(0, 100))
        right.set_ylim(0, max(2.0, float(np.nanpercentile(relative, 99))))
        right.legend()
    return made


def matrices(findings: Findings) -> Figure:
    """Draw all weights, and beside them those that are claimed."""
    with mpl.rc_context(plotting.STYLE):
        has_claims = findings.claims is not None
        made = figure(3.3 if has_claims else 4.2)
        axes = made.subplots(1, 2 if has_claims else 1, sharey=True, squeeze=False)[0]
        order = np.arange(findings.recording.n_neurons)
        by = ""
        if findings.preferred is not None and np.isfinite(findings.preferred).all():
            order, by = np.argsort(findings.preferred), ", by preferred angle"
        among = [findings.inferred.units.index(name) for name in findings.recording.units]
        weights = findings.inferred.weights[np.ix_(among, among)].copy()
        np.fill_diagonal(weights, np.nan)
        limit = float(np.nanquantile(np.abs(weights), 0.99)) or 1.0
        weights = weights[np.ix_(order, order)]
        image = plotting.weight_matrix(weights, axes[0], limit)
        axes[0].set(title="all weights", xlabel="from unit" + by, ylabel="to unit" + by)
        if findings.claims is not None:
            claimed = findings.claims.claimed[np.ix_(order, order)]
            shown = np.where(claimed, weights, 0.0)
            np.fill_diagonal(shown, np.nan)
            image = plotting.weight_matrix(shown, axes[1], limit)
            axes[1].set(title="claimed", xlabel="from unit" + by, ylabel="")
        made.colorbar(image, ax=list(axes), label="weight", shrink=0.8, extend="both")
    return made


def against_controls(findings: Findings) -> Figure:
    """Draw each weight against the mean weight of the same pair in a control."""
    with mpl.rc_context(plotting.STYLE):
        made = figure(3.3)
        claims, fit = findings.claims, findings.fit
        n_panels = max(len(findings.controls), 1)
        axes: Sequence[Axes] = made.subplots(1, n_panels, sharey=True, squeeze=False)[0]
        if claims is None or fit is None:
            return made
        apart = ~np.eye(len(fit.weights), dtype=bool)
        for ax, (name, draws) in zip(axes, findings.controls.items(), strict=True):
            mean = np.mean([each.weights for each in draws], axis=0)
            rest = apart & ~claims.claimed
            ax.axline((0, 0), slope=1, color=COLOURS[name], linewidth=1.2)
            _dots(ax, mean[rest], fit.weights[rest], plotting.GREY, "not claimed", 2.5)
            some = claims.claimed
            _dots(ax, mean[some], fit.weights[some], CLAIMED, "claimed", 4.0)
            ax.set(title=TITLES[name], xlabel="weight in the control")
            ax.xaxis.set_major_locator(MaxNLocator(nbins=4))
        axes[0].set_ylabel("weight in the recording")
        dots = axes[0].get_legend_handles_labels()
        made.legend(*dots, loc="outside upper right", ncols=2, handletextpad=0.1, markerscale=2.5)
    return made


def _dots(ax: Axes, x: Any, y: Any, colour: str, label: str, size: float) -> None:
    darker = "#767676" if colour == plotting.GREY else colour
    ax.plot(x, y, ".", color=darker, markersize=size, label=label, rasterized=True)


def scores(findings: Findings) -> Figure:
    """Draw how the z-scores are distributed, beside what chance would give."""
    with mpl.rc_context(plotting.STYLE):
        made = figure(2.9)
        ax = made.subplots()
        claims = findings.claims
        if claims is None:
            return made
        every = np.concatenate([each.z[np.isfinite(each.z)] for each in claims.beyond.values()])
        limit = float(np.clip(np.abs(every).max(), 4, 10))
        n_cells = int(np.clip(2 * np.sqrt(len(every)), 10, 50))
        edges = np.linspace(-limit, limit, n_cells + 1)
        for name, each in claims.beyond.items():
            z = np.clip(each.z[np.isfinite(each.z)], -limit, limit)
            ax.hist(
                z, edges.tolist(), density=True, histtype="step", linewidth=1.8,
                color=COLOURS[name], label=f"against: {TITLES[name]}",
            )  # fmt: skip
        x = np.linspace(-limit, limit, 301)
        ax.plot(x, norm.pdf(x), color=plotting.BLACK, linestyle="--", label="chance")
        ax.set(xlabel="z-score against the control", ylabel="density", xlim=(-limit, limit))
        ax.legend(loc="upper left", bbox_to_anchor=(0, 1.32), ncols=2, columnspacing=1.0)
    return made


def profiles(findings: Findings) -> Figure:
    """Draw mean weights against the angle between preferred directions."""
    with mpl.rc_context(plotting.STYLE):
        made = figure(2.9)
        plotting.angular_profile(findings.profiles, made.subplots())
    return made


def predictions(comparison: Comparison) -> Figure:
    """Draw the bits per spike of all models."""
    with mpl.rc_context(plotting.STYLE):
        made = figure(0.9 + 0.36 * len(comparison.models))
        ax = made.subplots()
        models = comparison.models[::-1]
        bits = [model.over_mean.bits for model in models]
        colours = [plotting.BLUE if model.behind is None else "#999999" for model in models]
        ax.barh([model.name for model in models], bits, color=colours, height=0.6)
        errors = [model.over_mean.error for model in models]
        ax.errorbar(
            bits, np.arange(len(models)), xerr=errors, fmt="none", ecolor="black", capsize=2
        )
        ax.axvline(0, color="black", linewidth=0.8)
        ax.set_xlabel("bits per spike on unseen spikes")
    return made
