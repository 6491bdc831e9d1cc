"""The structure module: from the spikes of the population to the weights of all pairs."""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from circuitlib.recordings.spikes import Spikes


def quiet_modes(
    spikes: Spikes, n_quiet: int, n_loud: int
) -> tuple[Float[np.ndarray, "neurons modes"], Float[np.ndarray, " neurons"]]:
    """Describe each neuron by its part in the quietest and loudest modes of the population.

    Modes are the eigenvectors of the covariance of the counts. The loudest hold the activity
    pattern, which neurons of equal phase share. The quietest are the combinations of neurons
    whose variation recurrent inhibition suppresses: they tell such neurons apart.

    Parameters
    ----------
    spikes
        Counts in bins of about two synaptic time constants.
    n_quiet, n_loud
        Number of modes from either end of the spectrum.

    Returns
    -------
    modes
        Shape ``(neurons, n_quiet + n_loud)``, quietest first. Every mode has a mean square of one,
        however faint it is in the recording.
    eigenvalues
        Of all modes, rising, in squared counts, shape ``(neurons,)``.

    Raises
    ------
    ValueError
        If there are more modes than neurons, or fewer bins than neurons.
    """
    if n_quiet + n_loud > spikes.n_neurons:
        raise ValueError(
            f"{n_quiet} quiet and {n_loud} loud modes need as many neurons, "
            f"got {spikes.n_neurons}; choose fewer"
        )
    if spikes.n_bins <= spikes.n_neurons:
        raise ValueError(
            f"the recording is too short: {spikes.n_bins} bins of {spikes.dt:g} s "
            f"for {spikes.n_neurons} neurons"
        )
    covariance = np.cov(spikes.counts.astype(np.float32), rowvar=False, dtype=np.float64)
    eigenvalues, vectors = np.linalg.eigh(covariance)
    quiet = vectors[:, :n_quiet]
    loud = vectors[:, len(vectors) - n_loud :]
    return np.sqrt(len(vectors)) * np.concatenate([quiet, loud], axis=1), eigenvalues


class GivenWeights(nn.Module):
    """Weights as they are, symmetric with a zero diagonal: a structure module without structure.

    Parameters
    ----------
    weights
        Initial weights, shape ``(post, pre)``; their symmetric part is used.
    """

    def __init__(self, weights: Float[Tensor, "neurons neurons"]) -> None:
        super().__init__()
        self.weights = nn.Parameter(weights)

    def forward(self) -> Float[Tensor, "neurons neurons"]:
        """Return the weights, symmetric with a zero diagonal."""
        return symmetric(self.weights)


class PairNetwork(nn.Module):
    r"""A small network that turns two embeddings into a weight, the same for all pairs.

    .. math:: w_{ij} = \tfrac12 (\mathrm{MLP}[z_i, z_j] + \mathrm{MLP}[z_j, z_i])

    Parameters
    ----------
    embedding
        Length of z.
    hidden
        Units in each of the two hidden layers.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    def __init__(self, embedding: int, hidden: int) -> None:
        super().__init__()
        self.first = nn.Linear(2 * embedding, hidden)
        self.second = nn.Linear(hidden, hidden)
        self.last = nn.Linear(hidden, 1)

    def forward(self, z: Float[Tensor, "neurons embedding"]) -> Float[Tensor, "neurons neurons"]:
        """Return the weights, symmetric with a zero diagonal."""
        return symmetric(self.directed(z))

    def directed(self, z: Float[Tensor, "neurons embedding"]) -> Float[Tensor, "neurons neurons"]:
        """Return the weights of both directions, and what the network says of a diagonal."""
        # The first layer of [z_i, z_j] is a sum of a part of z_i and a part of z_j.
        post, pre = self.first.weight.chunk(2, dim=1)
        pairs = (z @ post.T + self.first.bias)[:, None, :] + (z @ pre.T)[None, :, :]
        # In place, because these arrays are large and made anew at every step; a row for each pair.
        first = pairs.relu_().flatten(0, 1)
        weights: Tensor = self.last(self.second(first).relu_())
        return weights.view(len(z), len(z))


class FreeEmbedding(nn.Module):
    """Weights of all pairs from an embedding of each neuron that is free.

    Parameters
    ----------
    z
        Initial embedding, shape ``(neurons, embedding)``.
    pairs
        The network that turns two embeddings into a weight.
    """

    def __init__(self, z: Float[Tensor, "neurons embedding"], pairs: PairNetwork) -> None:
        super().__init__()
        self.z = nn.Parameter(z)
        self.pairs = pairs

    def forward(self) -> Float[Tensor, "neurons neurons"]:
        """Return the weights, symmetric with a zero diagonal."""
        weights: Tensor = self.pairs(self.z)
        return weights


class PairwiseWeights(nn.Module):
    r"""Weights of all pairs from fixed features of each neuron.

    .. math:: z_i = E f_i, \qquad w_{ij} = \mathrm{MLP}[z_i, z_j]

    with a zero diagonal, and symmetrised unless `directed`. The same small network
    (:class:`PairNetwork`) serves all pairs, so the evidence of all pairs of similar neurons is
    pooled. How similar they must be is said by noise that is added to the features at every step of
    the training: it blurs the weights over neurons that it cannot tell apart.

    Parameters
    ----------
    features
        f of each neuron, shape ``(neurons, features)``.
    embedding
        Length of z.
    hidden
        Units in each of the two hidden layers.
    directed
        Whether the weights in the two directions of a pair may differ.
    noise
        Standard deviation of the noise on the features while the module is in training.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3, for the module; Bishop (1995),
    doi:10.1162/neco.1995.7.1.108, for training with noise.
    """

    features: Tensor

    def __init__(
        self,
        features: Float[np.ndarray, "neurons features"],
        embedding: int = 32,
        hidden: int = 64,
        directed: bool = False,
        noise: float = 0.0,
    ) -> None:
        super().__init__()
        self.register_buffer("features", torch.tensor(features, dtype=torch.float32))
        self.embed = nn.Linear(features.shape[1], embedding)
        self.pairs = PairNetwork(embedding, hidden)
        self.directed, self.noise = directed, noise

    def embedding(self) -> Float[Tensor, "neurons embedding"]:
        """Return the embedding z of each neuron."""
        features = self.features
        if self.training and self.noise:
            features = features + self.noise * torch.randn_like(features)
        z: Tensor = self.embed(features)
        return z

    def forward(self) -> Float[Tensor, "post pre"]:
        """Return the weights, with a zero diagonal."""
        weights: Tensor = self.pairs.directed(self.embedding())
        if not self.directed:
            return symmetric(weights)
        return weights * (1 - torch.eye(len(weights), device=weights.device))


def symmetric(weights: Float[Tensor, "neurons neurons"]) -> Float[Tensor, "neurons neurons"]:
    """Return the symmetric part of a matrix, with a zero diagonal."""
    return (weights + weights.T) / 2 * (1 - torch.eye(len(weights), device=weights.device))
