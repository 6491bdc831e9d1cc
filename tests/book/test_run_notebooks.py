"""The tool that runs the notebooks as a reader does."""

import asyncio
import importlib
import sys
from pathlib import Path
from queue import Empty

import pytest
from jupyter_client.channels import AsyncZMQSocketChannel

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "book" / "_tools"))
run_notebooks = importlib.import_module("run_notebooks")


def waits_of(monkeypatch, n_empty):
    """Let a channel find its message at the end of a wait only, after so many empty ones."""
    waits = []

    async def get_msg(channel, timeout=None):
        waits.append(timeout)
        if len(waits) <= n_empty:
            raise Empty
        return {"msg_type": "execute_reply"}

    monkeypatch.setattr(AsyncZMQSocketChannel, "get_msg", get_msg)
    return waits


@pytest.mark.parametrize("timeout", [900.0, None])
def test_an_answer_is_found_although_its_wake_up_was_lost(monkeypatch, timeout):
    waits = waits_of(monkeypatch, n_empty=2)
    channel = object.__new__(run_notebooks.PatientChannel)
    answer = asyncio.run(channel.get_msg(timeout))
    assert answer == {"msg_type": "execute_reply"}
    assert waits == [run_notebooks.LOOK_EVERY] * 3


def test_a_kernel_without_an_answer_is_given_up_at_the_time_limit(monkeypatch):
    waits = waits_of(monkeypatch, n_empty=9)
    channel = object.__new__(run_notebooks.PatientChannel)
    with pytest.raises(Empty):
        asyncio.run(channel.get_msg(0.0))
    assert waits == [0.0]
