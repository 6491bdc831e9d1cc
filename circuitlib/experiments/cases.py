"""The cases of the paper's sections 4.2 to 4.4: circuits that are driven, or observed in part."""

from collections.abc import Mapping
from typing import Any

from circuitlib.experiments.experiment import SPIKING, Case, usual
from circuitlib.experiments.subset import Subset
from circuitlib.simulation.inputs import Input
from circuitlib.simulation.networks import Network, RingNetwork
from circuitlib.simulation.single_bump import SingleBumpNetwork

#: Methods that can be told of a shift, those of them that see every form of input, those that are
#: told of it by a tuning, and others.
_TOLD = ("gnn", "gnn-ring", "single-index-symmetric", "glm-rectified-lowrank", "glm-rectified")
_EVERY_FORM, _BY_TUNING = ("gnn-ring", "glm-rectified-lowrank"), ("gnn-ring", "glm")
_NOT_SHIFTED = ("glm", "tca", "seqnmf")
DRIVEN = (*_TOLD, *_NOT_SHIFTED)


def _driven(
    network: Network,
    drive: Input,
    seconds: float,
    told: tuple[str, ...],
    others: tuple[str, ...] = (),
    tuned: tuple[str, ...] = (),
) -> list[Case]:
    """Each recording once for all methods, and again for those that are told of the input."""
    return [
        Case(
            network,
            spiking,
            seconds,
            methods=methods,
            variant=f"{drive.rounding}{said}",
            changes={} if use is None else {"angle": use},
            input=drive,
        )
        for spiking in SPIKING
        for said, methods, use in (
            ("", (*told, *others), None),
            ("-told", told, "shift"),
            ("-tuned", tuned, "tuning"),
        )
        if methods
    ]


def driven_rings(duration: float | None) -> list[Case]:
    """Return the cases of Table 2."""
    # Without the steady velocity that the rounding of the paper's formula adds, and with it.
    ring, seconds = RingNetwork(), usual(duration)
    return [
        *_driven(ring, Input(), seconds, _TOLD, _NOT_SHIFTED, _BY_TUNING),
        *_driven(ring, Input(rounding="floor"), seconds, _EVERY_FORM),
    ]


def driven_bumps(duration: float | None) -> list[Case]:
    """Return the cases of Table 3."""
    seconds = usual(duration)
    return _driven(SingleBumpNetwork(), Input(), seconds, _TOLD, _NOT_SHIFTED, _BY_TUNING)


#: Neurons of the paper's section 4.4 that are observed, in the network of Table 3.
_OBSERVED = (60, 80, 100)
#: Neurons of the ring that are hidden, by the name of the case.
_SUBSETS = {
    "evenly20": Subset(80, "evenly"),
    "random40": Subset(60),
    "arc25": Subset(75, "arc"),
}
#: The method with hidden nodes, and those to compare it with. The pair network could have nodes
#: too; it would repeat the rounds in which the ring finds them, ten minutes and more a recording.
_WITH_HIDDEN = ("gnn-ring",)
PARTLY_OBSERVED = (*_WITH_HIDDEN, "gnn", "glm-rectified-lowrank", "glm-rectified", "glm")


def _partly_observed(
    network: Network, subsets: Mapping[str, Subset], seconds: float, drive: Input | None = None
) -> list[Case]:
    """Each recording without hidden nodes, with as many as spikes prefer, and with the paper's."""
    return [
        Case(
            network,
            "threshold",
            seconds,
            methods=methods,
            variant=f"{name}{said}",
            changes=changes,
            input=drive,
            subset=subset,
        )
        for name, subset in subsets.items()
        for said, methods, changes in (
            ("", PARTLY_OBSERVED, {}),
            ("-nodes", _WITH_HIDDEN, {"hidden": "auto"}),
            ("-interpolated", _WITH_HIDDEN, _interpolated(network, subset)),
        )
        if changes.get("hidden") != 0
    ]


def _interpolated(network: Network, subset: Subset) -> dict[str, Any]:
    """Return the setting of the paper's nodes, as many as there are hidden neurons."""
    return {"hidden": network.n_neurons - subset.n_observed, "nodes": "interpolated"}


def observed_bumps(duration: float | None) -> list[Case]:
    """Return the cases of Figure 4."""
    subsets = {f"observed{number}": Subset(number) for number in _OBSERVED}
    return _partly_observed(SingleBumpNetwork(), subsets, usual(duration), Input())


def observed_rings(duration: float | None) -> list[Case]:
    """Return rings of which some, many, or a whole bump of neurons are hidden."""
    return _partly_observed(RingNetwork(), _SUBSETS, usual(duration))
