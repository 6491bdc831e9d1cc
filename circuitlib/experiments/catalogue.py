"""The experiments: each is declared once, with its runs and what its table shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from circuitlib.experiments.candidates import CANDIDATES
from circuitlib.simulation.dynamics import Spiking
from circuitlib.simulation.networks import SWEEP, Network, RandomNetwork, RingNetwork
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork

#: Seconds of every recording but those of the experiment "data".
DURATION = 480.0

_SPIKING: tuple[Spiking, ...] = ("threshold", "lnp")


@dataclass(frozen=True, slots=True)
class Case:
    """What is simulated, and how the methods differ from their presets.

    Parameters
    ----------
    network, spiking, duration
        What is simulated, and for how many seconds.
    methods
        The methods that it is for; all if empty.
    first_seed, method_seed
        The first data seed, and the seed of the methods.
    variant
        Name of what is special about it.
    changes
        Hyper-parameters that differ from the preset's.
    """

    network: Network
    spiking: Spiking
    duration: float
    methods: tuple[str, ...] = ()
    first_seed: int = 0
    method_seed: int = 0
    variant: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_common(self) -> bool:
        """Whether the experiment "table1" holds it; it is then stored there only."""
        usual = self.network == RingNetwork() and self.duration == DURATION
        return usual and not self.variant


@dataclass(frozen=True, slots=True)
class Experiment:
    """One experiment.

    Parameters
    ----------
    name
        Its name on the command line, and the folder of its runs.
    n_seeds
        Number of data seeds if no other is asked for.
    cases
        Makes its cases from the seconds of every recording, or from None for the usual ones.
    condition
        Names, from the settings of a run, what varies apart from method and data seed.
    methods
        Names of its methods; all if empty.
    shares
        Spiking models whose runs of "table1" are read as part of it.
    keeps_weights
        Whether weights are stored; elsewhere the profile is enough, and smaller.
    columns
        Quantities that its table shows, with their titles.
    """

    name: str
    n_seeds: int
    cases: Callable[[float | None], list[Case]]
    condition: Callable[[Mapping[str, Any]], str]
    methods: tuple[str, ...] = ()
    shares: tuple[Spiking, ...] = ()
    keeps_weights: bool = False
    columns: Mapping[str, str] = field(
        default_factory=lambda: {
            "delta": "Delta",
            "bias": "bias",
            "variance": "scatter",
            "side_trough": "side trough",
            "bits_per_spike": "bits/spike",
        }
    )


def _by_spiking(settings: Mapping[str, Any]) -> str:
    return str(settings["spiking"])


def _by_variant(settings: Mapping[str, Any]) -> str:
    return f"{settings['spiking']}-{settings['variant']}"


def _by_strength(settings: Mapping[str, Any]) -> str:
    return f"{settings['spiking']}-r{settings['network']['strength']:g}"


def _by_duration(settings: Mapping[str, Any]) -> str:
    return f"{settings['spiking']}-{settings['duration']:g}s"


def _usual(duration: float | None) -> float:
    return DURATION if duration is None else duration


def _strongest_rings(duration: float | None) -> list[Case]:
    return [Case(RingNetwork(), spiking, _usual(duration)) for spiking in _SPIKING]


def _sweep(duration: float | None) -> list[Case]:
    return [
        Case(RingNetwork(strength=row.strength), spiking, _usual(duration))
        for spiking in _SPIKING
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
            _usual(duration),
            methods=(method,),
            method_seed=method_seed,
            variant=variant,
            changes=changes,
        )
        for spiking in _SPIKING
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
            _usual(duration),
            first_seed=first_seed,
            method_seed=method_seed,
            variant=variant,
        )
        for variant, (network, first_seed, method_seed) in _UNSEEN.items()
        for spiking in _SPIKING
    ]
    # The generator for which the log link is right.
    exponential = Case(RingNetwork(), "exponential", _usual(duration), variant="ring")
    return [*cases, exponential]


#: First data seed of the recordings that stand beside those of "table1".
_MORE = 3


def _more_recordings(duration: float | None) -> list[Case]:
    return [
        Case(RingNetwork(), spiking, _usual(duration), first_seed=_MORE, variant="more")
        for spiking in _SPIKING
    ]


_ROWS = (
    Experiment("table1", 3, _strongest_rings, _by_spiking, keeps_weights=True),
    Experiment("fig2", 3, _strongest_rings, _by_spiking, shares=_SPIKING),
    Experiment(
        "sweep",
        1,
        _sweep,
        _by_strength,
        ("gnn", "gnn-ring", "glm-same-bin", "glm-log", "glm-rectified", "glm-rectified-lowrank"),
        shares=_SPIKING,
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
        shares=_SPIKING,
        keeps_weights=True,
    ),
    Experiment("prediction", 3, _strongest_rings, _by_spiking, shares=_SPIKING),
)

#: The experiments by name.
EXPERIMENTS = {row.name: row for row in _ROWS}


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
