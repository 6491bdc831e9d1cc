"""The model of the paper, as close as its text allows."""

import copy
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import nn

from circuitlib._seeding import derived_seed, seeded
from circuitlib.methods.estimator import VALIDATION
from circuitlib.methods.gnn.batches import PairBatches
from circuitlib.methods.gnn.graph_network import GraphNetwork
from circuitlib.methods.gnn.paper_structure_module import ConvolutionalWeights, window_basis
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.methods.gnn.structure_module import FreeEmbedding
from circuitlib.methods.gnn.training import Training
from circuitlib.recordings.events import Events
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes

#: Window and stride of the convolution in time constants.
_WINDOW, _STRIDE = 2.0, 0.2
#: Bins drawn per spike, with one neuron each.
_BINS_PER_SPIKE = 2
#: The first expansion uses one in so many spikes; both use bins so many time constants apart.
_THINNING, _EVERY = 4, 0.8
#: How much closer together than an untrained module's the embeddings of the first fit start.
_CLOSER = 0.1


@dataclass
class ConvolutionalGNN(GraphNetwork):
    """A graph network whose weights come from a convolution along each neuron's spike train.

    It follows the paper where the paper speaks: windows of two time constants, a stride of a fifth
    of one, 32 kernels, batch normalisation, pairs of embeddings through two layers of 32 units,
    symmetric weights, messages from pairs of hidden states, a gated recurrent unit, the Poisson
    likelihood, and Adam at 5e-4 with exponential decay. Where it is silent, the choice is ours:

    * Bins are of 0.5 ms. The paper's, of 0.1 ms, take longer; in bins of 1 ms it is hidden too
      often who fired first.
    * The structure module sees the same `n_pieces` pieces of the training recording at every step,
      `piece` seconds each, spread evenly, for its linear map has a weight for each of their
      windows. In a single piece of one second a slow bump leaves many neurons silent, and neurons
      without spikes cannot be told apart.
    * Batch normalisation stands in the structure module only. Bins with a spike are drawn more
      often than others, so their statistics are not those of the recording.
    * The kernels are shared by both modules. Each neuron has its mean rate and an offset.
    * Training from random parameters finds the activity pattern and not the wiring. So the spike
      module first learns together with free weights. On an expansion of the likelihood
      (:mod:`circuitlib.methods.gnn.expansion`), embeddings and pair network are then fitted without
      the convolution, and the linear map is changed as little as gives these embeddings. Both
      modules go on on the spikes, and a second expansion, of all spikes, has the last word. Without
      `n_free` and `n_fit`, training is what the text says and no more.

    For what works better, see :class:`circuitlib.methods.single_index.gnn.GNN`.

    The weights depend on the order of the neurons as they do on the seed: training starts from
    random numbers that are drawn for one neuron after the other.

    Parameters
    ----------
    seed
        Seed of the initial parameters and of the batches.
    bin_width
        Bins of the prediction in seconds. Counts in wider bins are predicted in their own, and
        `fit` sets `bin_width` to these.
    tau
        Synaptic time constant in seconds.
    piece, n_pieces
        What the structure module sees of the recording: seconds of a piece, and their number.
    kernels
        Kernels, which is also the length of the hidden states.
    embedding, hidden
        Sizes in the structure module.
    mean
        Average over the windows instead of adding them up, see
        :class:`circuitlib.methods.gnn.paper_structure_module.ConvolutionalWeights`.
    batch
        Spikes per step; twice as many bins are drawn besides, with one neuron each.
    n_free
        Steps with free weights; none: the spike module starts from random parameters.
    n_fit
        Steps of embeddings and pair network on each expansion; none: there are no expansions.
    n_steps, learning_rate, final_learning_rate
        Steps of both modules on the spikes, and the ends of an exponential decay.
    validate_every
        Steps between validations.
    validation
        Part of the recording kept for validation.
    device
        Where torch computes.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    seed: int = 0
    bin_width: float = 5e-4
    tau: float = 10e-3
    piece: float = 0.05
    n_pieces: int = 20
    kernels: int = 32
    embedding: int = 32
    hidden: int = 32
    mean: bool = True
    batch: int = 256
    n_free: int = 1000
    n_fit: int = 2000
    n_steps: int = 4000
    learning_rate: float = 5e-4
    final_learning_rate: float = 5e-5
    validate_every: int = 250
    validation: float = VALIDATION
    device: str = "cpu"
    _batches = PairBatches
    # Fewer bins than for messages that all share.
    _n_effect = 32

    @classmethod
    def preset(cls, name: str, seed: int = 0) -> "ConvolutionalGNN":
        """Return the settings ``"quick"`` (minutes) or ``"paper"``."""
        if name == "quick":
            return cls(seed=seed, n_steps=500)
        if name == "paper":
            return cls(seed=seed)
        raise ValueError(f'`preset` must be "quick" or "paper", got {name!r}')

    @property
    def basis(self) -> Float32[np.ndarray, "lags features"]:
        """The functions of the lag that summarise a neuron's recent spikes: one for each lag."""
        return window_basis(round(_WINDOW * self.tau / self.bin_width))

    @property
    def n_bins(self) -> int:
        """Bins per step, beside `batch` spikes."""
        return _BINS_PER_SPIKE * self.batch

    @property
    def _n_steps(self) -> int:
        """Steps of the training, for the progress bar."""
        return self.n_free + self.n_steps + 2 * self.n_fit

    def _check(self, recording: Recording) -> None:
        """Raise `ValueError` if a setting does not fit the recording."""
        if self.bin_width > self.tau:
            raise ValueError(
                f"bins of {self.bin_width:g} s are too wide for windows of {_WINDOW:g} time "
                f"constants of {self.tau:g} s; count the spikes in narrower bins (--bin-width)"
            )

    def _train(self, training: Training, coarse: Spikes) -> SpikeModel:
        """Go through the stages; return the fitted model."""
        model = copy.deepcopy(self._free_stage(training, coarse, self.kernels, "pair").model)
        with seeded(derived_seed(self.seed, 1)):
            structure = self._structure(model.encode, training.train.events).to(self.device)
        if not training.next_is_saved:
            z = _CLOSER * structure.embedding().detach()
            self._fit_structure(training, structure, z, model, _THINNING)
        model.structure = structure
        training.descend(model, self.n_steps, (self.learning_rate, self.final_learning_rate))
        z = structure.embedding().detach()
        self._fit_structure(training, structure, z, model, 1)
        self.embedding_ = structure.embedding().detach().cpu().numpy()
        return model

    def _structure(self, encoder: nn.Linear, events: Events) -> ConvolutionalWeights:
        n_bins, stride = (
            max(round(seconds / self.bin_width), 1) for seconds in (self.piece, _STRIDE * self.tau)
        )
        return ConvolutionalWeights(
            encoder,
            events,
            n_bins,
            self.n_pieces,
            stride,
            self.embedding,
            self.hidden,
            self.mean,
        )

    def _fit_structure(
        self,
        training: Training,
        structure: ConvolutionalWeights,
        z: Float[torch.Tensor, "neurons embedding"],
        model: SpikeModel,
        thinning: int,
    ) -> None:
        """Fit embeddings, from `z` on, and pair network to an expansion about a model's weights."""
        if self.n_fit == 0:
            return
        every = max(round(_EVERY * self.tau / self.bin_width), 1)
        free = FreeEmbedding(z, structure.pairs)
        training.fit(free, training.expand(model, thinning, every), self.n_fit)
        structure.become(free.z)
