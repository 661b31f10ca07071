"""What a command does when its streams are closed, full, or nobody reads them, as processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Processes


def test_a_reader_that_has_gone_ends_the_command_quietly(processes: Processes) -> None:
    """`headrace job list | head -1`: no traceback, the code of SIGPIPE."""
    read, write = os.pipe()
    os.close(read)
    result = processes.run("config", stdout=write)
    os.close(write)
    assert (result.code, result.err) == (141, "")


def test_a_full_disk_is_told(processes: Processes) -> None:
    """Output that could not be written is an error, not a success."""
    with Path("/dev/full").open("w") as full:
        result = processes.run("config", stdout=full)
    assert (result.code, result.err) == (5, "headrace: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("closed", [(0,), (0, 1, 2)])
def test_closed_streams_do_no_harm(processes: Processes, dsn: str, closed: tuple[int, ...]) -> None:
    """A command whose parent closed its streams works: no socket takes the number of one of them."""

    def close() -> None:
        for number in closed:
            os.close(number)

    result = processes.run("job", "list", "--json", "--database-url", dsn, preexec_fn=close)
    assert result.code == 0, result.err
    assert result.err == ""
