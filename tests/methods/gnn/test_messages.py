"""Messages travel from pre to post, equal on dense weights and edges, with a right gradient."""

import pytest
import torch

from circuitlib._seeding import seeded
from circuitlib.methods.gnn.messages import SynapticConv

N = 6


@pytest.mark.parametrize("messages", ["sender", "pair"])
def test_dense_equals_sparse_and_commutes_with_relabelling(messages):
    with seeded(0):
        conv = SynapticConv(8, messages)
        h, weights = torch.randn(2, N, 8), torch.randn(N, N).fill_diagonal_(0)
        order = torch.randperm(N)
    edges = (~torch.eye(N, dtype=torch.bool)).nonzero().T.flip(0)  # (pre, post)
    torch.testing.assert_close(conv(h, weights), conv(h, weights, edges))
    relabelled = conv(h[:, order], weights[order][:, order])
    torch.testing.assert_close(relabelled, conv(h, weights)[:, order])


@pytest.mark.parametrize("messages", ["sender", "pair"])
def test_messages_have_the_right_gradient(messages):
    with seeded(1):
        conv = SynapticConv(3, messages).double()
        h = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
        weights = torch.randn(4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(conv, (h, weights))


def test_messages_travel_from_pre_to_post():
    conv = SynapticConv(3)
    weights = torch.zeros(4, 4)
    weights[2, 1] = 1.0  # from neuron 1 to neuron 2
    h = torch.ones(4, 3)
    received = conv(h, weights)
    expected = torch.zeros(4, 3)
    expected[2] = torch.relu(conv.send(h))[1]
    torch.testing.assert_close(received, expected)
