"""Adam with an exponentially decaying learning rate and clipped gradients."""

import torch
from torch import Tensor, nn


class DecayingAdam:
    """Adam whose learning rate decays exponentially over a known number of steps.

    Parameters
    ----------
    module
        What is trained.
    n_steps
        Length of the whole schedule.
    learning_rate, final_learning_rate
        Its ends.
    largest_gradient
        Norm to which a longer gradient is shortened.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 3.
    """

    def __init__(
        self,
        module: nn.Module,
        n_steps: int,
        learning_rate: float,
        final_learning_rate: float,
        largest_gradient: float,
    ) -> None:
        self.adam = torch.optim.Adam(module.parameters(), lr=learning_rate)
        self._module, self._n_steps = module, n_steps
        self._ends = learning_rate, final_learning_rate
        self._largest_gradient = largest_gradient

    def step(self, loss: Tensor, number: int) -> None:
        """Take the step with the given number, counted from 0, down a loss."""
        first, last = self._ends
        self.adam.param_groups[0]["lr"] = first * (last / first) ** (number / self._n_steps)
        self.adam.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self._module.parameters(), self._largest_gradient)
        self.adam.step()
