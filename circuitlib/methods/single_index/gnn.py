"""The graph network of this library: a structure module, and spikes predicted through it."""

from dataclasses import dataclass

from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.methods.single_index.structured import Structure


@dataclass
class GNN(SingleIndex):
    """A graph network: the single-index event model with symmetric weights that are tied together.

    A neuron sends its trace along all its connections, each receives the weighted sum of what was
    sent, and one learned function, the same for all, turns that sum into a log rate. The weights
    come out of a structure module: that of the paper, a small network which looks at what describes
    two neurons, or the ``"ring"`` that is learned from the spikes.

    Weights of the structure module depend on the order of the neurons as they do on the seed: its
    training draws random numbers for one neuron after the other.

    Parameters, results and errors are those of :class:`SingleIndex`, with other defaults.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3, for structure module and graph network; messages,
    update and training are our own.
    """

    structure: Structure = "pairs"
    directed: bool = False
