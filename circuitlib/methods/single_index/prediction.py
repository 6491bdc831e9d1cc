"""Expected spikes of every bin, from the traces of the bins before it."""

import numpy as np
from jaxtyping import Float

from circuitlib.methods.single_index.model import Model
from circuitlib.methods.sources import Sources

#: Bins that are predicted at once, to bound the memory.
_CHUNK = 16_384


def predict(
    model: Model,
    sources: Sources,
    traces: Float[np.ndarray, "time nodes"],
    angle: Float[np.ndarray, " time"] | None,
) -> Float[np.ndarray, "time neurons"]:
    """Return expected spikes per bin.

    A drive that is larger than nearly all at which spikes were seen counts as the largest of these.

    Parameters
    ----------
    model
        The model.
    sources
        How traces and angle make up the drives.
    traces
        Of recorded neurons, and of hidden ones after them.
    angle
        Radians in each bin, if the sources use it.
    """
    rates = np.empty((len(traces), len(model.weights)))
    for first in range(0, len(traces), _CHUNK):
        bins = slice(first, first + _CHUNK)
        drive = model.drive(sources.of(traces[bins], None if angle is None else angle[bins]))
        rates[bins] = np.exp(model.link(np.minimum(drive, model.link.high))[0])
    return rates
