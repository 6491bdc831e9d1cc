"""The experiments: which runs each of them is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from circuitlib.experiments.store import SHARED, condition, method_label
from circuitlib.methods.catalogue import METHODS, make
from circuitlib.methods.estimator import settings_of
from circuitlib.simulation.dynamics import Spiking
from circuitlib.simulation.networks import (
    SWEEP,
    Network,
    RandomNetwork,
    RingNetwork,
    network_settings,
)

#: Their names, and the number of data seeds if no other is asked for.
EXPERIMENTS = {
    "table1": 3,
    "fig2": 3,
    "sweep": 1,
    "data": 1,
    "settings": 1,
    "transfer": 1,
    "prediction": 3,
}
#: Seconds of every recording but those of the experiment "data".
DURATION = 480.0
#: First part of a recording that a method sees. The methods keep the last ninth of it for their
#: own validation, so the split is 80 / 10 / 10 %.
TRAIN_FRACTION = 0.9

_SPIKING: tuple[Spiking, ...] = ("threshold", "lnp")
_SHORT = (10.0, 30.0, 60.0, 120.0, 240.0, 480.0)
#: Seconds of data for each method. The longest, of 1e8 spikes, is that of Das & Fiete (2020).
_AMOUNTS = {
    "gnn": _SHORT,
    "glm-rectified": (*_SHORT, 1600.0),
    "glm-rectified-lowrank": (*_SHORT, 1600.0),
    "glm-same-bin": (*_SHORT, 1600.0, 4800.0, 16000.0),
}
#: How the paper's model was trained at first, and three ways that leave something out.
_FIRST: dict[str, Any] = {"bin_width": 1e-3, "n_steps": 1500}
_ONE_PIECE: dict[str, Any] = _FIRST | {"piece": 1.0, "n_pieces": 1}
_NOT_FITTED: dict[str, Any] = _FIRST | {"n_fit": 0, "n_steps": 3000}
_AS_IN_THE_TEXT: dict[str, Any] = _ONE_PIECE | _NOT_FITTED | {"n_free": 0, "mean": False}
#: Settings that are compared on a ring of the sweep that no table reports, by the likelihood of
#: unseen spikes if the method has one: seed of the method, hyper-parameters. Another seed shows how
#: large a difference is chance.
_CANDIDATES: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {
    "gnn": {
        "as-is": (0, {}),
        "seed=1": (1, {}),
        "n_steps=1500": (0, {"n_steps": 1500}),
        "width=32": (0, {"width": 32}),
        "bin_width=1ms": (0, {"bin_width": 1e-3}),
    },
    "gnn-paper": {
        "as-is": (0, {}),
        "text": (0, _AS_IN_THE_TEXT),
        "text-0.1ms": (0, _AS_IN_THE_TEXT | {"bin_width": 1e-4}),
        "n_fit=0": (0, _NOT_FITTED),
        "n_pieces=1": (0, _ONE_PIECE),
        "n_steps=500": (0, _FIRST | {"n_steps": 500}),
        "bin_width=1ms": (0, _FIRST),
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
#: Networks on which no setting was chosen: network, first data seed, seed of the method.
_UNSEEN: dict[str, tuple[Network, int, int]] = {
    "r0.0175": (RingNetwork(strength=0.0175), 0, 0),
    "n64": (RingNetwork(n_neurons=64), 0, 0),
    "n200": (RingNetwork(n_neurons=200), 0, 0),
    "seed10": (RingNetwork(), 10, 1),
    "random": (RandomNetwork(), 0, 0),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run: a method on a recording.

    Parameters
    ----------
    experiment
        The experiment that stores it.
    network, spiking, data_seed, duration
        What is simulated, and for how many seconds.
    method, preset, method_seed
        What infers the weights; `preset` is empty for a method without presets.
    variant
        Name of the network of the experiment "transfer", or of the settings of "settings".
    changes
        Hyper-parameters that differ from the preset's.
    """

    experiment: str
    network: Network
    spiking: Spiking
    data_seed: int
    duration: float
    method: str
    preset: str
    method_seed: int = 0
    variant: str = ""
    changes: dict[str, Any] = field(default_factory=dict)

    def estimator(self) -> Any:  # not of the protocol before `fit`
        """Make the method with its hyper-parameters."""
        preset: Any = make(self.method, self.preset or "quick", self.method_seed)
        return replace(preset, **self.changes)

    @property
    def settings(self) -> dict[str, object]:
        """All that decides the result, but for the method's hyper-parameters."""
        return {
            "network": {"kind": "ring"} | network_settings(self.network),
            "variant": self.variant,
            "spiking": self.spiking,
            "noise": "sparse",
            "data_seed": self.data_seed,
            "duration": self.duration,
            "train_fraction": TRAIN_FRACTION,
            "method": self.method,
            "preset": self.preset,
            "method_seed": self.method_seed,
        }

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        where = condition(self.experiment, self.settings)
        usual = (
            "" if self.experiment == "data" or self.duration == DURATION else f"-{self.duration:g}s"
        )
        return f"{method_label(self.settings)}-{where}{usual}-seed{self.data_seed}"

    @property
    def keeps_weights(self) -> bool:
        """Whether the weights are stored; elsewhere the profile is enough, and smaller."""
        return self.experiment in ("table1", "transfer")


