"""What a trained model says: rates, weights as changes of them, and its loss on other spikes."""

import warnings

import numpy as np
import torch
from jaxtyping import Float, Int

from circuitlib.methods.gnn.batches import Batches, event_loss
from circuitlib.methods.gnn.recent_history import recent_history
from circuitlib.methods.gnn.spike_module import SpikeModel
from circuitlib.recordings.events import Events

#: Spikes and bins at which the validation loss is evaluated, at most.
_N_VALIDATION = (8192, 1024)
#: Bins that are predicted at once, to bound the memory.
_CHUNK = 1024
#: Numbers in the messages of these bins at most, where each pair has its own.
_N_MESSAGES = 2**22


def predict(
    model: SpikeModel, events: Events, basis: np.ndarray, bins: Int[np.ndarray, " batch"]
) -> np.ndarray:
    """Return the log of the expected counts in the given bins, shape ``(batch, neurons)``."""
    log_rates = np.empty((len(bins), events.n_neurons), dtype=np.float32)
    with torch.no_grad():
        weights = model.structure()
        n_at_once = _at_once(model)
        for first in range(0, len(bins), n_at_once):
            chunk = slice(first, first + n_at_once)
            recent = torch.from_numpy(recent_history(events, bins[chunk], basis))
            log_rates[chunk] = model(recent.to(weights.device), weights).cpu().numpy()
    return log_rates


def _at_once(model: SpikeModel) -> int:
    """Return how many bins to predict at once."""
    n_neurons = len(model.log_mean)
    per_bin = n_neurons * model.conv.send.out_features
    if model.conv.receive is not None:
        per_bin *= n_neurons
    return max(min(_CHUNK, _N_MESSAGES // per_bin), 1)


def effective_weights(
    model: SpikeModel, batches: Batches, lag: int, n_bins: int = 256
) -> Float[np.ndarray, "post pre"]:
    """Express the weights of a model as changes of the log rate.

    The sign and unit of w are free, because a message may be negative or large. One common factor,
    fitted by least squares to the effect of one more presynaptic spike, fixes both.

    Parameters
    ----------
    model
        The model.
    batches
        A recording, in which the spike is added.
    lag
        Bins between the spike and the predicted bin.
    n_bins
        Bins over which the effect is averaged.
    """
    sample = batches.evenly(1, n_bins)
    device = model.log_mean.device
    spike = torch.from_numpy(batches.basis[lag])
    with torch.no_grad():
        weights = model.structure().cpu().numpy().astype(np.float64)
        changes = model.effect(sample.at_bins.to(device), spike.to(device))
    effect = changes.cpu().numpy().astype(np.float64)
    np.fill_diagonal(effect, 0)
    power = (weights**2).sum()
    return np.asarray(weights * ((effect * weights).sum() / power if power > 0 else 0.0))


def validation_loss(model: SpikeModel, validation: Batches) -> float:
    """Return the loss of a model on evenly spread spikes and bins of a recording."""
    sample = validation.evenly(*_N_VALIDATION)
    device = model.log_mean.device
    with torch.no_grad():
        weights = model.structure()
        at_spikes = [
            model.at_spikes(x.to(device), i.to(device), weights)
            for x, i in zip(
                torch.split(sample.at_spikes, _CHUNK), torch.split(sample.post, _CHUNK), strict=True
            )
        ]
        log_rates = torch.cat(
            [model(x.to(device), weights) for x in torch.split(sample.at_bins, _at_once(model))]
        )
        return event_loss(torch.cat(at_spikes), log_rates, validation.mean_count).item()


def warn_if_useless(model: SpikeModel, validation: Batches) -> None:
    """Warn if a model predicts worse than the neurons' mean rates: it then knows no weights."""
    post = validation.evenly(_N_VALIDATION[0], 1).post
    constant = model.log_mean.cpu()
    excess = validation_loss(model, validation) - event_loss(
        constant[post], constant, validation.mean_count
    )
    if excess > 0:
        warnings.warn(
            "on the part of the recording kept for validation, the fitted model predicts spikes "
            f"worse than the mean rates do (by {excess:.2g} nats per spike); its weights say "
            "little or nothing about the circuit. Give a longer recording",
            stacklevel=3,
        )
