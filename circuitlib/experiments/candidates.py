"""Settings of methods that are compared before one of them is used everywhere."""

from typing import Any

#: The paper's model in wider bins and with fewer steps, and three ways that leave more out.
_WIDE_BINS: dict[str, Any] = {"bin_width": 1e-3, "n_steps": 1500}
_ONE_PIECE: dict[str, Any] = _WIDE_BINS | {"piece": 1.0, "n_pieces": 1}
_NOT_FITTED: dict[str, Any] = _WIDE_BINS | {"n_fit": 0, "n_steps": 3000}
_AS_IN_THE_TEXT: dict[str, Any] = _ONE_PIECE | _NOT_FITTED | {"n_free": 0, "mean": False}
#: Settings that are compared on a ring of the sweep that no table reports, by the likelihood of
#: unseen spikes if the method has one: seed of the method, hyper-parameters. Another seed shows how
#: large a difference is chance.
CANDIDATES: dict[str, dict[str, tuple[int, dict[str, Any]]]] = {
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
