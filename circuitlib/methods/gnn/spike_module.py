"""The spike module: the rates of the next bin from recent spikes and the weights."""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from circuitlib.methods.gnn.messages import Messages, SynapticConv


class SpikeModel(nn.Module):
    r"""A graph network that predicts each neuron's next spikes from those of all.

    .. math::

        h_i = \mathrm{relu}(f_\mathrm{enc}(x_i)), \quad
        h_i' = \mathrm{GRU}(a_i, h_i), \quad
        \log \lambda_i = f_\mathrm{dec}(h_i') + \log \bar\lambda_i + c_i

    where x summarises a neuron's own recent spikes and a is the weighted sum of messages (see
    :class:`SynapticConv`). All but the offset c is shared by the neurons.

    Parameters
    ----------
    structure
        A module that returns the weights, shape ``(neurons, neurons)``.
    mean_counts
        Mean spikes per bin of each neuron, shape ``(neurons,)``.
    encode
        The linear map f_enc, from x to the hidden state.
    messages
        See :class:`SynapticConv`.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    log_mean: Tensor

    def __init__(
        self,
        structure: nn.Module,
        mean_counts: Float[Tensor, " neurons"],
        encode: nn.Linear,
        messages: Messages,
    ) -> None:
        super().__init__()
        width = encode.out_features
        self.structure = structure
        self.encode = encode
        self.conv = SynapticConv(width, messages)
        self.cell = nn.GRUCell(width, width)
        self.decode = nn.Linear(width, 1)
        self.offset = nn.Parameter(torch.zeros(len(mean_counts)))
        self.register_buffer("log_mean", torch.log(mean_counts))

    def forward(
        self,
        recent: Float[Tensor, "batch neurons features"],
        weights: Float[Tensor, "neurons neurons"] | None = None,
    ) -> Float[Tensor, "batch neurons"]:
        """Return the log of the expected spikes of all neurons in some bins.

        Parameters
        ----------
        recent
            Recent spikes of each neuron before each bin, shape ``(batch, neurons, features)``.
        weights
            Those of the structure module if not given.
        """
        h = self.hidden(recent)
        received = self.conv(h, self.structure() if weights is None else weights)
        return self.respond(received.flatten(0, 1), h.flatten(0, 1)).view(h.shape[:2]) + self.base

    def at_spikes(
        self,
        recent: Float[Tensor, "batch neurons features"],
        post: Int[Tensor, " batch"],
        weights: Float[Tensor, "neurons neurons"],
    ) -> Float[Tensor, " batch"]:
        """Return the log of the expected spikes of one neuron in each bin: of that which fired.

        Parameters
        ----------
        recent
            As for `forward`.
        post
            The neurons, shape ``(batch,)``.
        weights
            Weights ``[post, pre]``.
        """
        h = self.hidden(recent)
        received = self.conv.received_by(h, weights[post], post)
        return self.respond(received, h[torch.arange(len(h)), post]) + self.base[post]

    def hidden(
        self, recent: Float[Tensor, "batch neurons features"]
    ) -> Float[Tensor, "batch neurons width"]:
        """Encode each neuron's recent spikes."""
        return torch.relu(self.encode(recent))

    def respond(
        self, received: Float[Tensor, "rows width"], h: Float[Tensor, "rows width"]
    ) -> Float[Tensor, " rows"]:
        """Return the log rates, relative to the neurons' own, of what was received."""
        log_rates: Tensor = self.decode(self.cell(received, h))[:, 0]
        return log_rates

    @property
    def base(self) -> Float[Tensor, " neurons"]:
        """Each neuron's own log rate."""
        return self.log_mean + self.offset

    def effect(
        self, recent: Float[Tensor, "batch neurons features"], spike: Float[Tensor, " features"]
    ) -> Float[Tensor, "neurons neurons"]:
        """Measure how one more presynaptic spike changes the log rate of each other neuron.

        Parameters
        ----------
        recent
            As for `forward`.
        spike
            What one more spike adds to the recent spikes of a neuron, shape ``(features,)``.

        Returns
        -------
        tensor
            Mean change over the bins, ``[post, pre]``.
        """
        weights = self.structure()
        before = self(recent, weights)
        changes = []
        for pre in range(recent.shape[1]):
            more = recent.clone()
            more[:, pre] += spike
            changes.append((self(more, weights) - before).mean(dim=0))
        return torch.stack(changes, dim=1)
