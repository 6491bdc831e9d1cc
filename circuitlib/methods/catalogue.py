"""All methods by name, for the command line and for comparisons."""

from collections.abc import Callable
from typing import no_type_check

from circuitlib.methods.covariance import Correlation, Precision
from circuitlib.methods.estimator import ConnectivityEstimator
from circuitlib.methods.glm.coupling import CouplingGLM
from circuitlib.methods.glm.history import HistoryGLM, SameBinGLM
from circuitlib.methods.gnn.gnn import GNN
from circuitlib.methods.gnn.paper_gnn import ConvolutionalGNN
from circuitlib.methods.ising import ProbabilityFlow
from circuitlib.methods.logistic import L1Logistic
from circuitlib.methods.netformer import NetFormer
from circuitlib.methods.seqnmf import SeqNMF
from circuitlib.methods.tca import TCA

#: Makes an estimator of a preset ("quick" or "paper") and a seed.
Factory = Callable[[str, int], ConnectivityEstimator]

#: The methods; those without randomness and presets ignore both.
METHODS: dict[str, Factory] = {
    "gnn": GNN.preset,
    "gnn-paper": ConvolutionalGNN.preset,
    "glm": lambda preset, seed: CouplingGLM(),
    "glm-same-bin": lambda preset, seed: SameBinGLM(),
    "glm-log": lambda preset, seed: HistoryGLM(link="log"),
    "glm-rectified": lambda preset, seed: HistoryGLM(link="rectified"),
    "glm-l2": lambda preset, seed: CouplingGLM(l2="validation"),
    "glm-same-bin-l2": lambda preset, seed: SameBinGLM(l2="validation"),
    "glm-log-l2": lambda preset, seed: HistoryGLM(link="log", l2="validation"),
    "glm-rectified-l2": lambda preset, seed: HistoryGLM(link="rectified", l2="validation"),
    "glm-symmetric": lambda preset, seed: CouplingGLM(symmetric=True),
    "glm-same-bin-symmetric": lambda preset, seed: SameBinGLM(symmetric=True),
    "glm-log-symmetric": lambda preset, seed: HistoryGLM(link="log", symmetric=True),
    "glm-rectified-symmetric": lambda preset, seed: HistoryGLM(link="rectified", symmetric=True),
    "glm-rectified-lowrank": lambda preset, seed: HistoryGLM(
        link="rectified", rank="validation", bin_width=5e-4
    ),
    "correlation": lambda preset, seed: Correlation(),
    "precision": lambda preset, seed: Precision(),
    "l1-logistic": lambda preset, seed: L1Logistic(seed=seed),
    "mpf": lambda preset, seed: ProbabilityFlow(),
    "tca": lambda preset, seed: TCA(seed=seed),
    "seqnmf": lambda preset, seed: SeqNMF(seed=seed),
    "netformer": lambda preset, seed: NetFormer(seed=seed),
}


@no_type_check  # before `fit` there are no `weights_`, which the protocol asks for
def make(method: str, preset: str = "quick", seed: int = 0) -> ConnectivityEstimator:
    """Make an estimator by name.

    Parameters
    ----------
    method
        A key of `METHODS`.
    preset
        ``"quick"`` (minutes) or ``"paper"``; only the two GNNs have both.
    seed
        Seed of a method that draws random numbers.

    Raises
    ------
    ValueError
        If there is no such method or preset.
    """
    if method not in METHODS:
        raise ValueError(f"no method {method!r}; choose one of {', '.join(METHODS)}")
    if preset not in ("quick", "paper"):
        raise ValueError(f'`preset` must be "quick" or "paper", got {preset!r}')
    return METHODS[method](preset, seed)
