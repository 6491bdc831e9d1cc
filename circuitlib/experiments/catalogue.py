"""The experiments: each is declared once, with its runs and what its table shows."""

from collections.abc import Mapping
from typing import Any

from circuitlib.experiments.candidates import CANDIDATES
from circuitlib.experiments.cases import (
    DRIVEN,
    PARTLY_OBSERVED,
    driven_bumps,
    driven_rings,
    observed_bumps,
    observed_rings,
)
from circuitlib.experiments.experiment import DURATION, SPIKING, Case, Experiment, usual
from circuitlib.simulation.networks import SWEEP, Network, RandomNetwork, RingNetwork
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork


def _by_spiking(settings: Mapping[str, Any]) -> str:
    return str(settings["spiking"])


def _by_variant(settings: Mapping[str, Any]) -> str:
    return f"{settings['spiking']}-{settings['variant']}"


def _by_strength(settings: Mapping[str, Any]) -> str:
    return f"{settings['spiking']}-r{settings['network']['strength']:g}"


def _by_duration(settings: Mapping[str, Any]) -> str:
    return f"{settings['spiking']}-{settings['duration']:g}s"


def _strongest_rings(duration: float | None) -> list[Case]:
    return [Case(RingNetwork(), spiking, usual(duration)) for spiking in SPIKING]


def _sweep(duration: float | None) -> list[Case]:
    return [
        Case(RingNetwork(strength=row.strength), spiking, usual(duration))
        for spiking in SPIKING
        for row in SWEEP
    ]


#: Seconds of data for every method, and longer ones for those that are fast enough. The longest,
#: of 1e8 spikes, is that of Das & Fiete (2020).
_AMOUNTS = (10.0, 30.0, 60.0, 120.0, 240.0, DURATION)
_LONG_AMOUNTS: dict[float, tuple[str, ...]] = {
    1600.0: ("glm-rectified", "glm-rectified-lowrank", "glm-same-bin"),
    4800.0: ("glm-same-bin",),
    16000.0: ("glm-same-bin",),
}


def _amounts(duration: float | None) -> list[Case]:
    if duration is not None:
        return [Case(RingNetwork(), "threshold", duration)]
    amounts = dict.fromkeys(_AMOUNTS, ()) | _LONG_AMOUNTS
    return [Case(RingNetwork(), "threshold", each, names) for each, names in amounts.items()]


#: The ring on which settings are compared.
_CHOSEN_ON = RingNetwork(strength=0.02)


def _settings(duration: float | None) -> list[Case]:
    return [
        Case(
            _CHOSEN_ON,
            spiking,
            usual(duration),
            methods=(method,),
            method_seed=method_seed,
            variant=variant,
            changes=changes,
        )
        for spiking in SPIKING
        for method, candidates in CANDIDATES.items()
        for variant, (method_seed, changes) in candidates.items()
    ]


#: Networks on which no setting was chosen: network, first data seed, seed of the method.
_UNSEEN: dict[str, tuple[Network, int, int]] = {
    "r0.0175": (RingNetwork(strength=0.0175), 0, 0),
    "n64": (RingNetwork(n_neurons=64), 0, 0),
    "n200": (RingNetwork(n_neurons=200), 0, 0),
    "seed10": (RingNetwork(), 10, 1),
    "random": (RandomNetwork(), 0, 0),
    "sparse": (SparseNetwork(), 0, 0),
    "w5.6": (RingNetwork(width=5.6), 0, 0),
    "w10": (RingNetwork(width=10.0), 0, 0),
    "ei": (ExcitatoryInhibitoryNetwork(), 0, 0),
}


def _transfer(duration: float | None) -> list[Case]:
    cases = [
        Case(
            network,
            spiking,
            usual(duration),
            first_seed=first_seed,
            method_seed=method_seed,
            variant=variant,
        )
        for variant, (network, first_seed, method_seed) in _UNSEEN.items()
        for spiking in SPIKING
    ]
    # The generator for which the log link is right.
    exponential = Case(RingNetwork(), "exponential", usual(duration), variant="ring")
    return [*cases, exponential]


#: First data seed of the recordings that stand beside those of "table1".
_MORE = 3


def _more_recordings(duration: float | None) -> list[Case]:
    return [
        Case(RingNetwork(), spiking, usual(duration), first_seed=_MORE, variant="more")
        for spiking in SPIKING
    ]


_ROWS = (
    Experiment("table1", 3, _strongest_rings, _by_spiking, keeps_weights=True),
    Experiment("fig2", 3, _strongest_rings, _by_spiking, shares=SPIKING),
    Experiment(
        "sweep",
        1,
        _sweep,
        _by_strength,
        ("gnn", "gnn-ring", "glm-same-bin", "glm-log", "glm-rectified", "glm-rectified-lowrank"),
        shares=SPIKING,
    ),
    Experiment(
        "data",
        1,
        _amounts,
        _by_duration,
        ("gnn", "glm-same-bin", "glm-rectified", "glm-rectified-lowrank"),
        shares=("threshold",),
    ),
    Experiment("settings", 1, _settings, _by_variant, tuple(CANDIDATES)),
    Experiment(
        "transfer",
        1,
        _transfer,
        _by_variant,
        (
            "gnn",
            "gnn-ring",
            "single-index",
            "glm-log",
            "glm-rectified",
            "glm-rectified-lowrank",
        ),
        keeps_weights=True,
    ),
    Experiment(
        "paired",
        3,
        _more_recordings,
        _by_spiking,
        ("gnn", "gnn-ring", "glm-rectified-lowrank"),
        shares=SPIKING,
        keeps_weights=True,
    ),
    Experiment("table2", 3, driven_rings, _by_variant, DRIVEN, keeps_weights=True),
    Experiment("table3", 3, driven_bumps, _by_variant, DRIVEN, keeps_weights=True),
    Experiment("fig4", 3, observed_bumps, _by_variant, PARTLY_OBSERVED, keeps_weights=True),
    Experiment(
        "unobserved",
        3,
        observed_rings,
        _by_variant,
        PARTLY_OBSERVED,
        keeps_weights=True,
    ),
    Experiment("prediction", 3, _strongest_rings, _by_spiking, shares=SPIKING),
)

#: The experiments by name.
EXPERIMENTS = {row.name: row for row in _ROWS}
#: The figure shows the runs of the table.
EXPERIMENTS["fig3"] = EXPERIMENTS["table3"]


def experiment_of(name: str) -> Experiment:
    """Return an experiment by name.

    Raises
    ------
    ValueError
        If there is no such experiment.
    """
    if name not in EXPERIMENTS:
        raise ValueError(f"no experiment {name!r}; choose one of {', '.join(EXPERIMENTS)}")
    return EXPERIMENTS[name]
