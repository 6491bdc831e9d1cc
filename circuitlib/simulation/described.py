"""Networks as settings by name, as files describe them."""

from collections.abc import Mapping, Set
from dataclasses import asdict, fields
from numbers import Integral
from typing import Any

from circuitlib.recordings.arguments import one_number
from circuitlib.simulation.networks import RING_WIDTH, Network, RandomNetwork, RingNetwork
from circuitlib.simulation.single_bump import SingleBumpNetwork
from circuitlib.simulation.sparse_network import ExcitatoryInhibitoryNetwork, SparseNetwork

#: The networks that a file can describe.
KINDS: dict[str, type[Network]] = {
    "ring": RingNetwork,
    "single-bump": SingleBumpNetwork,
    "random": RandomNetwork,
    "sparse": SparseNetwork,
    "excitatory-inhibitory": ExcitatoryInhibitoryNetwork,
}
#: Parameters that a file leaves out where they have their usual value.
_USUAL: dict[str, dict[str, Any]] = {"ring": {"width": RING_WIDTH}}


def network_from(settings: object) -> Network:
    """Make the network that a file describes; see `network_settings`.

    Raises
    ------
    ValueError
        If it is not described in full, by anything else, or by a value out of range.
    """
    given = by_name("network", settings)
    kind = given.pop("kind", "ring")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"no network of kind {kind!r:.60}; known are {', '.join(KINDS)}")
    given = _USUAL.get(kind, {}) | given
    kinds = {each.name: each.type for each in fields(KINDS[kind])}
    check_names("network", given, kinds.keys())
    values: dict[str, Any] = {
        name: whole(name, value) if kinds[name] is int else one_number(name, value)
        for name, value in given.items()
    }
    return KINDS[kind](**values)


def by_name(what: str, settings: object) -> dict[str, Any]:
    """Return settings by name; refuse what is none."""
    if not isinstance(settings, Mapping):
        raise ValueError(f"`{what}` must be settings by name, got {type(settings).__name__}")
    return dict(settings)


def check_names(what: str, settings: Mapping[str, Any], names: Set[str]) -> None:
    """Raise `ValueError` unless settings have these names, no fewer and no more."""
    for name in sorted(names - settings.keys()):
        raise ValueError(f"`{what}` lacks `{name}`")
    for name in sorted(settings.keys() - names):
        raise ValueError(f"`{what}` has an unknown {name!r:.60}")


def whole(name: str, value: object) -> int:
    """Return a whole number, zero or positive; refuse others by name."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < 0:
        raise ValueError(f"`{name}` must be a whole number, zero or positive, got {value!r:.60}")
    return int(value)


def network_settings(network: Network) -> dict[str, Any]:
    """Describe a network for a file: its parameters, and its kind unless it is a ring."""
    [kind] = [name for name, each in KINDS.items() if type(network) is each]
    usual = _USUAL.get(kind, {})
    settings = {key: value for key, value in asdict(network).items() if usual.get(key) != value}
    return ({} if kind == "ring" else {"kind": kind}) | settings
