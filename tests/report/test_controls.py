"""Each control keeps what it says, and the right ones are chosen."""

from dataclasses import replace

import numpy as np
import pytest

from circuitlib.head_direction.controls import simulate_stand_in
from circuitlib.head_direction.tuning import tuning_curves, wrap
from circuitlib.methods.single_index.held_link import weights_with_link_of
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.recordings.angle import Angle
from circuitlib.recordings.spike_trains import SpikeTrains
from circuitlib.recordings.spikes import Spikes
from circuitlib.report.controls import controls_of, draw, estimate, window

CELLS = simulate_stand_in(0, duration=200.0, n_neurons=5).spikes


def as_times(spikes):
    """Return the same spikes at random times in their bins, in two runs."""
    rng = np.random.default_rng(0)
    trains = []
    for train in spikes.counts.T:
        bins = np.repeat(np.arange(spikes.n_bins), train)
        trains.append(np.sort((bins + rng.random(len(bins))) * spikes.dt))
    return SpikeTrains(
        np.concatenate(trains),
        np.cumsum([0] + [len(train) for train in trains]),
        spikes.duration,
        run_starts=[0.0, 77.777],
        units=["a", "b", "c", "d", "e"],
        angle=Angle(spikes.angle, spikes.dt),
    )


def test_an_angle_asks_for_cells_that_follow_it():
    assert controls_of(CELLS) == ("uncoupled", "jittered")
    assert controls_of(Spikes(CELLS.counts, CELLS.dt)) == ("shifted", "jittered")


@pytest.mark.parametrize("cells", [CELLS, as_times(CELLS)], ids=["counts", "times"])
def test_uncoupled_cells_have_the_tuning_the_runs_and_the_names(cells):
    control = draw("uncoupled", cells, 0.01, seed=1)
    assert type(control) is type(cells)
    assert control.duration == cells.duration
    assert control.units == cells.units
    np.testing.assert_allclose(control.rates, cells.rates, rtol=0.15)
    if isinstance(cells, SpikeTrains):
        np.testing.assert_array_equal(control.run_starts, cells.run_starts)
    old, new = (
        tuning_curves(each, wrap(each.angle)).rates
        for each in (cells.binned(0.01), control.binned(0.01))
    )
    known = np.isfinite(old) & np.isfinite(new)
    assert np.corrcoef(old[known], new[known])[0, 1] > 0.9


def test_twins_lose_their_synchrony_in_each_control():
    twins = Spikes(CELLS.counts[:, [0, 0]], CELLS.dt, angle=CELLS.angle)
    for name in ("uncoupled", "shifted", "jittered"):
        control = draw(name, twins, 0.01, 0)
        assert np.corrcoef(control.counts.T)[0, 1] < 0.7


def test_a_window_holds_two_bins_at_least():
    assert window(as_times(CELLS), 0.01) == pytest.approx(0.05)
    assert window(CELLS, 0.01) == pytest.approx(0.05)
    assert window(CELLS, 1e-3) == pytest.approx(0.02)


def test_cells_with_hardly_a_spike_have_no_uncoupled_control(monkeypatch):
    asked = []

    def silent(recording, seed, **_):
        asked.append(seed)
        counts = recording.spikes.counts * np.array([1, 0, 1, 1, 1], dtype=np.uint8)
        return replace(recording, spikes=replace(recording.spikes, counts=counts))

    monkeypatch.setattr("circuitlib.report.controls.uncoupled_control", silent)
    with pytest.raises(ValueError, match="too few spikes"):
        draw("uncoupled", CELLS, 0.01, 3)
    assert len(set(asked)) > 10


@pytest.mark.filterwarnings("ignore:.*hardly determined:UserWarning")
@pytest.mark.filterwarnings("ignore:the fit ended:UserWarning")
def test_a_jittered_control_is_fitted_with_the_link_of_the_recording():
    cells = Spikes(CELLS.counts, CELLS.dt)
    method = SingleIndex()
    fitted = SingleIndex().fit(cells)
    control = draw("jittered", cells, 0.01, 0)
    held = weights_with_link_of(fitted, control)
    found = estimate("jittered", method, fitted, control)
    np.testing.assert_array_equal(found.weights, held.weights)
    fresh = SingleIndex().fit(draw("shifted", cells, 0.01, 0))
    found = estimate("shifted", method, fitted, draw("shifted", cells, 0.01, 0))
    np.testing.assert_array_equal(found.weights, fresh.weights_)
