"""Connectivity from logistic regressions with an l1 penalty."""

import inspect
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int, UInt8
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from tqdm.auto import tqdm

from circuitlib.methods.estimator import VALIDATION, check_all_fire, check_neurons, same_neurons
from circuitlib.methods.ising import check_pauses
from circuitlib.recordings.spike_trains import Recording

#: Penalties to choose from, per bin.
GRID = (1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5)
#: Neurons that decide, at most.
_N_DECIDE = 20
#: Bins of one prediction.
_CHUNK = 16_384
#: Part of the bins with a spike below which a sparse matrix is worth its slower products.
_RARE = 0.05
# scikit-learn 1.8 renamed the choice of the penalty.
_RENAMED = inspect.signature(LogisticRegression).parameters["penalty"].default == "deprecated"
_L1: dict[str, Any] = {"l1_ratio": 1.0} if _RENAMED else {"penalty": "l1"}


@dataclass
class L1Logistic:
    r"""Logistic regression, with an l1 penalty, of each neuron on who else fires in the same bin.

    .. math:: \log \frac{p_i^t}{1 - p_i^t} = b_i + \sum_{j \neq i} w_{ij} x_j^t,

    where :math:`x_j^t = 1` if neuron `j` fires in bin `t`, and 0 if not. These are the conditional
    odds of an Ising model, whose structure the penalty picks out.

    Parameters
    ----------
    bin_width
        Bins in which spikes are counted, in seconds; one spike or more count as one.
    l1
        ``l1`` times the sum of the absolute weights of a neuron is added to its loss per bin.
        ``"validation"`` takes, from `GRID`, the penalty that, on the first eight ninths of the
        recording, gives the largest likelihood of the last ninth, for all neurons or twenty evenly
        chosen ones together; the weights are then fitted to all of the recording.
    seed
        Seed of the order in which the coordinates are visited.

    References
    ----------
    Ravikumar, Wainwright & Lafferty (2010), doi:10.1214/09-AOS691; Das & Fiete (2020),
    doi:10.1038/s41593-020-0699-2.
    """

    bin_width: float = 5e-3
    l1: float | Literal["validation"] = "validation"
    seed: int = 0
    weights_: Float[np.ndarray, "post pre"] = field(init=False, repr=False)
    intercepts_: Float[np.ndarray, " neurons"] = field(init=False, repr=False)
    l1_: float = field(init=False, repr=False)

    def fit(self, recording: Recording, progress: bool = False) -> "L1Logistic":
        """Fit the regressions of all neurons.

        Parameters
        ----------
        recording
            Spikes of at least two neurons that all fire, and pause.
        progress
            Show a progress bar.

        Returns
        -------
        L1Logistic
            Itself, with `weights_` ``[post, pre]``: the change of the log odds of a spike when the
            other neuron fires in the same bin; `intercepts_`, the log odds when all others are
            silent; and `l1_`, the penalty.

        Raises
        ------
        ValueError
            If there is only one neuron, one never fires or fires in every bin, or a setting is out
            of range.
        """
        known = self.l1 == "validation" if isinstance(self.l1, str) else 0 < self.l1 < np.inf
        if not known:
            raise ValueError(f'`l1` must be positive, or "validation", got {self.l1!r}')
        spikes = recording.binned(self.bin_width)
        check_neurons(spikes)
        fires = _matrix(check_pauses(spikes.counts, self.bin_width))
        grid = GRID if isinstance(self.l1, str) else (self.l1,)
        everyone = np.arange(spikes.n_neurons)
        some = everyone[:: -(-spikes.n_neurons // _N_DECIDE)]
        n_fits = len(everyone) + (len(grid) * len(some) if len(grid) > 1 else 0)
        with tqdm(total=n_fits, desc="fit", disable=not progress, leave=False) as bar:
            self.l1_ = grid[0]
            if len(grid) > 1:
                cut = round((1 - VALIDATION) * spikes.n_bins)
                train, validation = fires[:cut], fires[cut:]
                check_all_fire(spikes.window(0, cut))
                check_pauses(spikes.counts[:cut], self.bin_width)
                losses = []
                for l1 in grid:
                    weights, intercepts = self._regress(train, some, l1, bar)
                    losses.append(_loss(validation, some, weights, intercepts))
                self.l1_ = grid[int(np.argmin(losses))]
            self.weights_, self.intercepts_ = self._regress(fires, everyone, self.l1_, bar)
        return self

    def rates(self, recording: Recording) -> Float[np.ndarray, "time neurons"]:
        """Compute the expected counts per bin, given who else fires in the same bin.

        They are those of a Poisson variable that is zero with the probability of no spike. This is
        no forecast: it sees the present bin.

        Parameters
        ----------
        recording
            Spikes of the fitted neurons.

        Returns
        -------
        array
            Expected counts, shape ``(time, neurons)``, in bins of `bin_width`.

        Raises
        ------
        ValueError
            If the number of neurons differs from that in the fit.
        """
        spikes = same_neurons(recording, self.weights_).binned(self.bin_width)
        fires = np.minimum(spikes.counts, 1)
        rates = np.empty(fires.shape)
        for first in range(0, len(fires), _CHUNK):
            bins = slice(first, first + _CHUNK)
            rates[bins] = np.logaddexp(0, fires[bins] @ self.weights_.T + self.intercepts_)
        return rates

    def _regress(
        self,
        fires: csr_matrix | np.ndarray,
        chosen: Int[np.ndarray, " post"],
        l1: float,
        bar: tqdm,
    ) -> tuple[Float[np.ndarray, "post pre"], Float[np.ndarray, " post"]]:
        """Fit one regression for each of the chosen neurons."""
        n_bins, n = fires.shape
        weights, intercepts = np.zeros((len(chosen), n)), np.zeros(len(chosen))
        for row, post in enumerate(chosen):
            others = np.arange(n) != post
            model = LogisticRegression(
                **_L1,
                C=1 / (l1 * n_bins),
                solver="liblinear",
                intercept_scaling=100.0,  # so the penalty hardly touches the intercept
                tol=1e-5,
                max_iter=1_000,
                random_state=self.seed,
            )
            own = fires[:, [post]]
            model.fit(fires[:, others], _dense(own).ravel())
            weights[row, others] = model.coef_[0]
            intercepts[row] = model.intercept_[0]
            bar.update()
        return weights, intercepts


def _matrix(fires: UInt8[np.ndarray, "time neurons"]) -> csr_matrix | np.ndarray:
    """Cast to floating point; where spikes are rare keep only them, to bound the memory."""
    if fires.mean() < _RARE:
        return csr_matrix(fires, dtype=np.float64)
    return fires.astype(np.float64)


def _dense(matrix: csr_matrix | np.ndarray) -> np.ndarray:
    return np.asarray(matrix.toarray() if isinstance(matrix, csr_matrix) else matrix)


def _loss(
    fires: csr_matrix | np.ndarray,
    chosen: Int[np.ndarray, " post"],
    weights: Float[np.ndarray, "post pre"],
    intercepts: Float[np.ndarray, " post"],
) -> float:
    """Return the negative log likelihood of the chosen neurons, in nats."""
    total = 0.0
    for first in range(0, fires.shape[0], _CHUNK):
        x = _dense(fires[first : first + _CHUNK])
        odds = x @ weights.T + intercepts
        total += float((np.logaddexp(0, odds) - x[:, chosen] * odds).sum())
    return total
