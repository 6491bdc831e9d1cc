"""The stand-in is like the recording, and each control destroys what it should and no more."""

import numpy as np
import pytest

from circuitlib.head_direction.controls import shuffle_control, simulate_stand_in, uncoupled_control
from circuitlib.head_direction.recording import HeadDirectionRecording
from circuitlib.head_direction.tuning import hd_score, preferred_directions, resultant
from circuitlib.recordings.spikes import Spikes

STAND_IN = simulate_stand_in(seed=1, duration=400.0)


def test_the_stand_in_depends_on_its_seed_only_and_says_what_it_is():
    again, other = simulate_stand_in(1, 400.0), simulate_stand_in(2, 400.0)
    np.testing.assert_array_equal(again.spikes.counts, STAND_IN.spikes.counts)
    assert (other.angle != STAND_IN.angle).any()
    assert STAND_IN.is_stand_in
    assert "simulated" in STAND_IN.source
    with pytest.raises(ValueError, match="`duration`"):
        simulate_stand_in(duration=0.0)
    with pytest.raises(ValueError, match="`n_neurons`"):
        simulate_stand_in(n_neurons=0)


def test_the_stand_in_is_like_the_recording():
    recording = simulate_stand_in()
    curves = recording.tuning_curves()
    assert hd_score(recording.spikes, recording.angle, n_shuffles=100).is_hd.all()
    assert np.median(np.abs(resultant(curves))) == pytest.approx(0.76, abs=0.1)
    assert np.median(curves.rates.max(axis=0)) == pytest.approx(13, abs=4)
    turn = np.angle(np.exp(1j * np.diff(recording.angle))) / recording.spikes.dt
    assert turn.std() == pytest.approx(2.0, rel=0.05)
    assert np.corrcoef(turn[:-10], turn[10:])[0, 1] == pytest.approx(np.exp(-1), abs=0.05)


def test_the_uncoupled_control_keeps_tuning_and_has_no_noise_correlation():
    gaps = Spikes(STAND_IN.spikes.counts, 0.01, np.array([0, 10_000]))
    recording = HeadDirectionRecording(gaps, STAND_IN.angle, "test", "hash")
    control = uncoupled_control(recording, seed=0)
    np.testing.assert_array_equal(control.angle, recording.angle)
    np.testing.assert_array_equal(control.spikes.starts, [0, 10_000])
    assert control.sha256 is None
    old, new = recording.tuning_curves(), control.tuning_curves()
    error = np.angle(np.exp(1j * (preferred_directions(new) - preferred_directions(old))))
    assert np.abs(error).max() < 0.15
    assert control.spikes.n_spikes == pytest.approx(recording.spikes.n_spikes, rel=0.03)
    # What the angle does not explain is independent between cells, unlike in coupled ones.
    expected = np.stack(
        [np.interp(recording.angle, old.angles, c, period=2 * np.pi) for c in old.rates.T], axis=1
    )
    residual = np.corrcoef((control.spikes.counts - 0.01 * expected).T)
    assert np.abs(residual[~np.eye(19, dtype=bool)]).max() < 5 / np.sqrt(40_000)


def test_the_uncoupled_control_of_synchronous_cells_is_not_synchronous():
    twins = HeadDirectionRecording(
        Spikes(STAND_IN.spikes.counts[:, [0, 0]], 0.01), STAND_IN.angle, "twins"
    )
    control = uncoupled_control(twins)
    assert np.corrcoef(twins.spikes.counts.T)[0, 1] == pytest.approx(1)
    assert np.corrcoef(control.spikes.counts.T)[0, 1] < 0.5


def test_the_shuffle_keeps_every_train_and_destroys_tuning_and_correlation():
    control = shuffle_control(STAND_IN, seed=0)
    n_bins = STAND_IN.spikes.n_bins
    shifts = []
    for old, new in zip(STAND_IN.spikes.counts.T, control.spikes.counts.T, strict=True):
        overlap = np.fft.ifft(np.fft.fft(new) * np.conj(np.fft.fft(old))).real
        shifts.append(int(overlap.argmax()))
        np.testing.assert_array_equal(np.roll(old, shifts[-1]), new)
    apart = np.diff(np.sort([0, *shifts, n_bins]))
    assert apart.min() >= n_bins / 20 / 2 - 1
    score = np.abs(resultant(control.tuning_curves()))
    assert np.median(score) < 0.3 * np.median(np.abs(resultant(STAND_IN.tuning_curves())))
    short = HeadDirectionRecording(STAND_IN.spikes.window(0, 40), STAND_IN.angle[:40], "short")
    with pytest.raises(ValueError, match="too short"):
        shuffle_control(short)


class TestTheRealSession:
    pytestmark = pytest.mark.data

    def test_the_shuffle_leaves_no_head_direction_cell(self, mouse):
        control = shuffle_control(mouse)
        assert hd_score(control.spikes, control.angle).is_hd.sum() <= 2
