"""Message passing: spikes travel along weighted synapses."""

from typing import Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch_geometric.nn import MessagePassing

Messages = Literal["sender", "pair"]


class SynapticConv(MessagePassing):
    r"""Weighted sum of messages over the presynaptic neurons.

    .. math:: a_i = \sum_j w_{ij} \, \mathrm{relu}(A h_i + B h_j + c)

    The messages of the paper have a last linear layer. It commutes with the sum, so the input
    matrix of the recurrent unit that follows takes its place.

    Parameters
    ----------
    channels
        Length of the hidden states h.
    messages
        ``"pair"`` as above; ``"sender"`` leaves out :math:`A h_i`, so that a neuron sends the same
        message to all, which costs a hundredth on a ring of 100.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    def __init__(self, channels: int, messages: Messages = "sender") -> None:
        super().__init__(aggr="sum", node_dim=-2)
        self.send = nn.Linear(channels, channels)
        self.receive = nn.Linear(channels, channels, bias=False) if messages == "pair" else None

    def forward(
        self,
        h: Float[Tensor, "*batch nodes channels"],
        weights: Float[Tensor, "nodes nodes"],
        edge_index: Int[Tensor, "2 edges"] | None = None,
    ) -> Float[Tensor, "*batch nodes channels"]:
        """Pass messages along the edges, or on the complete graph by a matrix product (faster).

        Parameters
        ----------
        h
            Hidden states, shape ``(..., nodes, channels)``.
        weights
            Weights ``[post, pre]`` with a zero diagonal.
        edge_index
            Edges ``(pre, post)``, shape ``(2, edges)``; all pairs if not given.
        """
        send = self.send(h)
        receive = torch.zeros_like(send) if self.receive is None else self.receive(h)
        if edge_index is not None:
            pre, post = edge_index
            weight = weights[post, pre]
            out: Tensor = self.propagate(edge_index, send=send, receive=receive, weight=weight)
            return out
        if self.receive is None:
            return weights @ torch.relu(send)
        # One receiver after the other: the messages of all pairs at once would not fit the cache.
        received = [
            row @ torch.relu(receive[..., post, None, :] + send) for post, row in enumerate(weights)
        ]
        return torch.stack(received, dim=-2)

    def received_by(
        self,
        h: Float[Tensor, "batch nodes channels"],
        weights: Float[Tensor, "batch nodes"],
        post: Int[Tensor, " batch"],
    ) -> Float[Tensor, "batch channels"]:
        """Return what one neuron receives, another one in each entry of the batch.

        Parameters
        ----------
        h
            Hidden states, shape ``(batch, nodes, channels)``.
        weights
            Weights from all nodes to that neuron, shape ``(batch, nodes)``.
        post
            The receiving neurons, shape ``(batch,)``.
        """
        send = self.send(h)
        if self.receive is not None:
            send = send + self.receive(h[torch.arange(len(h)), post])[:, None]
        return torch.einsum("bj,bjc->bc", weights, torch.relu(send))

    def message(self, send_j: Tensor, receive_i: Tensor, weight: Tensor) -> Tensor:
        """Return the message of each edge, shape ``(..., edges, channels)``."""
        return weight[:, None] * torch.relu(send_j + receive_i)
