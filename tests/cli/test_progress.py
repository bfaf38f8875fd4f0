"""Progress is for people at a terminal: nothing of it is in a pipe."""

import contextlib
import os
import subprocess
import sys

import pytest

pty = pytest.importorskip("pty")

COMMANDS = [
    (["verify", "core", "workload=tiny"], "Verifying: core"),
    (["fit", "model=t2v-1.3b", "--vram", "8", "workload=tiny"], "Fitting: size"),
]


def started(arguments, stderr):
    return subprocess.Popen(
        [sys.executable, "-m", "wanmeter", *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | {"TERM": "xterm", "COLUMNS": "120"},
    )


def on_terminal(arguments):
    """What a command shows on a terminal's standard error, and what it writes."""
    ours, its = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as terminal, started(arguments, its) as command:
        os.close(its)
        shown = b""
        with contextlib.suppress(OSError):  # the end, on Linux
            while read := terminal.read(4096):
                shown += read
        return shown.decode(), command.stdout.read()


@pytest.mark.parametrize(("arguments", "said"), COMMANDS)
def test_a_terminal_alone_is_told_what_is_done(arguments, said, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # colours in a log do not make it a terminal
    shown, written = on_terminal(arguments)
    assert said in shown
    with started(arguments, subprocess.PIPE) as command:
        in_pipe, told = command.communicate()
    assert told == b""
    assert written.splitlines()[0] == in_pipe.splitlines()[0]
