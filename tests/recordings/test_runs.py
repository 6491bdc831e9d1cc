"""Windows of history lie within the runs of a recording."""

import numpy as np

from circuitlib.recordings.spikes import Spikes

STARTS, N_BINS, WINDOW = np.array([0, 400, 1000]), 1500, 24
START_OF_RUN = np.repeat(STARTS, [400, 600, 500])


def test_whole_windows_are_those_that_no_gap_cuts():
    whole = Spikes(np.zeros((N_BINS, 2), dtype=np.uint8), 1e-3, STARTS).runs.after(WINDOW)
    expected = np.flatnonzero(np.arange(N_BINS) - START_OF_RUN >= WINDOW)
    np.testing.assert_array_equal(whole[np.arange(whole.n_bins)], expected)
