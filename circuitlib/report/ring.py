"""Whether a recording supports a ring: what unseen spikes say, in the recording and in a control.

A ring has far fewer parameters than free weights, so that unseen spikes may prefer it where there
is no connection at all: in a control they do. So two more things are asked of it: that it predicts
more than a model without connections does, and that it does so by more than in a control, whose
common input it can describe as well.
"""

import warnings
from typing import NamedTuple

from circuitlib.methods.catalogue import make
from circuitlib.methods.settings import changed
from circuitlib.methods.single_index.errors import Advantage
from circuitlib.recordings.spike_trains import Recording
from circuitlib.report.prediction import Gain, Scored, own_history, scored

#: Errors by which one thing must be larger than another.
_SURELY = 2.0


class RingFit(NamedTuple):
    """A ring that was fitted to a recording.

    Parameters
    ----------
    advantage
        Over free weights, on spikes that neither saw, in nats per spike.
    ring, without
        Scores of the last part of the recording: of the ring, and of a model without connections.
    is_ring
        Whether unseen spikes prefer the ring; if not, the score is that of free weights.
    """

    advantage: Advantage
    ring: Scored
    without: Scored
    is_ring: bool

    @property
    def gain(self) -> Gain:
        """By how much the ring predicts better than a model without connections."""
        return self.ring.over(self.without)


class RingVerdict(NamedTuple):
    """What speaks for a ring and against it.

    Parameters
    ----------
    recording, control
        The ring in the recording, and in one draw of a control.
    more
        How much more the ring predicts in the recording than in the control.
    control_name
        Which control it is.
    """

    recording: RingFit
    control: RingFit
    more: Gain
    control_name: str

    @property
    def beats_free(self) -> bool:
        """Whether unseen spikes prefer the ring to free weights."""
        return self.recording.advantage.nats_per_spike > _SURELY * self.recording.advantage.error

    @property
    def beats_nothing(self) -> bool:
        """Whether it predicts better than a model without connections."""
        return self.recording.gain.bits > _SURELY * self.recording.gain.error

    @property
    def beats_control(self) -> bool:
        """Whether it does so by more than in the control."""
        return self.more.bits > _SURELY * self.more.error

    @property
    def supported(self) -> bool:
        """Whether the recording supports the ring."""
        return self.beats_free and self.beats_nothing and self.beats_control


def fit_ring(
    recording: Recording,
    train_fraction: float,
    bin_width: float,
    tau: float,
    angle: str | None,
    seed: int,
) -> RingFit:
    """Fit a ring to the first part of a recording, and score it on the last.

    Parameters
    ----------
    recording
        All of it.
    train_fraction
        The part that is fitted.
    bin_width, tau, angle, seed
        Settings of the fit.

    Raises
    ------
    ValueError
        If the recording has too few neurons or spikes for it.
    """
    train, test = recording.split(train_fraction)
    asked = {"bin_width": bin_width, "tau": tau, "angle": angle}
    ring = changed(make("gnn-ring", seed=seed), asked)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the page says it
        ring.fit(train)
    unseen = test.binned(bin_width)
    without = own_history(train.binned(bin_width), unseen, tau, angle is not None)
    return RingFit(
        ring.advantage_,
        scored(unseen, ring.rates(test)),
        scored(unseen, without),
        ring.structure_ is not None,
    )


def judge_ring(recording: RingFit, control: RingFit, control_name: str) -> RingVerdict:
    """Compare a ring in a recording with one in a control, block of time by block of time.

    Raises
    ------
    ValueError
        If other neurons fire in the last part of the control.
    """
    gains = [(each.ring.bits - each.without.bits).mean(axis=1) for each in (recording, control)]
    return RingVerdict(recording, control, Gain.of(gains[0] - gains[1]), control_name)
