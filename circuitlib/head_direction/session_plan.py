"""What is fitted to the versions of a session, with which settings, and how these are chosen."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.versions import ASLEEP, VERSIONS, available
from circuitlib.methods.catalogue import make
from circuitlib.methods.estimator import settings_of

#: Time constants and bin widths in seconds among which each method chooses, on validation data.
TAUS, BIN_WIDTHS = (20e-3, 50e-3, 100e-3, 200e-3), (10e-3, 20e-3, 50e-3)
#: The methods; all of them see the neuron's own past.
METHODS = ("gnn", "gnn-ring", "single-index", "glm-log", "glm-rectified")
#: Those that draw random numbers, and get another seed with each draw.
_RANDOM = ("gnn",)
#: Versions in which there is a head angle that a method may be told of, and may explain coupling.
_TOLD = ("wake", "uncoupled", "half", "block", "coupled")
#: Beginnings of the versions to which a method is fitted; all if it is not named.
_ONLY: dict[str, tuple[str, ...]] = {
    "gnn": ("wake", "uncoupled", "shifted", "half", "block", "coupled", *ASLEEP),
    "gnn-ring": ("wake", "uncoupled", "coupled", *ASLEEP),
    "glm-log": ("wake", "uncoupled-draw", *ASLEEP),
    "glm-rectified": ("wake", "uncoupled", "shifted", "coupled", *ASLEEP),
}
#: Numbers of hidden nodes on the learned ring, as in the paper, and their kinds.
HIDDEN, NODES, _HIDDEN_IN = (5, 10, 20), (None, "interpolated"), ("wake", "uncoupled")


@dataclass(frozen=True, slots=True)
class SessionFit:
    """A method on a version of a session.

    Parameters
    ----------
    version, draw
        One of :data:`circuitlib.head_direction.versions.VERSIONS`, and the seed of the draw.
    method
        Its name.
    told
        Whether it is told of the head angle, as a tuning of each neuron beside its inputs.
    hidden, nodes
        Number and kind of hidden nodes; none if 0.
    """

    version: str
    method: str
    told: bool
    draw: int = 0
    hidden: int = 0
    nodes: str | None = None

    @property
    def kind(self) -> str:
        """Method and whether it is told: settings are chosen for each of these."""
        return self.method + ("-told" if self.told else "")

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        nodes = f"-{self.nodes or 'predicted'}{self.hidden}" if self.hidden else ""
        return f"{self.kind}{nodes}-{self.version}-draw{self.draw}"

    def estimator(self, chosen: Mapping[str, float]) -> Any:  # not of the protocol before `fit`
        """Make the method with the settings that were chosen."""
        seed = self.draw if self.method in _RANDOM else 0
        changes: dict[str, Any] = dict(chosen)
        if self.method.startswith("glm"):
            changes["self_history"] = True
        if self.told:
            changes["angle"] = "tuning"
        if self.hidden:
            changes |= {"hidden": self.hidden, "nodes": self.nodes}
        return replace(make(self.method, "quick", seed), **changes)

    def settings(self, chosen: Mapping[str, float]) -> dict[str, Any]:
        """Return all that decides the result beside the recording, as a JSON file gives it back."""
        own = {
            "version": self.version,
            "draw": self.draw,
            "method": self.method,
            "told": self.told,
            "estimator": settings_of(self.estimator(chosen)),
        }
        found: dict[str, Any] = json.loads(json.dumps(own))
        return found


def kinds() -> list[SessionFit]:
    """Return one fit for each method, told of the angle and not; the ring is not told."""
    told = {method: (False,) if method == "gnn-ring" else (False, True) for method in METHODS}
    return [SessionFit("wake", method, each) for method in METHODS for each in told[method]]


def candidates() -> list[dict[str, float]]:
    """Return the settings among which each method chooses."""
    return [
        {"tau": tau, "bin_width": width}
        for tau, width in product(TAUS, BIN_WIDTHS)
        if width <= 2 * tau
    ]


def fits(session: HeadDirectionRecording) -> Iterator[SessionFit]:
    """Yield all fits to a session."""
    for version in available(session):
        for kind in kinds():
            if kind.told and not version.startswith(_TOLD):
                continue
            draws = VERSIONS[version][0]
            if version == "wake" and kind.method not in _RANDOM:
                draws = 1  # nothing is random
            for draw in range(draws):
                fit = replace(kind, version=version, draw=draw)
                if f"{version}-draw".startswith(_ONLY.get(kind.method, ("",))):
                    yield fit
    for number, nodes, version in product(HIDDEN, NODES, _HIDDEN_IN):
        yield SessionFit(version, "gnn-ring", False, 0, number, nodes)
