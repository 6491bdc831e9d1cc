"""What fits to a session say: profiles, contrasts and their errors, and what explains them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float

from circuitlib.head_direction.about import rates_in_parts, tuning_bits
from circuitlib.head_direction.angular_profile import AngularProfile, angular_profile
from circuitlib.head_direction.contrast import Contrast, contrast
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.resemblance import Resemblance, resemblance
from circuitlib.head_direction.session_plan import SessionFit
from circuitlib.head_direction.session_runs import StoredFit, fitted, load_session_runs
from circuitlib.head_direction.tuning import preferred_directions
from circuitlib.head_direction.versions import ASLEEP, STRENGTHS, available
from circuitlib.methods.discoveries import discoveries

#: The animal itself, and controls of it without coupling: each keeps more of what cells share.
ANIMAL = "wake"
CONTROLS = ("uncoupled", "uncoupled-lags", "uncoupled-gains", "uncoupled-internal")


class Estimate(NamedTuple):
    """A number and its standard error; NaN where it is not known."""

    value: float
    error: float

    @property
    def exceeds(self) -> bool | None:
        """Whether it is above zero: by two errors yes, by less than one no, None between them."""
        if self.value > 2 * self.error:
            return True
        return None if self.value > self.error else False


@dataclass(frozen=True, eq=False)
class SessionResults:
    """Fits to a session and to its controls.

    A *kind* is a method and how it was used, such as ``"gnn"``, ``"single-index-told"`` or
    ``"gnn-ring-predicted5"``; a *version* is one of
    :data:`circuitlib.head_direction.versions.VERSIONS`.

    Parameters
    ----------
    session
        As :func:`circuitlib.head_direction.about.about` gives it; ``preferred`` is needed.
    fits
        The fits by ``KIND-VERSION-drawK``.
    choices
        How the settings of each kind were chosen.
    """

    session: Mapping[str, Any]
    fits: Mapping[str, StoredFit]
    choices: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.session and self.fits)

    @property
    def preferred(self) -> Float[np.ndarray, " neurons"]:
        """Preferred directions in radians."""
        return np.array(self.session["preferred"], dtype=np.float64)

    def draws(self, kind: str, version: str = ANIMAL) -> list[StoredFit]:
        """Return the fits of a kind to all draws of a version; none if there are none."""
        prefix, found = f"{kind}-{version}-draw", list[StoredFit]()
        while f"{prefix}{len(found)}" in self.fits:
            found.append(self.fits[f"{prefix}{len(found)}"])
        return found

    def has(self, kind: str, *versions: str) -> bool:
        """Tell whether there are fits of a kind to all of some versions; the animal if none."""
        return all(self.draws(kind, version) for version in versions or (ANIMAL,))

    def settings(self, kind: str) -> dict[str, float]:
        """Return the time constant and the bin width (s) that validation chose; empty if none."""
        if kind not in self.choices:
            return {}
        choice = self.choices[kind]
        best = int(np.argmax(choice["bits_per_spike"]))
        return dict(choice["settings"]["candidates"][best])

    def weights(self, kind: str, version: str = ANIMAL) -> Float[np.ndarray, "post pre"]:
        """Return the mean weights of the draws; NaN where one of them has none.

        Raises
        ------
        LookupError
            If there is no such fit.
        """
        found = self.draws(kind, version)
        if not found:
            raise LookupError(f"no fit of {kind!r} to {version!r}")
        return np.asarray(np.mean([each.weights for each in found], axis=0))

    def profile(self, kind: str, version: str = ANIMAL, n_bins: int = 7) -> AngularProfile:
        """Return the mean weight against the angle between cells, with jackknife errors over cells.

        Pairs that share a cell are not independent, so the error leaves out a cell at a time.
        """
        weights = self.weights(kind, version)
        whole = angular_profile(weights, self.preferred, n_bins)
        left_out = [
            angular_profile(weights[np.ix_(kept, kept)], self.preferred[kept], n_bins).mean
            for kept in _without_one(len(weights))
        ]
        n = len(left_out)
        errors = np.sqrt((n - 1) / n * ((left_out - np.mean(left_out, axis=0)) ** 2).sum(axis=0))
        return whole._replace(error=np.asarray(errors))

    def contrasts(self, kind: str, version: str = ANIMAL) -> list[Contrast]:
        """Return the contrast of each draw."""
        return [
            contrast(each.weights, self.preferred, each.errors)
            for each in self.draws(kind, version)
        ]

    def contrast(self, kind: str, version: str = ANIMAL) -> Estimate:
        """Return the contrast of the mean weights; its error is that over cells and over draws."""
        found = contrast(self.weights(kind, version), self.preferred)
        each = [one.value for one in self.contrasts(kind, version)]
        return Estimate(found.value, float(np.hypot(found.error, _of_mean(each))))

    def difference(self, kind: str, version: str, control: str) -> Estimate:
        """Return by how much the contrast of a version exceeds that of a control.

        Both have the same cells, so the jackknife leaves out a cell of both. Chance is the
        deviation of the control's draws, or what the errors of its weights say, if that is more.
        The version is a single recording, for which chance counts as for a draw.
        """
        pair = self.weights(kind, version), self.weights(kind, control)
        over_cells = contrast(pair[0] - pair[1], self.preferred)
        draws = self.contrasts(kind, control)
        spread = float(np.std([one.value for one in draws], ddof=1)) if len(draws) > 1 else 0.0
        noise = float(np.mean([one.by_weights for one in draws]))
        chance = max(spread, noise) if np.isfinite(noise) else spread
        own = [one.value for one in self.contrasts(kind, version)]
        parts = (over_cells.error, chance, chance / np.sqrt(len(draws)), _of_mean(own))
        return Estimate(over_cells.value, float(np.linalg.norm(parts)))

    def reached_by(self, kind: str) -> str | None:
        """Return the first control without coupling whose contrast reaches that of the animal.

        It does so if the animal exceeds it by less than an error. None if no control does.
        """
        for control in CONTROLS:
            known = self.has(kind, ANIMAL, control)
            if known and self.difference(kind, ANIMAL, control).exceeds is False:
                return control
        return None

    def bits(self, kind: str, version: str = ANIMAL) -> Estimate:
        """Return the mean bits per spike of unseen spikes over draws, and their deviation."""
        found = [each.bits_per_spike for each in self.draws(kind, version)]
        known = [value for value in found if value is not None]
        if not known:
            return Estimate(float("nan"), float("nan"))
        spread = float(np.std(known, ddof=1)) if len(known) > 1 else float("nan")
        return Estimate(float(np.mean(known)), spread)

    def advantage(self, kind: str, version: str = ANIMAL) -> Estimate:
        """Return by how many nats per unseen spike a structure, or hidden nodes, predict better."""
        found = [each.advantage for each in self.draws(kind, version)]
        known = [each for each in found if each is not None]
        if not known:
            return Estimate(float("nan"), float("nan"))
        own = [float("nan") if error is None else error for _, error in known]
        return Estimate(float(np.mean([value for value, _ in known])), float(np.mean(own)))

    def z_spread(self, kind: str, version: str = ANIMAL) -> list[float]:
        """Return the deviation of weight over error of each draw: 1 where all is chance."""
        found = []
        for each in self.draws(kind, version):
            if each.errors is not None:
                known = np.isfinite(each.weights) & (each.errors > 0)  # not the diagonal
                found.append(float(np.std(each.weights[known] / each.errors[known])))
        return found

    def found(self, kind: str, version: str = ANIMAL) -> list[int]:
        """Return how many connections each draw has at a false discovery rate of 5 %."""
        return [
            int(discoveries(each.weights, each.errors).sum())
            for each in self.draws(kind, version)
            if each.errors is not None
        ]

    def resemblance(
        self, kind: str, version: str, other: str, given: str | None = None
    ) -> Resemblance:
        """Correlate the weights of two versions, beyond those of a third one if `given`."""
        third = None if given is None else self.weights(kind, given)
        return resemblance(self.weights(kind, version), self.weights(kind, other), third)

    def seen_from(self, kind: str, strengths: Sequence[float] = STRENGTHS) -> float | None:
        """Return the weakest coupling of the positive control from which on all is seen.

        Seen means that the contrast exceeds that of the control without coupling by two errors.
        None if not even the strongest is, or a fit is missing.
        """
        weakest = None
        for peak in sorted(strengths, reverse=True):
            version = f"coupled-{peak:g}"
            if not self.has(kind, version, "uncoupled"):
                break
            if not self.difference(kind, version, "uncoupled").exceeds:
                break
            weakest = peak
        return weakest


def session_results(folder: Path | None = None) -> SessionResults:
    """Read the stored fits to a session, that of the book if no folder is given.

    Parameters
    ----------
    folder
        What was given as ``--output`` to ``python -m circuitlib reproduce fig5``.

    Returns
    -------
    SessionResults
        False if nothing is stored.
    """
    session, choices, fits = load_session_runs(folder)
    return SessionResults(session, fits, choices)


def fit_session(
    session: HeadDirectionRecording, tau: float = 0.1, bin_width: float = 20e-3
) -> SessionResults:
    """Fit a free single-index model to a session, its sleep and two controls, which is quick.

    The controls are the uncoupled one and that with an internal angle; one draw of each. All awake
    are fitted untold and told of the head angle. The full plan is that of ``reproduce fig5``.

    Parameters
    ----------
    session
        The recording, with cells that pass the head-direction score.
    tau, bin_width
        Time constant and bins in seconds.

    Returns
    -------
    SessionResults
        Of the kinds ``"single-index"`` and ``"single-index-told"``. ``session`` holds
        ``preferred``, the ``bits`` of tuning alone, and ``sleep_rates``.
    """
    chosen, fits = {"tau": tau, "bin_width": bin_width}, {}
    for version in (ANIMAL, "uncoupled", "uncoupled-internal", *ASLEEP):
        for told in (False,) if version in ASLEEP else (False, True):
            fit = SessionFit(version, "single-index", told)
            if version in available(session):
                content = {"settings": fit.settings(chosen)} | fitted(session, fit, chosen)
                fits[fit.name] = StoredFit.of(content)
    found = {
        "preferred": preferred_directions(session.tuning_curves()).tolist(),
        "bits": {"tuning": tuning_bits(session)},
        "sleep_rates": {kind: rates_in_parts(asleep) for kind, asleep in session.sleep.items()},
    }
    return SessionResults(found, fits)


def _without_one(n: int) -> list[Bool[np.ndarray, " neurons"]]:
    return [np.arange(n) != cell for cell in range(n)]


def _of_mean(values: list[float]) -> float:
    """Return the standard error of a mean; 0 for a single value."""
    return float(np.std(values, ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
