"""Numbers of hidden nodes are tried in rounds, and no longer than they promise anything."""

from types import SimpleNamespace

import numpy as np
import pytest

from circuitlib.methods.single_index import rounds
from circuitlib.methods.single_index.link import straight
from circuitlib.methods.single_index.model import Model
from circuitlib.methods.single_index.ring import Ring
from circuitlib.methods.single_index.rounds import Judged, choose_hidden, numbers_of

N = 60
RING = Ring(np.linspace(0, 2 * np.pi, N, endpoint=False), np.ones(4), np.zeros(4))


@pytest.fixture
def search(monkeypatch):
    """Return a function that searches where each number of nodes has some loss."""
    rng = np.random.default_rng(0)
    model = Model(rng.normal(size=(N, N)), np.zeros(N), straight(0.0))
    monkeypatch.setattr(rounds, "settle", lambda *_: model)
    fitted = []

    def round_of(_, fit, *__):
        fitted.append(fit.structure)
        return fit

    monkeypatch.setattr(rounds, "fit_round", round_of)

    def searched(loss_of):
        def judge(_, fit):
            return Judged(fit, np.array([loss_of(fit.structure.n_hidden, len(fitted))]))

        monkeypatch.setattr(rounds, "judged", judge)
        part = SimpleNamespace(n_spikes=np.array([1000]))
        numbers = numbers_of("auto", N)
        return choose_hidden(lambda _: part, lambda _: part, model, RING, False, numbers), fitted

    return searched


def test_the_search_ends_two_numbers_beyond_the_best(search):
    tried, _ = search(lambda number, _: abs(number - 20.0))
    assert list(tried) == [0, 5, 10, 20, 30, 40]
    assert [each.loss for each in tried.values()] == [20, 15, 10, 0, 10, 20]


def test_few_nodes_that_are_worse_than_none_do_not_end_it(search):
    tried, _ = search(lambda number, _: 0.0 if number in (0, 50) else 1.0)
    assert list(tried) == [0, 5, 10, 20, 30, 40, 50]


def test_rounds_go_on_while_they_are_worth_it_and_divide_the_gaps_anew(search):
    # Each round is better by a nat, which is a thousandth of a nat per spike.
    _, all_better = search(lambda _, n_rounds: -float(n_rounds))
    assert len(all_better) == 6 * 7  # two starts, one of which goes on for five rounds
    for ring in all_better:
        again = ring.with_hidden(ring.n_hidden)
        np.testing.assert_allclose(np.sort(ring.angles), np.sort(again.angles))
