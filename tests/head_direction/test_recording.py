"""Angle and spikes of a recording stay together, and an angle that does not fit is refused."""

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.recordings.spikes import Spikes

STAND_IN = simulate_stand_in(seed=1, duration=400.0)


def test_split_and_select_keep_angle_and_spikes_together():
    spikes = Spikes(STAND_IN.spikes.counts, 0.01, np.array([0, 10_000, 35_000]))
    recording = HeadDirectionRecording(spikes, STAND_IN.angle, "test")
    first, rest = recording.split(0.8)
    np.testing.assert_array_equal(np.concatenate([first.angle, rest.angle]), STAND_IN.angle)
    np.testing.assert_array_equal(rest.spikes.starts, [0, 3_000])
    np.testing.assert_array_equal(rest.spikes.counts, spikes.counts[32_000:])
    chosen = recording.select(np.array([4, 2]))
    np.testing.assert_array_equal(chosen.spikes.counts, spikes.counts[:, [4, 2]])
    assert rest.source == chosen.source == "test"


@pytest.mark.parametrize(
    ("angle", "message"),
    [
        (STAND_IN.angle[1:], r"`angle` must have shape \(40000,\)"),
        (STAND_IN.angle - 0.1, r"radians in \[0, 2 pi\)"),
        (np.full(40_000, np.nan), "`angle` holds NaN"),
    ],
)
def test_an_angle_that_does_not_fit_is_refused(angle, message):
    with pytest.raises(ValueError, match=message):
        HeadDirectionRecording(STAND_IN.spikes, angle, "test")
