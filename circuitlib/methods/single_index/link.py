"""One learned link for all neurons: the log rate as a smooth function of the drive."""

from dataclasses import dataclass, replace
from typing import no_type_check

import numpy as np
from jaxtyping import Float, Float32
from numba import njit

#: Pieces of the spline between the drives at which nearly all spikes fall: all but this part of
#: them on either side. Beyond, the link goes on as a straight line.
_PIECES, _BEYOND = 14, 2e-3
#: Cells of the histograms to which the link is fitted.
_CELLS = 4096
#: Standard deviation of the second derivative that is expected before any spike is seen, if the
#: mean slope is one: the slope may change some times over where the rate grows e-fold.
_BEND = 3.0
#: The same of a slope below zero: next to nothing, because more input does not make a neuron fire
#: less. Else faint weights and a link with a hump fit chance together.
_FALL = 1e-2
#: Newton steps at most, and the change in nats at which they end.
_STEPS, _TOLERANCE = 100, 1e-3


@dataclass(frozen=True, eq=False)
class Link:
    r"""A cubic spline F from drives to log rates, with straight ends.

    Parameters
    ----------
    low, width
        Drive at which the first piece begins, and the length of each piece.
    coefficients
        Of the uniform B-splines, shape ``(pieces + 3,)``.
    """

    low: float
    width: float
    coefficients: Float[np.ndarray, " splines"]

    def __call__(
        self, drive: Float[np.ndarray, "..."]
    ) -> tuple[Float[np.ndarray, "..."], Float[np.ndarray, "..."]]:
        """Return the log rate and its slope at some drives."""
        value, slope = np.empty(drive.shape), np.empty(drive.shape)
        flat = np.ascontiguousarray(drive).ravel()
        _evaluate(flat, self.low, self.width, self._pieces, value.ravel(), slope.ravel())
        return value, slope

    @property
    def high(self) -> float:
        """The drive at which the last piece ends."""
        return self.low + self.width * len(self._pieces)

    def basis(self, drive: Float[np.ndarray, " drives"]) -> Float32[np.ndarray, "drives splines"]:
        """Return what one more of each coefficient adds to the log rate at some drives."""
        out = np.zeros((len(drive), len(self.coefficients)), dtype=np.float32)
        _spread(drive, self.low, self.width, _POWERS, out)
        return out

    def basis_sum(
        self, drive: Float[np.ndarray, "..."], amount: Float[np.ndarray, "..."]
    ) -> Float[np.ndarray, " splines"]:
        """Return the sum of the basis over some drives, each times its amount."""
        out = np.zeros(len(self.coefficients))
        _gather(drive.ravel(), amount.ravel(), self.low, self.width, _POWERS, out)
        return out

    def slope_sum(self, drive: Float[np.ndarray, " drives"]) -> Float[np.ndarray, " splines"]:
        """Return what one more of each coefficient adds to the sum of slopes at some drives."""
        out = np.zeros(len(self.coefficients))
        _gather_slope(drive, self.low, self.width, _POWERS, out)
        return out

    def stretched(self, factor: float) -> "Link":
        """Return the link of drives that are `factor` times as large."""
        return replace(self, low=self.low * factor, width=self.width * factor)

    def straightened(self, level: float) -> "Link":
        """Return the link, between the same drives, that adds them to a log rate."""
        knots = self.low + self.width * (np.arange(len(self.coefficients)) - 1)
        return replace(self, coefficients=level + knots)

    @property
    def _pieces(self) -> Float[np.ndarray, "pieces 4"]:
        """Coefficients of each piece in powers of the distance from its beginning, in lengths."""
        c = self.coefficients
        windows = np.stack([c[k : len(c) - 3 + k] for k in range(4)], axis=1)
        return windows @ _POWERS


#: From the coefficients of the four B-splines on a piece to those of powers.
_POWERS = (
    np.array([[1, -3, 3, -1], [4, 0, -6, 3], [1, 3, 3, -3], [0, 0, 0, 1]], dtype=np.float64) / 6
)


def straight(log_rate: float) -> Link:
    """Return the link that adds a drive to a log rate: that of a log-linear model."""
    return Link(0.0, 1.0, log_rate + np.arange(-1.0, 3.0))


def penalty(
    coefficients: Float[np.ndarray, " splines"], width: float
) -> Float[np.ndarray, "splines splines"]:
    """Return the matrix of the penalty in nats on a link that bends, or that falls.

    It is on second differences, so that a link on which the spikes say nothing is a straight line,
    and on first differences that are negative, so that the log rate rises with the drive: Eilers &
    Marx (1996), doi:10.1214/ss/1038425655; Pya & Wood (2015), doi:10.1007/s11222-013-9448-7.

    Parameters
    ----------
    coefficients
        Those of the link; they tell where it falls.
    width
        Length of a piece in drives at which the mean slope is one.
    """
    steps = np.eye(len(coefficients))
    second = np.diff(steps, 2, axis=0) / (_BEND * width**2)
    falling = np.diff(steps, axis=0)[np.diff(coefficients) < 0] / (_FALL * width)
    return np.asarray(second.T @ second + falling.T @ falling)


