"""Which of two models unseen spikes prefer, and how surely."""

from collections.abc import Iterator

import numpy as np

from circuitlib.methods.single_index.errors import Advantage
from circuitlib.methods.single_index.single_index import SingleIndex
from circuitlib.recordings.spike_trains import Recording
from circuitlib.recordings.spikes import Spikes


def advantage(
    first: SingleIndex, second: SingleIndex, recording: Recording, n_blocks: int = 20
) -> Advantage:
    """Compare two fitted models on spikes that neither saw.

    Neighbouring bins are not independent, so the error comes from the scatter over blocks of time,
    which are longer than the traces. A structure of the weights, such as a ring, or symmetry, is
    supported where the model that has it predicts better than the free one by some errors.

    Parameters
    ----------
    first, second
        Fitted models, with the same bins.
    recording
        Spikes of the same neurons.
    n_blocks
        Blocks of time, of equal length.

    Returns
    -------
    Advantage
        Of the first model over the second.

    Raises
    ------
    ValueError
        If the models have other bins, there are less than two blocks, or the recording is too
        short for so many.
    """
    if first.bin_width != second.bin_width:
        raise ValueError(
            f"the models predict bins of {first.bin_width:g} s and of {second.bin_width:g} s, "
            "which cannot be compared"
        )
    if n_blocks < 2:
        raise ValueError(f"`n_blocks` must be at least 2, got {n_blocks}")
    differences, spikes = np.array(
        [
            (n_spikes * (second.loss(block) - first.loss(block)), n_spikes)
            for block, n_spikes in _blocks(recording, n_blocks)
        ]
    ).T
    mean = differences.sum() / spikes.sum()
    spread = np.std(differences - mean * spikes, ddof=1)
    return Advantage(float(mean), float(np.sqrt(n_blocks) * spread / spikes.sum()))


def _blocks(recording: Recording, number: int) -> Iterator[tuple[Recording, float]]:
    """Yield blocks of a recording, with the number of their spikes."""
    for block in range(number):
        part: Recording
        if isinstance(recording, Spikes):
            n_bins = recording.n_bins // number
            part = recording.window(block * n_bins, n_bins)
        else:
            length = recording.duration / number
            part = recording.between(block * length, (block + 1) * length)
        yield part, float(part.rates.sum() * part.duration)
