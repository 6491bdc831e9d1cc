"""What was planted into a recording is pointed out, and nothing in a good one."""

import numpy as np
import pytest

from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.report.quality import judge_quality

RNG = np.random.default_rng(0)


def trains(times, duration=100.0, **options):
    offsets = np.cumsum([0] + [len(each) for each in times])
    return SpikeTrains(np.concatenate(times), offsets, duration, **options)


def independent(n=10, rate=10.0, duration=100.0):
    """Return trains with a refractory period."""
    made = []
    for _ in range(n):
        times = np.cumsum(2e-3 + RNG.exponential(1 / rate - 2e-3, int(3 * rate * duration)))
        made.append(times[times < duration])
    return made


def test_a_good_recording_has_no_remarks():
    quality = judge_quality(trains(independent()))
    assert quality.remarks == []
    assert quality.together[0] == 0
    assert quality.by_part.mean(axis=0) == pytest.approx(quality.rates)
    counts = judge_quality(trains(independent()).binned(0.01))
    assert counts.remarks == []
    assert counts.violations is None


def test_a_fading_unit_drifts():
    times = independent()
    times[3] = times[3][RNG.random(len(times[3])) > times[3] / 110.0]
    quality = judge_quality(trains(times))
    np.testing.assert_array_equal(np.flatnonzero(quality.drifting), [3])
    assert quality.drift[3] < 0.5
    assert "1 unit (3) changed rate" in quality.remarks[0]


def test_a_unit_of_several_neurons_violates_its_refractory_period():
    times = independent()
    times[2] = np.sort(np.concatenate(independent(6, 30.0)))
    quality = judge_quality(trains(times))
    assert quality.violations[2] > 0.05
    assert any("1 unit (2)" in remark for remark in quality.remarks)


@pytest.mark.parametrize("width", [None, 0.01])
def test_an_artefact_in_all_units_is_counted(width):
    at = np.array([11.1115, 40.4045, 77.7])
    recording = trains([np.sort(np.append(each, at)) for each in independent(20)])
    quality = judge_quality(recording if width is None else recording.binned(width))
    assert quality.together[0] == 3
    assert quality.together[2] >= 20
    assert any("artefact" in remark for remark in quality.remarks)


def test_neurons_that_fire_more_together_for_a_while_are_no_artefact():
    state = np.repeat(RNG.random(200) < 0.5, 500)  # 5 s
    counts = RNG.poisson(np.where(state, 0.3, 0.05)[:, None], size=(100_000, 20))
    assert judge_quality(Spikes(counts, 0.01)).together[0] == 0


def test_common_silence_is_told_but_not_a_gap_between_runs():
    times = [each[(each < 40) | (each > 43)] for each in independent()]
    quality = judge_quality(trains(times))
    assert quality.silence[0] == pytest.approx(3, abs=0.1)
    assert any("silent together" in remark for remark in quality.remarks)
    counts = judge_quality(trains(times).binned(0.01))
    assert counts.silence[0] == pytest.approx(3, abs=0.1)
    joined = [np.where(each > 43, each - 3, each) for each in times]
    assert judge_quality(trains(joined, 97.0, run_starts=[0.0, 40.0])).silence[1] == 0


def test_few_spikes_and_one_unit_are_judged_too():
    for recording in (trains([np.array([3.0])]), Spikes(np.eye(12, dtype=np.uint8), 0.01)):
        quality = judge_quality(recording)
        assert len(quality.facts) >= 4
        assert np.isfinite(quality.by_part).all()
