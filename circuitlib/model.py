"""The spike module: the rates of the next bin from recent spikes and the weights."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from circuitlib.conv import Messages, SynapticConv
from circuitlib.structure import PairwiseWeights


class SpikeModel(nn.Module):
    r"""A graph network that predicts each neuron's next spikes from those of all.

    .. math::

        h_i = \mathrm{relu}(f_\mathrm{enc}(x_i)), \quad
        h_i' = \mathrm{GRU}(a_i, h_i), \quad
        \log \lambda_i = f_\mathrm{dec}(h_i') + \log \bar\lambda_i + c_i

    where x is a neuron's own recent spikes and a the weighted sum of messages (see
    :class:`SynapticConv`). All but the offset c is shared by the neurons.

    Parameters
    ----------
    structure
        Gives the weights.
    mean_counts
        Mean spikes per bin of each neuron, shape ``(neurons,)``.
    window
        Bins of recent spikes.
    width
        Length of the hidden states.
    messages
        See :class:`SynapticConv`.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    log_mean: Tensor

    def __init__(
        self,
        structure: PairwiseWeights,
        mean_counts: Float[Tensor, " neurons"],
        window: int,
        width: int,
        messages: Messages,
    ) -> None:
        super().__init__()
        self.structure = structure
        self.encode = nn.Linear(window, width)
        self.conv = SynapticConv(width, messages)
        self.cell = nn.GRUCell(width, width)
        self.decode = nn.Linear(width, 1)
        self.offset = nn.Parameter(torch.zeros(len(mean_counts)))
        self.register_buffer("log_mean", torch.log(mean_counts))

    def forward(
        self, recent: Float[Tensor, "batch window neurons"]
    ) -> Float[Tensor, "batch neurons"]:
        """Return the log of the expected spikes in the bin after each window."""
        h = torch.relu(self.encode(recent.transpose(1, 2)))  # (batch, neurons, width)
        received = self.conv(h, self.structure())
        updated = self.cell(received.flatten(0, 1), h.flatten(0, 1))
        log_rates: Tensor = self.decode(updated).view(h.shape[:2]) + self.log_mean + self.offset
        return log_rates

    def effect(
        self, recent: Float[Tensor, "batch window neurons"]
    ) -> Float[Tensor, "neurons neurons"]:
        """Measure how one more presynaptic spike changes the log rate of each other neuron.

        The spike is put into the last bin of each window, one presynaptic neuron at a time.

        Returns
        -------
        tensor
            Mean change over the windows, ``[post, pre]``.
        """
        before = self(recent)
        changes = []
        for pre in range(recent.shape[2]):
            more = recent.clone()
            more[:, -1, pre] += 1
            changes.append((self(more) - before).mean(dim=0))
        return torch.stack(changes, dim=1)
