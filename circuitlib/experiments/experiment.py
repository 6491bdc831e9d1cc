"""What an experiment is: its cases, and what its table shows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from circuitlib.experiments.subset import Subset
from circuitlib.simulation.dynamics import Spiking
from circuitlib.simulation.inputs import Input
from circuitlib.simulation.networks import Network, RingNetwork

#: Seconds of every recording but those of the experiment "data".
DURATION = 480.0
#: The spiking models of the paper.
SPIKING: tuple[Spiking, ...] = ("threshold", "lnp")


def usual(duration: float | None) -> float:
    """Return the seconds of a recording, or the usual ones if none are given."""
    return DURATION if duration is None else duration


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
    input
        What drives the network from outside; None if it is alone.
    subset
        Which neurons are observed; all if None.
    """

    network: Network
    spiking: Spiking
    duration: float
    methods: tuple[str, ...] = ()
    first_seed: int = 0
    method_seed: int = 0
    variant: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    input: Input | None = None
    subset: Subset | None = None

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
