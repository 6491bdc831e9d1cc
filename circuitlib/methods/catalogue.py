"""All methods, one row each: what the command line, experiments, figures and tables know of them.

Nothing is imported before a method is made, so that the catalogue can be read in an instant.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, get_args

Family = Literal[
    "graph network",
    "learned link",
    "rectified GLM",
    "log GLM",
    "same-bin GLM",
    "binary model",
    "pairwise statistic",
    "decomposition",
    "attention",
]
Preset = Literal["quick", "paper"]


@dataclass(frozen=True)
class Method:
    """One method.

    Parameters
    ----------
    name
        Its name on the command line and in stored runs.
    estimator
        Module (below this folder) and class that implement it.
    title
        What figures and tables call it.
    family
        What it is akin to; decides its colour.
    marker
        Its mark in figures, as matplotlib writes it.
    settings
        Hyper-parameters that make it this method.
    has_presets
        Whether the presets differ; the class then has a method `preset`.
    """

    name: str
    estimator: str
    title: str
    family: Family
    marker: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    has_presets: bool = False

    def __call__(self, preset: str = "quick", seed: int = 0) -> Any:
        """Make the estimator; those without presets or randomness ignore either."""
        module, _, name = self.estimator.rpartition(".")
        kind = getattr(import_module(f"circuitlib.methods.{module}"), name)
        if self.has_presets:
            return kind.preset(preset, seed)
        seeds = {"seed": seed} if "seed" in kind.__dataclass_fields__ else {}
        return kind(**self.settings, **seeds)

    @property
    def labels(self) -> dict[str, str]:
        """Titles of its stored runs by their labels, with the preset where there is a choice."""
        if not self.has_presets:
            return {self.name: self.title}
        return {
            f"{self.name}@paper": self.title,
            f"{self.name}@quick": f"{self.title}, quick preset",
        }

    @property
    def forecasts(self) -> bool:
        """Whether it predicts a bin from earlier bins only, if it predicts at all."""
        return self.family in ("graph network", "learned link", "rectified GLM", "log GLM")


_ROWS = (
    Method("gnn", "single_index.gnn.GNN", "graph network", "graph network", "o"),
    Method(
        "gnn-ring",
        "single_index.gnn.GNN",
        "graph network, learned ring",
        "graph network",
        "D",
        {"structure": "ring"},
    ),
    Method(
        "gnn-paper",
        "gnn.paper_gnn.ConvolutionalGNN",
        "graph network with convolution",
        "graph network",
        "P",
        has_presets=True,
    ),
    Method(
        "single-index",
        "single_index.single_index.SingleIndex",
        "single-index model",
        "learned link",
        "^",
    ),
    Method(
        "single-index-symmetric",
        "single_index.single_index.SingleIndex",
        "single-index model, symmetric",
        "learned link",
        "<",
        {"directed": False},
    ),
    Method(
        "glm-rectified-lowrank",
        "single_index.single_index.SingleIndex",
        "single-index model, low rank",
        "learned link",
        "v",
        {"structure": "low-rank", "directed": False},
    ),
    Method("glm", "glm.coupling.CouplingGLM", "paper's GLM", "log GLM", "v"),
    Method("glm-same-bin", "glm.same_bin.SameBinGLM", "same-bin GLM", "same-bin GLM", "o"),
    Method(
        "glm-log",
        "glm.history.HistoryGLM",
        "history GLM, log link",
        "log GLM",
        "P",
        {"link": "log"},
    ),
    Method(
        "glm-rectified",
        "glm.history.HistoryGLM",
        "history GLM, rectifying link",
        "rectified GLM",
        "^",
        {"link": "rectified"},
    ),
    Method(
        "glm-l2",
        "glm.coupling.CouplingGLM",
        "paper's GLM, ridge",
        "log GLM",
        "h",
        {"l2": "validation"},
    ),
    Method(
        "glm-same-bin-l2",
        "glm.same_bin.SameBinGLM",
        "same-bin GLM, ridge",
        "same-bin GLM",
        "h",
        {"l2": "validation"},
    ),
    Method(
        "glm-log-l2",
        "glm.history.HistoryGLM",
        "history GLM, log link, ridge",
        "log GLM",
        "s",
        {"link": "log", "l2": "validation"},
    ),
    Method(
        "glm-rectified-l2",
        "glm.history.HistoryGLM",
        "history GLM, rectifying link, ridge",
        "rectified GLM",
        "s",
        {"link": "rectified", "l2": "validation"},
    ),
    Method(
        "glm-symmetric",
        "glm.coupling.CouplingGLM",
        "paper's GLM, symmetric",
        "log GLM",
        "<",
        {"symmetric": True},
    ),
    Method(
        "glm-same-bin-symmetric",
        "glm.same_bin.SameBinGLM",
        "same-bin GLM, symmetric",
        "same-bin GLM",
        "<",
        {"symmetric": True},
    ),
    Method(
        "glm-log-symmetric",
        "glm.history.HistoryGLM",
        "history GLM, log link, symmetric",
        "log GLM",
        "D",
        {"link": "log", "symmetric": True},
    ),
    Method(
        "glm-rectified-symmetric",
        "glm.history.HistoryGLM",
        "history GLM, rectifying link, symmetric",
        "rectified GLM",
        "X",
        {"link": "rectified", "symmetric": True},
    ),
    Method("correlation", "covariance.Correlation", "correlation", "pairwise statistic", ">"),
    Method("precision", "covariance.Precision", "inverse covariance", "pairwise statistic", "*"),
    Method(
        "l1-logistic",
        "logistic.L1Logistic",
        "logistic regression, l1 penalty",
        "binary model",
        "H",
    ),
    Method("mpf", "ising.ProbabilityFlow", "Ising model, probability flow", "binary model", "p"),
    Method("tca", "tca.TCA", "TCA", "decomposition", "d"),
    Method("seqnmf", "seqnmf.SeqNMF", "seqNMF", "decomposition", "X"),
    Method("netformer", "netformer.NetFormer", "attention (NetFormer)", "attention", "8"),
)

#: The methods by name.
METHODS = {row.name: row for row in _ROWS}


def method_of(label: str) -> Method:
    """Return the method of a name or of the label of a stored run, such as ``"gnn-paper@paper"``.

    Raises
    ------
    ValueError
        If there is no such method.
    """
    name = label.partition("@")[0]
    if name not in METHODS:
        raise ValueError(f"no method {name!r}; choose one of {', '.join(METHODS)}")
    return METHODS[name]


def make(method: str, preset: str = "quick", seed: int = 0) -> Any:  # no `weights_` before `fit`
    """Make an estimator by name.

    Parameters
    ----------
    method
        A key of `METHODS`.
    preset
        ``"quick"`` (minutes) or ``"paper"``; only "gnn-paper" has both.
    seed
        Seed of a method that draws random numbers.

    Returns
    -------
    ConnectivityEstimator
        With the hyper-parameters of the method, not fitted yet.

    Raises
    ------
    ValueError
        If there is no such method or preset.
    """
    row = method_of(method)
    if preset not in get_args(Preset):
        raise ValueError(f'`preset` must be "quick" or "paper", got {preset!r}')
    return row(preset, seed)
