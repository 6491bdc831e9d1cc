"""The decoded angle is that which the cells follow, and a control that follows it has no more."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in, uncoupled_control
from circuitlib.head_direction.decoding import decoded_angle
from circuitlib.head_direction.excitability import tuned_counts
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import wrap
from circuitlib.recordings.spikes import Spikes

STAND_IN = simulate_stand_in(seed=1, duration=300.0)


def apart(one, other):
    return np.abs(np.angle(np.exp(1j * (one - other))))


def test_the_angle_is_told_by_the_spikes():
    assert np.median(apart(decoded_angle(STAND_IN), STAND_IN.angle)) < np.deg2rad(10)
    with pytest.raises(ValueError, match="`width` in seconds"):
        decoded_angle(STAND_IN, 0.0)


def test_an_angle_that_the_cells_follow_is_found_where_the_measured_one_is_off():
    slow = 0.6 * np.sin(2 * np.pi * np.arange(STAND_IN.spikes.n_bins) / 700)
    internal = replace(STAND_IN, angle=wrap(STAND_IN.angle + slow))
    counts = np.random.default_rng(0).poisson(tuned_counts(STAND_IN, tuned_as=STAND_IN))
    cells = Spikes(counts.astype(np.uint8), 0.01)
    # The spikes follow the stand-in's angle, and the angle that comes with them is another one.
    recording = HeadDirectionRecording(cells, internal.angle, "off")
    found = decoded_angle(recording)
    off = np.median(apart(recording.angle, STAND_IN.angle))
    assert np.median(apart(found, STAND_IN.angle)) < 0.6 * off
    control = uncoupled_control(recording, internal=50e-3)
    np.testing.assert_array_equal(control.angle, recording.angle)
    again = decoded_angle(control)
    assert np.median(apart(again, STAND_IN.angle)) < 0.7 * off


def test_no_spike_of_another_run_is_read():
    counts = STAND_IN.spikes.counts[:2000].copy()
    both = Spikes(counts, 0.01, [0, 1000])
    other = counts.copy()
    other[:1000] = 0
    first, second = (
        decoded_angle(HeadDirectionRecording(spikes, STAND_IN.angle[:2000], "test"))
        for spikes in (both, Spikes(other, 0.01, [0, 1000]))
    )
    # The tuning curves are those of fewer spikes, but a bin near the border reads no others.
    far = apart(first[1100:], second[1100:])
    near = apart(first[1000:1010], second[1000:1010])
    assert near.max() <= max(far.max(), np.deg2rad(5))
