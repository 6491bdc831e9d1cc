"""What a simulation will take: memory from its spikes, time from its first piece."""

from circuitlib._npz import machine_memory

#: Mean rate (Hz) to which the networks are tuned.
_RATE = 62.0
#: Bytes for a spike while spikes are put in order, and for a weight while weights are made.
_BYTES_PER_SPIKE, _BYTES_PER_WEIGHT = 60, 32
#: Seconds, minutes, hours and days, with the seconds from which on each is used.
_UNITS = ((2 * 86400.0, 86400.0, "days"), (7200.0, 3600.0, "hours"), (120.0, 60.0, "minutes"))


def memory_for_spikes(n_neurons: int, duration: float) -> float:
    """Return the bytes that a simulation of so many neurons and seconds needs."""
    return _RATE * n_neurons * duration * _BYTES_PER_SPIKE + n_neurons**2 * _BYTES_PER_WEIGHT


def memory_for_counts(n_neurons: int, n_bins: float) -> float:
    """Return the bytes that the counts of a simulation need, one for a bin and neuron."""
    return n_bins * n_neurons + n_neurons**2 * _BYTES_PER_WEIGHT


def check_memory(needed: float, what: str, advice: str) -> None:
    """Refuse what cannot fit into the memory of the machine, before time is spent on it.

    Parameters
    ----------
    needed
        Bytes.
    what, advice
        What needs them, and what to do instead.

    Raises
    ------
    ValueError
        If the machine has less.
    """
    memory = machine_memory()
    if needed > memory:
        raise ValueError(
            f"{what} need {needed / 1e9:.3g} GB, but the machine has {memory / 1e9:.3g} GB; "
            f"{advice}"
        )


def in_bytes(size: float) -> str:
    """Say how large something is, rounded.

    Examples
    --------
    >>> in_bytes(10.0), in_bytes(2.34e8), in_bytes(7.44e9)
    ('1 MB', '234 MB', '7.4 GB')
    """
    return f"{size / 1e9:.2g} GB" if size >= 1e9 else f"{max(size / 1e6, 1):.0f} MB"


def in_words(seconds: float) -> str:
    """Say how long something takes, rounded.

    Examples
    --------
    >>> in_words(0.2), in_words(71.0), in_words(230.0), in_words(9000.0), in_words(1e6)
    ('1 second', '71 seconds', '4 minutes', '2.5 hours', '12 days')
    """
    for least, unit, name in _UNITS:
        if seconds >= least:
            number = seconds / unit
            rounded = f"{number:.0f}" if number >= 10 or name == "minutes" else f"{number:.2g}"
            return f"{rounded} {name}"
    whole = max(round(seconds), 1)
    return f"{whole} second{'s' * (whole > 1)}"
