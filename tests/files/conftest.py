"""One recording of spikes at 30 kHz, as different laboratories keep it."""

import warnings
from datetime import UTC, datetime

import numpy as np
import pytest

RATE = 30_000
DURATION = 20.0


@pytest.fixture(scope="session")
def samples():
    """Numbers of the samples with spikes, of each of eight units all around a ring."""
    from circuitlib.simulation.networks import RingNetwork
    from circuitlib.simulation.simulator import simulate

    ring = simulate(RingNetwork(n_neurons=40, strength=0.025), DURATION, seed=0).select(
        range(0, 40, 5)
    )
    return [np.round(ring[neuron] * RATE).astype(np.int64) for neuron in range(8)]


@pytest.fixture(scope="session")
def write_csv(samples):
    def write(path, *, scale=1.0, delimiter=",", order=("unit", "time")):
        rows = [(unit, float(k / RATE * scale)) for unit, own in enumerate(samples) for k in own]
        np.random.default_rng(0).shuffle(rows)
        lines = [delimiter.join(order)]
        for unit, time in rows:
            named = {"unit": str(unit), "time": repr(time)}
            lines.append(delimiter.join(named.get(column, "x") for column in order))
        path.write_text("\n".join(lines) + "\n")
        return path

    return write


@pytest.fixture(scope="session")
def write_phy(samples):
    def write(path, *, groups=None, raw=True, params=f"sample_rate = {RATE}.", column="group"):
        path.mkdir()
        clusters = np.repeat(np.arange(8), [len(own) for own in samples])
        flat = np.concatenate(samples)
        order = np.argsort(flat, kind="stable")
        np.save(path / "spike_times.npy", flat[order, None])
        np.save(path / "spike_clusters.npy", clusters[order].astype(np.int32))
        text = "import os\ndat_path = 'raw.dat'\nn_channels_dat = 2\ndtype = 'int16'\noffset = 0\n"
        (path / "params.py").write_text(f"{text}{params}\nhp_filtered = os.sep == '/'\n")
        if raw:
            with (path / "raw.dat").open("wb") as stream:
                stream.truncate(int(DURATION * RATE) * 2 * 2)
        if groups is not None:
            rows = [f"{unit}\t{group}" for unit, group in enumerate(groups)]
            (path / f"cluster_{column}.tsv").write_text(
                "\n".join([f"cluster_id\t{column}", *rows]) + "\n"
            )
        return path

    return write


@pytest.fixture(scope="session")
def write_nwb(samples):
    """Write a session laid out as DANDI:000056 is, on a clock that does not start at zero."""
    pynwb = pytest.importorskip("pynwb")

    def write(path, *, begin=1.4e9, lost=(), invalid=None, tags=True, second=False, times=True):
        nwb = pynwb.NWBFile(
            session_description="test",
            identifier="id",
            session_start_time=datetime(2012, 8, 6, tzinfo=UTC),
        )
        probe = nwb.create_device(name="probe")
        shanks = [
            nwb.create_electrode_group(
                name=f"shank{k}", description="shank", location=area, device=probe
            )
            for k, area in enumerate(("ADn", "CA1"))
        ]
        for shank in shanks:
            for _ in range(2):
                nwb.add_electrode(location=shank.location, group=shank)
        nwb.add_unit_column(name="quality", description="of the sorting")
        end = begin + DURATION
        for unit, own in enumerate(samples):
            spans = [[begin, end - 5.0]] if unit in lost else [[begin, end]]
            spikes = {"spike_times": begin + own / RATE, "obs_intervals": spans} if times else {}
            nwb.add_unit(
                electrodes=[0, 1] if unit < 6 else [2, 3],
                quality="good" if unit % 2 == 0 else "fair",
                **spikes,
            )
        half = begin + DURATION / 2
        for start, stop, tag in ((begin, half, "wake"), (half, end, "sleep")):
            nwb.add_epoch(start, stop, **({"tags": [tag]} if tags else {}))
        if invalid is not None:
            nwb.add_invalid_time_interval(begin + invalid[0], begin + invalid[1])
        if second:
            table = pynwb.misc.Units(name="other_sorter", description="another sorting")
            table.add_unit(spike_times=begin + samples[0] / RATE)
            nwb.create_processing_module("ecephys", "sorted again").add(table)
        tracked = np.linspace(begin, end, 400)
        series = pynwb.behavior.SpatialSeries(
            name="head_direction",
            data=np.mod(tracked, 2 * np.pi),
            reference_frame="arena",
            timestamps=tracked,
            unit="radians",
        )
        behaviour = nwb.create_processing_module("behavior", "tracking")
        behaviour.add(pynwb.behavior.CompassDirection(spatial_series=series))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with pynwb.NWBHDF5IO(path, "w") as io:
                io.write(nwb)
        return path

    return write
