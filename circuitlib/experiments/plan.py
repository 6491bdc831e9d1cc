"""The plan of an experiment: its runs, in the order in which they share recordings."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, get_args

from circuitlib.experiments.catalogue import EXPERIMENTS, experiment_of
from circuitlib.experiments.experiment import DURATION, Case
from circuitlib.experiments.subset import Subset
from circuitlib.methods.catalogue import METHODS, Preset, make, method_of
from circuitlib.methods.estimator import TRAIN_FRACTION, settings_of
from circuitlib.simulation.described import network_settings
from circuitlib.simulation.dynamics import Spiking
from circuitlib.simulation.inputs import Input
from circuitlib.simulation.networks import Network


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
        What is special about it, see :class:`circuitlib.experiments.experiment.Case`.
    changes
        Hyper-parameters that differ from the preset's.
    input
        What drives the network; see :class:`circuitlib.experiments.experiment.Case`.
    subset
        Which neurons are observed, likewise.
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
    changes: Mapping[str, Any] = field(default_factory=dict)
    input: Input | None = None
    subset: Subset | None = None

    def estimator(self) -> Any:  # not of the protocol before `fit`
        """Make the method with its hyper-parameters."""
        preset: Any = make(self.method, self.preset or "quick", self.method_seed)
        return replace(preset, **self.changes)

    @property
    def settings(self) -> dict[str, object]:
        """All that decides the result, but for the method's hyper-parameters."""
        special = {"input": self.input, "subset": self.subset}
        return {name: asdict(what) for name, what in special.items() if what is not None} | {
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
    def all_settings(self) -> dict[str, Any]:
        """All that decides the result, as a JSON file gives it back."""
        own = settings_of(self.estimator())
        own.pop("device", None)  # a result must not depend on it beyond rounding
        settings: dict[str, Any] = json.loads(json.dumps(self.settings | {"estimator": own}))
        return settings

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        where = EXPERIMENTS[self.experiment].condition(self.settings)
        length = f"-{self.duration:g}s"
        if self.duration == DURATION or where.endswith(length):
            length = ""
        return f"{method_label(self.settings)}-{where}{length}-seed{self.data_seed}"


def method_label(settings: Mapping[str, Any]) -> str:
    """Name the method of a run, with the preset where that makes a difference."""
    preset = settings["preset"]
    return str(settings["method"]) + (f"@{preset}" if preset else "")


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
        If there is no such experiment, method or preset, or a method has no part in the experiment.
    """
    declared = experiment_of(experiment)
    numbers = range(declared.n_seeds if seeds is None else seeds)
    if len(numbers) < 1:
        raise ValueError(f"`seeds` must be at least 1, got {seeds}")
    if preset not in get_args(Preset):
        raise ValueError(f'`preset` must be "quick" or "paper", got {preset!r}')
    rows = [method_of(name) for name in methods or declared.methods or METHODS]
    cases = declared.cases(duration)
    for row in rows:
        if not any(_is_for(case, row.name) for case in cases):
            known = ", ".join(declared.methods)
            raise ValueError(
                f"the experiment {experiment!r} is about {known} only, got {row.name!r}"
            )
    return [
        Run(
            experiment="table1" if case.is_common else declared.name,
            network=case.network,
            spiking=case.spiking,
            data_seed=case.first_seed + seed,
            duration=case.duration,
            method=row.name,
            preset=preset if row.has_presets else "",
            method_seed=case.method_seed,
            variant=case.variant,
            changes=case.changes,
            input=case.input,
            subset=case.subset,
        )
        for case in cases
        for seed in numbers
        for row in rows
        if _is_for(case, row.name)
    ]


def _is_for(case: Case, method: str) -> bool:
    return not case.methods or method in case.methods
