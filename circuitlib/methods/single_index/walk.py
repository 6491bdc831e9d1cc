"""The traces that earlier spikes leave at some bins, without an array of all bins."""

from typing import no_type_check

import numpy as np
from numba import njit


@njit(cache=True)
@no_type_check
def walk(bins, neurons, starts, powers, at, rows, place, traces, out):
    """Fill the rows of `out` with the traces at some bins, which rise, from where the walk stood.

    `powers` are those of the decay in a bin. `place` holds the next spike, the next run and a
    reference bin; `traces` are those of the reference bin if later spikes had fallen before it, so
    that a spike costs one addition.
    """
    spike, run, origin = place
    longest = len(powers) - 1
    for k in range(len(at)):
        while True:
            is_spike = spike < len(bins) and bins[spike] < at[k]
            now = bins[spike] if is_spike else at[k]
            if run < len(starts) and starts[run] <= now:
                while run < len(starts) and starts[run] <= now:
                    run += 1
                traces[:] = 0
                origin = now
            if now - origin > longest:
                for lag in (longest, min(now - origin - longest, longest)):
                    traces *= np.float32(powers[lag])
                origin = now
            if not is_spike:
                break
            traces[neurons[spike]] += 1 / powers[now - origin]
            spike += 1
        factor, row = np.float32(powers[at[k] - origin]), out[rows[k]]
        for j in range(len(traces)):
            value = traces[j] * factor
            row[j] = value if value > np.float32(1e-6) else np.float32(0)  # no subnormal numbers
    place[0], place[1], place[2] = spike, run, origin
