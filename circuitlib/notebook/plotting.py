"""Figures of the book: each function draws arrays on the axes it is given and returns the artist.

Colours are those of Okabe and Ito, which readers with any of the common colour-vision deficiencies
can tell apart; the truth is always black.
"""

from collections.abc import Mapping
from typing import Any

import matplotlib as mpl
import numpy as np
from cycler import cycler
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.container import ErrorbarContainer
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.projections.polar import PolarAxes
from matplotlib.ticker import MaxNLocator

from circuitlib.head_direction.angular_profile import AngularProfile
from circuitlib.methods.catalogue import METHODS, Family, method_of
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
AMBER, SKY, BLACK, GREY = "#E69F00", "#56B4E9", "#000000", "#BBBBBB"

#: One colour for each kind of method that has one, the same in every figure; see `method_colour`.
FAMILY_COLOURS: dict[Family, str] = {
    "graph network": BLUE,
    "learned link": PURPLE,
    "rectified GLM": GREEN,
    "log GLM": ORANGE,
    "same-bin GLM": SKY,
}

#: The colour of all other methods.
OTHER_COLOUR = "grey"

#: Colours of the curves that stand beside each other in one axes.
METHOD_COLOURS = {
    "truth": BLACK,
    "correlation": AMBER,
    "precision": PURPLE,
} | {
    name: FAMILY_COLOURS[METHODS[name].family]
    for name in ("gnn", "glm-same-bin", "glm-log", "glm-rectified")
}

#: What figures and tables call the methods, by the label of their stored runs.
METHOD_TITLES = {
    label: title for method in METHODS.values() for label, title in method.labels.items()
}

#: Marks of the methods, by the same labels. The quick preset has its own.
METHOD_MARKERS = {
    label: "D" if label.endswith("@quick") else method.marker
    for method in METHODS.values()
    for label in method.labels
}

#: What figures and tables call the spiking models.
SPIKING_TITLES = {"threshold": "threshold-crossing", "lnp": "LNP"}

