r"""The loss near some weights as a quadratic function of the weights between neurons.

All that is not a weight between two neurons - offsets, weights of neurons on themselves and of what
an angle adds, the link - is at its best for each choice of these weights. So a structure of the
weights can be fitted for thousands of steps without another look at the spikes.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from circuitlib.methods.single_index.likelihood import Curvature
from circuitlib.methods.single_index.model import Model


@dataclass(frozen=True, eq=False)
class Quadratic:
    r"""A quadratic model of the loss, in nats.

    .. math::

        L(w) = \sum_{ij} g_{ij} \Delta_{ij} + \tfrac12 \sum_{ijk} \Delta_{ij} H_{ijk} \Delta_{ik}
            - \tfrac12 v^T K v, \qquad v = \sum_{ij} C_{ij} \Delta_{ij}, \quad \Delta = w - w_0

    The last term is what the link, which all neurons share, takes back.

    Parameters
    ----------
    origin
        The weights :math:`w_0`, shape ``(post, pre)``. Hidden neurons are presynaptic only, and
        come last.
    gradient
        g, same shape.
    curvature
        H, of the weights to each postsynaptic neuron, shape ``(post, pre, pre)``.
    cross
        C, shape ``(post, pre, splines)``.
    inverse
        K, shape ``(splines, splines)``.
    n_spikes
        Spikes behind it.
    """

    origin: Float[np.ndarray, "post pre"]
    gradient: Float[np.ndarray, "post pre"]
    curvature: Float32[np.ndarray, "post pre pre"]
    cross: Float[np.ndarray, "post pre splines"]
    inverse: Float[np.ndarray, "splines splines"]
    n_spikes: int

    @classmethod
    def of(cls, curvature: Curvature, model: Model, n_nodes: int | None = None) -> "Quadratic":
        """Put all but the weights between neurons at its best.

        Parameters
        ----------
        curvature
            Of the penalized loss, see
            :func:`circuitlib.methods.single_index.scoring.penalized_curvature`. It is used up: the
            result lies in its memory.
        model
            Where it was computed.
        n_nodes
            How many sources are neurons, with the hidden ones; the recorded ones if not given.
        """
        n, m = len(model.weights), n_nodes or len(model.weights)
        link, by_link = curvature.link.copy(), curvature.gradient.link.copy()
        gradient, cross = np.empty((n, m)), np.empty((n, m, len(link)))
        between = curvature.own[:, :m, :m]
        for i in range(n):
            own = curvature.own[i].astype(np.float64)
            mine = np.r_[i, m : len(own)]
            inner = np.linalg.inv(own[np.ix_(mine, mine)])
            mixing = own[:m, mine] @ inner
            slope, shared = curvature.gradient.own[i], curvature.cross[i]
            gradient[i] = slope[:m] - mixing @ slope[mine]
            between[i] -= mixing @ own[mine, :m]
            cross[i] = shared[:m] - mixing @ shared[mine]
            link -= shared[mine].T @ inner @ shared[mine]
            by_link -= shared[mine].T @ inner @ slope[mine]
        inverse = np.linalg.inv(link)
        gradient -= cross @ (inverse @ by_link)
        apart = ~np.eye(n, m, dtype=bool)
        gradient *= apart
        cross *= apart[..., None]
        return cls(
            model.weights[:, :m] * apart, gradient, between, cross, inverse, curvature.n_spikes
        )

    def loss(self, weights: Float[np.ndarray, "post pre"]) -> float:
        """Return the loss of other weights; that of the origin is zero."""
        return self.loss_and_slope(weights)[0]

    def losses(self, weights: Float[np.ndarray, "post pre"]) -> Float[np.ndarray, " neurons"]:
        """Return the part that each postsynaptic neuron has in the loss."""
        step = weights - self.origin
        np.fill_diagonal(step, 0)
        return np.asarray((step * (self.gradient + self.bend(step) / 2)).sum(axis=1))

    def loss_and_slope(
        self, weights: Float[np.ndarray, "post pre"]
    ) -> tuple[float, Float[np.ndarray, "post pre"]]:
        """Return the loss of other weights and its gradient, which is zero on the diagonal."""
        step = weights - self.origin
        np.fill_diagonal(step, 0)
        slope = self.bend(step)
        value = float((step * (self.gradient + slope / 2)).sum())
        return value, self.gradient + slope

    def bend(self, step: Float[np.ndarray, "post pre"]) -> Float[np.ndarray, "post pre"]:
        """Return the product of the curvature with a step whose diagonal is zero."""
        bent = (self.curvature @ step[..., None].astype(np.float32))[..., 0].astype(np.float64)
        bent -= self.cross @ (self.inverse @ np.einsum("ijk,ij->k", self.cross, step))
        np.fill_diagonal(bent, 0)
        return np.asarray(bent)
