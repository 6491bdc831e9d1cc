"""The structure module of the paper: a convolution along each neuron's own spike train."""

import numpy as np
import torch
from jaxtyping import Float, Float32, Int
from torch import Tensor, nn
from torch.nn.functional import embedding_bag, linear

from circuitlib.methods.gnn.structure_module import PairNetwork
from circuitlib.recordings.events import Events


def window_basis(n_lags: int) -> Float32[np.ndarray, "lags features"]:
    """Return the basis with one function for each lag, so that the history is the spikes as such.

    Parameters
    ----------
    n_lags
        Bins of history. The basis has a row more, for the present bin, which is zero throughout.
    """
    return np.eye(n_lags + 1, n_lags, -1, dtype=np.float32)


class ConvolutionalWeights(nn.Module):
    r"""Weights of all pairs from pieces of each neuron's spike train.

    .. math::

        z_i = \tfrac{1}{M} B \, \mathrm{vec}\big(\mathrm{norm}(\mathrm{relu}(K * x_i))\big) + b,
        \qquad w_{ij} = \tfrac12 (\mathrm{MLP}[z_i, z_j] + \mathrm{MLP}[z_j, z_i])

    K are kernels over a window of the train, "norm" is a batch normalisation over neurons and
    windows, and "vec" flattens the maps along time. The pieces are the same at every call. M is
    one, or the number of windows. B starts with values that make z the same for both, but Adam
    moves each of them by about its learning rate a step: together they move z far less with the
    second.

    Parameters
    ----------
    encoder
        The kernels K and their bias, from a window ``[lag]`` to channels. The spike module may
        share it.
    events
        The recording.
    n_bins
        Length of a piece.
    n_pieces
        Pieces, spread evenly over the recording.
    stride
        Bins from one window to the next.
    embedding
        Length of z.
    hidden
        Units in each of the two hidden layers of the pair network.
    mean
        Whether M is the number of windows.

    Raises
    ------
    ValueError
        If no window of uninterrupted recording fits into a piece.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    taps: Tensor
    offsets: Tensor

    def __init__(
        self,
        encoder: nn.Linear,
        events: Events,
        n_bins: int,
        n_pieces: int,
        stride: int,
        embedding: int,
        hidden: int,
        mean: bool = False,
    ) -> None:
        super().__init__()
        window, channels = encoder.in_features, encoder.out_features
        taps, offsets = _windows(events, min(n_bins, events.n_bins), n_pieces, window, stride)
        self.n_neurons = events.n_neurons
        # Not saved with the parameters: they are the recording's, not the model's.
        self.register_buffer("taps", torch.from_numpy(taps), persistent=False)
        self.register_buffer("offsets", torch.from_numpy(offsets), persistent=False)
        self.encoder = encoder
        self.norm = nn.BatchNorm1d(channels, track_running_stats=False)
        n_windows = len(offsets) // self.n_neurons
        self.embed = nn.Linear(n_windows * channels, embedding)
        self.share = 1 / n_windows if mean else 1.0
        with torch.no_grad():
            self.embed.weight /= self.share
        self.pairs = PairNetwork(embedding, hidden)

    def maps(self) -> Float[Tensor, "neurons maps"]:
        """Return the normalised maps of each neuron, shape ``(neurons, windows x channels)``."""
        summed = embedding_bag(self.taps, self.encoder.weight.T, self.offsets, mode="sum")
        maps: Tensor = self.norm(torch.relu(summed + self.encoder.bias))
        return maps.view(self.n_neurons, -1)  # from (neurons x windows, channels)

    def embedding(self) -> Float[Tensor, "neurons embedding"]:
        """Return the embedding z of each neuron."""
        return linear(self.share * self.maps(), self.embed.weight, self.embed.bias)

    def forward(self) -> Float[Tensor, "neurons neurons"]:
        """Return the weights, symmetric with a zero diagonal."""
        weights: Tensor = self.pairs(self.embedding())
        return weights

    def become(self, z: Float[Tensor, "neurons embedding"]) -> None:
        """Change the linear map as little as possible so that it embeds the neurons at `z`.

        Neurons with the same maps, such as those silent in all pieces, stay together.

        Parameters
        ----------
        z
            Embedding of each neuron, shape ``(neurons, embedding)``.
        """
        with torch.no_grad():
            maps = self.share * self.maps().cpu().double()
            missing = (z - self.embedding()).cpu().double()
            change = torch.linalg.lstsq(maps, missing, driver="gelsd").solution
            self.embed.weight += change.T.to(self.embed.weight)


def _windows(
    events: Events, n_bins: int, n_pieces: int, window: int, stride: int
) -> tuple[Int[np.ndarray, " hits"], Int[np.ndarray, " windows"]]:
    """List the lags (from 0, the latest) of the spikes in each window, neuron by neuron.

    The second array says where each window begins in the first.
    """
    pieces = np.linspace(0, events.n_bins - n_bins, n_pieces).astype(np.int64)
    first = np.unique(pieces[:, None] + np.arange(0, n_bins - window + 1, stride))
    first = first[events.runs.start_of(first) == events.runs.start_of(first + window - 1)]
    if len(first) == 0:
        raise ValueError(
            f"no {window} uninterrupted bins in {n_pieces} pieces of {n_bins}; "
            "give longer pieces or a smaller `tau` (--set piece=SECONDS, --tau)"
        )
    taps, counts = [], []
    for neuron in range(events.n_neurons):
        bins = events.bins[events.offsets[neuron] : events.offsets[neuron + 1]]
        low, high = np.searchsorted(bins, first), np.searchsorted(bins, first + window)
        inside = high - low
        passed = np.cumsum(inside) - inside
        hits = np.arange(inside.sum()) + np.repeat(low - passed, inside)
        taps.append(np.repeat(first + window - 1, inside) - bins[hits])
        counts.append(inside)
    n_hits = np.concatenate(counts)
    return np.concatenate(taps).astype(np.int64), np.cumsum(n_hits) - n_hits
