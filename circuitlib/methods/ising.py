"""Connectivity from an Ising model, fitted by minimum probability flow."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Float, UInt8
from scipy.optimize import minimize
from tqdm.auto import tqdm

from circuitlib.methods.estimator import check_neurons
from circuitlib.recordings.spike_trains import Recording

#: Bins that are cast to floating point at once.
_CHUNK = 4_096
#: Bound of exponents, so that no trial step overflows.
_LARGEST = 60.0


@dataclass
class ProbabilityFlow:
    r"""Ising model of which neurons fire in the same bin, by minimum probability flow.

    With :math:`x_i = 1` if neuron `i` fires in a bin and 0 if not, the Ising model has the log odds
    :math:`u_i = b_i + \sum_{j \neq i} w_{ij} x_j` of neuron `i` given all others, with symmetric w.
    Its likelihood has a sum over all :math:`2^N` patterns. Minimum probability flow asks instead
    that little probability flows from the observed patterns to those that differ in one neuron,

    .. math:: K = \frac{1}{T} \sum_{t,i} e^{-(2 x_i^t - 1) u_i^t / 2},

    which is convex and needs no sum over patterns.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds; one spike or more count as one.

    References
    ----------
    Sohl-Dickstein, Battaglino & DeWeese (2011), doi:10.1103/PhysRevLett.107.220601;
    Das & Fiete (2020), doi:10.1038/s41593-020-0699-2.
    """

    bin_width: float = 5e-3
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    biases_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "ProbabilityFlow":
        """Minimize the probability flow.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire, and pause.
        progress
            Show a progress bar.

        Returns
        -------
        ProbabilityFlow
            Itself, with `weights_` ``[post, pre]``, symmetric: by how much the log odds of a spike
            grow when the other neuron fires in the same bin; and `biases_`, the log odds when all
            others are silent.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires, or one fires in every bin.
        """
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        fires = check_pauses(spikes.counts, self.bin_width)
        n = spikes.n_neurons
        above = np.triu_indices(n, 1)

        def unpack(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
            weights = np.zeros((n, n))
            weights[above] = flat[n:]
            return weights + weights.T, flat[:n]

        with tqdm(desc="fit", unit="step", disable=not progress, leave=False) as bar:

            def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
                bar.update()
                flow, by_weights, by_biases = probability_flow(fires, *unpack(flat))
                return flow, np.concatenate((by_biases, (by_weights + by_weights.T)[above]))

            mean = fires.mean(axis=0, dtype=np.float64)
            start = np.concatenate((np.log(mean / (1 - mean)), np.zeros(len(above[0]))))
            options = {"maxiter": 2_000, "maxfun": 4_000, "maxcor": 30, "ftol": 1e-11, "gtol": 1e-6}
            found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
        self.weights_, self.biases_ = unpack(found.x)
        return self


def probability_flow(
    fires: UInt8[np.ndarray, "time neurons"],
    weights: Float[np.ndarray, "post pre"],
    biases: Float[np.ndarray, " neurons"],
) -> tuple[float, Float[np.ndarray, "post pre"], Float[np.ndarray, " neurons"]]:
    """Compute the flow K per bin, and its gradients by each entry of `weights` and by `biases`.

    Parameters
    ----------
    fires
        Zero or one for each bin and neuron, shape ``(time, neurons)``.
    weights, biases
        Of the log odds; the diagonal of `weights` is zero.

    Returns
    -------
    flow, by_weights, by_biases
        The entries of `weights` count as independent, and its gradient has a zero diagonal.
    """
    flow, by_weights, by_biases = 0.0, np.zeros_like(weights), np.zeros_like(biases)
    for first in range(0, len(fires), _CHUNK):
        x = fires[first : first + _CHUNK].astype(np.float64)
        sign = 2 * x - 1
        terms = np.exp(np.minimum(-sign * (x @ weights.T + biases) / 2, _LARGEST))
        flow += float(terms.sum())
        terms *= -sign / 2
        by_weights += terms.T @ x
        by_biases += terms.sum(axis=0)
    np.fill_diagonal(by_weights, 0)
    return flow / len(fires), by_weights / len(fires), by_biases / len(fires)


def check_pauses(
    counts: UInt8[np.ndarray, "time neurons"], bin_width: float
) -> UInt8[np.ndarray, "time neurons"]:
    """Return where neurons fire, zero or one; raise `ValueError` if one fires in every bin."""
    fires = np.asarray(np.minimum(counts, 1))
    always = np.flatnonzero(fires.all(axis=0))
    if len(always):
        raise ValueError(
            f"neuron {always[0]} fires in every bin of {bin_width:g} s; "
            "choose narrower bins (--bin-width)"
        )
    return fires
