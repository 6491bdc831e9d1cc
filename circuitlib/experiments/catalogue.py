"""The experiments: each is declared once, with its runs and what its table shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from circuitlib.simulation.dynamics import Spiking
from circuitlib.simulation.networks import SWEEP, Network, RandomNetwork, RingNetwork
from circuitlib.simulation.sparse_network import SparseNetwork

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


#: The paper's model in wider bins and with fewer steps, and three ways that leave more out.
_WIDE_BINS: dict[str, Any] = {"bin_width": 1e-3, "n_steps": 1500}
_ONE_PIECE: dict[str, Any] = _WIDE_BINS | {"piece": 1.0, "n_pieces": 1}
_NOT_FITTED: dict[str, Any] = _WIDE_BINS | {"n_fit": 0, "n_steps": 3000}
_AS_IN_THE_TEXT: dict[str, Any] = _ONE_PIECE | _NOT_FITTED | {"n_free": 0, "mean": False}
#: Settings that are compared on a ring of the sweep that no table reports, by the likelihood of
#: unseen spikes if the method has one: seed of the method, hyper-parameters. Another seed shows how
#: large a difference is chance.
_CANDIDATES: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {
    "gnn": {
        "as-is": (0, {}),
        "seed=1": (1, {}),
        "bin_width=0.5ms": (0, {"bin_width": 5e-4}),
        "bin_width=1ms": (0, {"bin_width": 1e-3}),
    },
    "gnn-paper": {
        "as-is": (0, {}),
        "text": (0, _AS_IN_THE_TEXT),
        "text-0.1ms": (0, _AS_IN_THE_TEXT | {"bin_width": 1e-4}),
        "n_fit=0": (0, _NOT_FITTED),
        "n_pieces=1": (0, _ONE_PIECE),
        "n_steps=500": (0, _WIDE_BINS | {"n_steps": 500}),
        "bin_width=1ms": (0, _WIDE_BINS),
        "n_steps=1500": (0, {"n_steps": 1500}),
    },
    "netformer": {
        "as-is": (0, {}),
        "n_steps=4000": (0, {"n_steps": 4000}),
        "n_steps=64000": (0, {"n_steps": 64_000}),
        "bin_width=2ms": (0, {"n_steps": 4000, "bin_width": 2e-3}),
        "bin_width=10ms": (0, {"n_steps": 4000, "bin_width": 10e-3}),
        "window=1": (0, {"n_steps": 4000, "window": 1}),
        "width=8": (0, {"n_steps": 4000, "width": 8}),
        "learning_rate=0.02": (0, {"n_steps": 4000, "learning_rate": 0.02}),
    },
    "mpf": {
        "as-is": (0, {}),
        "bin_width=2ms": (0, {"bin_width": 2e-3}),
        "bin_width=10ms": (0, {"bin_width": 10e-3}),
    },
}
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
        for method, candidates in _CANDIDATES.items()
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
}


def _transfer(duration: float | None) -> list[Case]:
    return [
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
    Experiment("settings", 1, _settings, _by_variant, tuple(_CANDIDATES)),
    Experiment(
        "transfer",
        1,
        _transfer,
        _by_variant,
        ("gnn", "gnn-ring", "single-index", "glm-rectified", "glm-rectified-lowrank"),
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