def plan(
    experiment: str,
    seeds: int | None = None,
    preset: str = "paper",
    methods: Sequence[str] = (),
    duration: float | None = None,
) -> list[Run]:
    """Return the runs of an experiment, those on the same recording one after the other.

    Parameters
    ----------
    experiment
        A key of `EXPERIMENTS`.
    seeds
        Number of data seeds: 0, 1, ...
    preset
        ``"quick"`` or ``"paper"``, for methods that have presets.
    methods
        Names of methods; those of the experiment if not given.
    duration
        Seconds of every recording, for a trial.

    Raises
    ------
    ValueError
        If there is no such experiment, method or preset.
    """
    if experiment not in EXPERIMENTS:
        raise ValueError(f"no experiment {experiment!r}; choose one of {', '.join(EXPERIMENTS)}")
    numbers = range(EXPERIMENTS[experiment] if seeds is None else seeds)
    if len(numbers) < 1:
        raise ValueError(f"`seeds` must be at least 1, got {seeds}")
    names = tuple(methods) or _usual_methods(experiment)
    if experiment == "settings" and not set(names) <= _CANDIDATES.keys():
        known = ", ".join(_CANDIDATES)
        raise ValueError(f"the experiment 'settings' is about {known} only, got {names}")
    presets = {name: preset if has_presets(name, preset) else "" for name in names}
    return [
        Run(
            "table1" if _is_common(case) else experiment,
            case.network,
            case.spiking,
            case.first_seed + seed,
            case.duration,
            name,
            presets[name],
            case.method_seed,
            case.variant,
            case.changes,
        )
        for case in _cases(experiment, duration)
        for seed in numbers
        for name in names
        if case.method in ("", name)
        and (experiment != "data" or duration or case.duration in _AMOUNTS.get(name, _SHORT))
    ]


def has_presets(method: str, preset: str = "paper") -> bool:
    """Tell whether the presets of a method differ; refuse one that does not exist."""
    chosen = settings_of(make(method, preset))
    return any(settings_of(make(method, name)) != chosen for name in ("quick", "paper"))


class _Case(NamedTuple):
    """What the runs of an experiment have in common but for data seed and method."""

    network: Network
    spiking: Spiking
    duration: float
    first_seed: int = 0
    method_seed: int = 0
    variant: str = ""
    changes: dict[str, Any] = {}  # noqa: RUF012  # never written to
    method: str = ""  # empty for all methods


def _cases(experiment: str, duration: float | None) -> list[_Case]:
    usual = DURATION if duration is None else duration
    if experiment == "sweep":
        rings = [RingNetwork(strength=row.strength) for row in SWEEP]
        return [_Case(ring, spiking, usual) for spiking in _SPIKING for ring in rings]
    if experiment == "data":
        longest = {seconds for amounts in _AMOUNTS.values() for seconds in amounts}
        amounts = sorted(longest) if duration is None else [duration]
        return [_Case(RingNetwork(), "threshold", seconds) for seconds in amounts]
    if experiment == "settings":
        return [
            _Case(_CHOSEN_ON, spiking, usual, 0, method_seed, variant, changes, method)
            for spiking in _SPIKING
            for method, candidates in _CANDIDATES.items()
            for variant, (method_seed, changes) in candidates.items()
        ]
    if experiment == "transfer":
        return [
            _Case(network, spiking, usual, first_seed, method_seed, variant)
            for variant, (network, first_seed, method_seed) in _UNSEEN.items()
            for spiking in _SPIKING
        ]
    return [_Case(RingNetwork(), spiking, usual) for spiking in _SPIKING]


def _is_common(case: _Case) -> bool:
    """Tell whether table1 holds this case, which is then stored there only."""
    return case.network == RingNetwork() and case.duration == DURATION and not case.variant


def _usual_methods(experiment: str) -> tuple[str, ...]:
    if experiment == "settings":
        return tuple(_CANDIDATES)
    if experiment == "transfer":
        return ("gnn", "glm-rectified", "glm-rectified-lowrank")
    return SHARED.get(experiment, ((), ()))[0] or tuple(METHODS)