STYLE: dict[Any, Any] = {
    "axes.prop_cycle": cycler(color=[BLUE, ORANGE, GREEN, PURPLE, AMBER, SKY, BLACK]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelsize": 10,
    "axes.titlesize": 10,
    "figure.constrained_layout.use": True,
    "figure.dpi": 110,
    "figure.figsize": (6.0, 3.2),
    "font.size": 10,
    "image.interpolation": "nearest",
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "savefig.dpi": 110,
}


def use_style() -> None:
    """Use the book's style for all figures made from now on."""
    mpl.rcParams.update(STYLE)


def method_colour(label: str) -> str:
    """Return the colour of a method's family, by its name or the label of its stored runs."""
    return FAMILY_COLOURS.get(method_of(label).family, OTHER_COLOUR)


def raster(recording: Recording, ax: Axes, start: float = 0.0, stop: float | None = None) -> Line2D:
    """Draw each spike as a tick: time across, neurons up.

    Parameters
    ----------
    recording
        Spike times, or counts (a tick in the middle of each bin that holds a spike).
    ax
        Where to draw.
    start, stop
        Piece of the recording in seconds; to its end if `stop` is None.
    """
    stop = recording.duration if stop is None else stop
    if not 0 <= start < stop:
        raise ValueError(f"`start` must be from 0 to below `stop`, got {start:g} and {stop:g} s")
    if isinstance(recording, Spikes):
        first = int(start / recording.dt)
        piece = recording.counts[first : int(np.ceil(stop / recording.dt))]
        bins, neurons = np.nonzero(piece)
        times = (bins + first + 0.5) * recording.dt
    else:
        inside = (recording.times >= start) & (recording.times < stop)
        times = recording.times[inside]
        owner = np.repeat(np.arange(recording.n_neurons), np.diff(recording.offsets))
        neurons = owner[inside]
    height = float(np.clip(200 / recording.n_neurons, 1.5, 8))
    (ticks,) = ax.plot(times, neurons, "|", color=BLACK, markersize=height, rasterized=True)
    ax.set(xlabel="time (s)", ylabel="neuron", xlim=(start, stop))
    ax.set_ylim(-0.5, recording.n_neurons - 0.5)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    return ticks


def bump(activity: Float[np.ndarray, " neurons"], ax: Axes, limit: float | None = None) -> Line2D:
    """Draw the activity of a ring of neurons as the distance of a closed curve from the centre.

    Parameters
    ----------
    activity
        One value per neuron in ring order, not negative, shape ``(neurons,)``.
    ax, limit
        Polar axes, and the activity at their outer edge (the largest value if None).
    """
    polar = _polar(ax)
    angles = 2 * np.pi * np.arange(len(activity) + 1) / len(activity)
    (curve,) = polar.plot(angles, np.append(activity, activity[:1]), color=BLUE)
    polar.set_rlim(0, limit or float(activity.max()) or 1.0)
    polar.set_rticks([])
    polar.set_xticks(np.arange(4) * np.pi / 2, [str(k * len(activity) // 4) for k in range(4)])
    return curve


def weight_matrix(
    weights: Float[np.ndarray, "post pre"], ax: Axes, limit: float | None = None
) -> AxesImage:
    """Draw a weight matrix on a symmetric colour scale; grey where nothing was inferred.

    Parameters
    ----------
    weights
        Weights, shape ``(post, pre)``.
    ax
        Where to draw.
    limit
        Largest weight of the scale; the largest magnitude if None.
    """
    known = np.abs(weights[np.isfinite(weights)])
    if limit is None:
        limit = float(known.max(initial=0.0)) or 1.0
    colours = mpl.colormaps["RdBu_r"].with_extremes(bad=GREY)
    shown = np.ma.masked_invalid(weights)
    image = ax.imshow(shown, cmap=colours, vmin=-limit, vmax=limit, interpolation="nearest")
    ax.set(xlabel="presynaptic neuron", ylabel="postsynaptic neuron")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    return image


def weight_profile(
    profiles: Mapping[str, Float[np.ndarray, " offset"]],
    ax: Axes,
    truth: Float[np.ndarray, " offset"] | None = None,
) -> list[Line2D]:
    """Draw mean weights against the signed distance of neurons on the ring.

    Parameters
    ----------
    profiles
        Name and mean profile of each method, on one scale, entry `k` at circular offset `k`
        (``post - pre``); the diagonal, entry 0, is left out.
    ax
        Where to draw.
    truth
        True profile, drawn first, in black.
    """
    named = ({} if truth is None else {"truth": truth}) | dict(profiles)
    lines = []
    for name, profile in named.items():
        n = len(profile)
        offset = np.arange(n) - n // 2
        values = np.where(offset == 0, np.nan, profile[offset % n])
        width = 3.0 if name == "truth" else 1.6
        colour = METHOD_COLOURS.get(name)  # None: the next of the style
        lines += ax.plot(offset, values, label=name, linewidth=width, color=colour)
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.set(xlabel="distance on the ring (neurons)", ylabel="mean weight")
    ax.legend()
    return lines


def tuning_curves(
    angles: Float[np.ndarray, " bins"], rates: Float[np.ndarray, "bins neurons"], axes: object
) -> list[Line2D]:
    """Draw tuning curves: each on its own axes, or all on one.

    Parameters
    ----------
    angles
        Bin centres in radians.
    rates
        Firing rates in hertz, shape ``(bins, neurons)``.
    axes
        One axes for all neurons, or an array or list of at least as many as there are neurons
        (the rest are hidden). Polar or not.
    """
    panels = list(np.ravel(np.asarray(axes, dtype=object)))
    n_neurons = rates.shape[1]
    if len(panels) == 1:
        panels *= n_neurons
    if len(panels) < n_neurons:
        raise ValueError(f"{n_neurons} tuning curves need as many axes, got {len(panels)}")
    lines = []
    for neuron, ax in enumerate(panels[:n_neurons]):
        if isinstance(ax, PolarAxes):
            closed = np.append(angles, angles[0] + 2 * np.pi)
            lines += ax.plot(closed, np.append(rates[:, neuron], rates[0, neuron]), color=BLUE)
            ax.set(xticks=np.arange(4) * np.pi / 2, xticklabels=[], yticks=[])
            ax.set_ylim(bottom=0)
        else:
            lines += ax.plot(np.rad2deg(angles), rates[:, neuron])
            ax.set(xlabel="head angle (degrees)", ylabel="rate (Hz)", xlim=(0, 360))
            ax.set_ylim(bottom=0)
            ax.set_xticks([0, 90, 180, 270, 360])
    for ax in panels[n_neurons:]:
        ax.set_visible(False)
    return lines


def angular_profile(profiles: Mapping[str, AngularProfile], ax: Axes) -> list[ErrorbarContainer]:
    """Draw mean weights against the angle between preferred directions, with standard errors.

    Parameters
    ----------
    profiles
        Name and profile of each data set or method.
    ax
        Where to draw.
    """
    marks = []
    for k, (name, profile) in enumerate(profiles.items()):
        # Moved a little sideways, so that error bars do not cover each other.
        x = np.rad2deg(profile.angles) + 1.5 * (k - (len(profiles) - 1) / 2)
        marker = "osD^v"[k % 5]
        marks.append(
            ax.errorbar(x, profile.mean, profile.error, marker=marker, capsize=2, label=name)
        )
    ax.axhline(0, color=GREY, linewidth=0.8, zorder=0)
    ax.set(xlabel="angle between preferred directions (degrees)", ylabel="mean weight")
    ax.set(xlim=(0, 180), xticks=[0, 45, 90, 135, 180])
    ax.legend()
    return marks


def _polar(ax: Axes) -> PolarAxes:
    if not isinstance(ax, PolarAxes):
        raise ValueError("`ax` must be polar axes: figure.add_subplot(projection='polar')")
    return ax