def fit_link(
    at_spikes: Float[np.ndarray, " spikes"],
    at_bins: Float[np.ndarray, " bins"],
    weight: float,
    slope: float = 1.0,
) -> Link:
    r"""Fit the link by penalised maximum likelihood, given the drives.

    Parameters
    ----------
    at_spikes
        Drive of the neuron that fired, at each spike.
    at_bins
        Drives at bins that stand for all.
    weight
        For how many bins each of these stands.
    slope
        The mean slope, as far as it is known.
    """
    low, high = np.quantile(at_spikes, [_BEYOND, 1 - _BEYOND])
    high = max(high, low + 1e-6 * max(abs(low), 1.0))
    link = Link(float(low), float(high - low) / _PIECES, np.zeros(_PIECES + 3))
    reach = min(at_spikes.min(), at_bins.min()), max(at_spikes.max(), at_bins.max())
    edges = np.linspace(*reach, _CELLS + 1)
    spikes, _ = np.histogram(at_spikes, _CELLS, reach)
    bins, _ = np.histogram(at_bins, _CELLS, reach)
    cell = (spikes > 0) | (bins > 0)
    n_spikes, exposure = spikes[cell].astype(np.float64), weight * bins[cell]
    design = link.basis((edges[:-1] + edges[1:])[cell] / 2).astype(np.float64)
    width = slope * link.width

    def loss(coefficients: np.ndarray) -> float:
        log_rate = np.minimum(design @ coefficients, 50.0)
        value = exposure @ np.exp(log_rate) - n_spikes @ log_rate
        return float(value + coefficients @ penalty(coefficients, width) @ coefficients / 2)

    coefficients = np.full(_PIECES + 3, np.log(n_spikes.sum() / exposure.sum()))
    now = loss(coefficients)
    for _ in range(_STEPS):
        expected = exposure * np.exp(np.minimum(design @ coefficients, 50.0))
        rough = penalty(coefficients, width)
        gradient = design.T @ (expected - n_spikes) + rough @ coefficients
        curvature = design.T @ (expected[:, None] * design) + rough
        curvature += 1e-9 * np.trace(curvature) / len(curvature) * np.eye(len(curvature))
        step, length = -np.linalg.solve(curvature, gradient), 1.0
        while (after := loss(coefficients + length * step)) > now and length > 1e-3:
            length /= 2
        if after > now:
            break
        coefficients, fallen, now = coefficients + length * step, now - after, after
        if fallen < _TOLERANCE:
            break
    return replace(link, coefficients=coefficients)


@njit(cache=True)
@no_type_check
def _place(drive, low, width, n):
    """Return the piece of a drive, the place in it, and how far beyond either end it lies."""
    at = (drive - low) / width
    piece = min(max(int(np.floor(at)), 0), n - 1)
    x = min(max(at - piece, 0.0), 1.0)
    return piece, x, at - piece - x


@njit(cache=True)
@no_type_check
def _evaluate(drive, low, width, pieces, value, slope):
    """Fill in the log rates and slopes of all drives."""
    for k in range(len(drive)):
        piece, x, beyond = _place(drive[k], low, width, len(pieces))
        c0, c1, c2, c3 = pieces[piece]
        steep = c1 + x * (2 * c2 + x * 3 * c3)
        slope[k] = steep / width
        value[k] = c0 + x * (c1 + x * (c2 + x * c3)) + beyond * steep


@njit(cache=True)
@no_type_check
def _spread(drive, low, width, powers, out):
    """Fill in the values of the B-splines, and of their straight ends, at all drives."""
    for k in range(len(drive)):
        piece, x, beyond = _place(drive[k], low, width, out.shape[1] - 3)
        for j in range(4):
            c0, c1, c2, c3 = powers[j]
            steep = c1 + x * (2 * c2 + x * 3 * c3)
            out[k, piece + j] = c0 + x * (c1 + x * (c2 + x * c3)) + beyond * steep


@njit(cache=True)
@no_type_check
def _gather(drive, amount, low, width, powers, out):
    """Add up the values of the B-splines at all drives, each times its amount."""
    for k in range(len(drive)):
        piece, x, beyond = _place(drive[k], low, width, len(out) - 3)
        for j in range(4):
            c0, c1, c2, c3 = powers[j]
            steep = c1 + x * (2 * c2 + x * 3 * c3)
            out[piece + j] += amount[k] * (c0 + x * (c1 + x * (c2 + x * c3)) + beyond * steep)


@njit(cache=True)
@no_type_check
def _gather_slope(drive, low, width, powers, out):
    """Add up the slopes of the B-splines at all drives."""
    for k in range(len(drive)):
        piece, x, _ = _place(drive[k], low, width, len(out) - 3)
        for j in range(4):
            _, c1, c2, c3 = powers[j]
            out[piece + j] += (c1 + x * (2 * c2 + x * 3 * c3)) / width
