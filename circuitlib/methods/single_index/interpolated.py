"""The paper's hidden nodes, whose traces lie between those of their observed neighbours."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int

from circuitlib.recordings.events import Events


@dataclass(frozen=True, eq=False)
class InterpolatedNodes:
    """Hidden nodes with traces that are interpolated linearly along a ring.

    Nothing that observed traces do not say is added, so that a model which is linear in the traces
    gains no more than other weights between observed neurons.

    Parameters
    ----------
    shares
        How much of the trace of each observed neuron a node has, shape ``(observed, hidden)``.

    References
    ----------
    Yoon (2025), arXiv:2509.17174, section 4.4.
    """

    shares: Float32[np.ndarray, "observed hidden"]

    @classmethod
    def on(cls, angles: Float[np.ndarray, " nodes"], number: int) -> "InterpolatedNodes":
        """Put nodes between their two neighbours on a ring.

        Parameters
        ----------
        angles
            Angles of all nodes in radians, shape ``(nodes,)``, hidden ones last.
        number
            Number of hidden nodes.
        """
        observed, hidden = np.split(angles, [len(angles) - number])
        shares = [
            np.interp(hidden, observed, one, period=2 * np.pi) for one in np.eye(len(observed))
        ]
        return cls(np.array(shares, dtype=np.float32))

    @property
    def number(self) -> int:
        """Number of hidden nodes."""
        return int(self.shares.shape[1])

    def traces(self, events: Events, decay: float) -> "InterpolatedNodes":
        """Return what gives the traces in a recording: the nodes, for observed traces suffice."""
        del events, decay
        return self

    def at(
        self, bins: Int[np.ndarray, " at"], observed: Float32[np.ndarray, "at observed"]
    ) -> Float32[np.ndarray, "at hidden"]:
        """Return the traces at some bins, given those of the observed neurons."""
        del bins
        return np.asarray(observed @ self.shares)
