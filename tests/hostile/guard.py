"""Watches for forbidden side effects while an input is read.

Python's audit events show files opened for writing or outside the library's own, processes, sockets and
compiled code. A decoy environment variable shows whether the environment is read.
"""

import builtins
import os
import resource
import signal
import sys
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

import wanmeter

CANARY = "WANMETER_CANARY"
"""An environment variable, and the name of whatever a hostile input would have made or run."""
SECRET = "leaked-by-wanmeter"
"""Its value."""

SECONDS = 10.0
"""Of processor time an input may take; on an idle machine the slowest takes a tenth of it."""
MEBIBYTES = 512
"""By which the process may have grown when an input was read."""

READABLE = tuple(
    str(Path(place).resolve())
    for place in {
        *sysconfig.get_paths().values(),
        sys.prefix,
        sys.base_prefix,
        Path(wanmeter.__file__).parent,
    }
)
FORBIDDEN = (
    "os.system",
    "os.exec",
    "os.posix_spawn",
    "os.fork",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.symlink",
    "os.link",
    "os.chmod",
    "os.chown",
    "os.putenv",
    "subprocess.",
    "socket.",
    "shutil.",
    "ctypes.dlopen",
    "webbrowser.",
    "urllib.",
    "pickle.",
)


def _caches_a_module(place):
    """Whether Python itself writes there: what it compiled of a module that was imported for the first time."""
    return "__pycache__" in place


class Watch:
    """Records forbidden side effects while an input is read."""

    def __init__(self):
        self.on = False
        self.allowed = ()
        self.seen = []

    def hear(self, event, arguments):
        """Python's audit hook, which cannot be removed."""
        if not self.on:
            return
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int):
                return
            place = os.path.abspath(os.fsdecode(path))
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
            mine = place in self.allowed
            if (writes and not _caches_a_module(place)) or not (
                mine or os.path.realpath(place).startswith(READABLE)
            ):
                self.seen.append((event, place, mode))
        elif event.startswith(FORBIDDEN):
            if not (event.startswith("os.") and _caches_a_module(repr(arguments))):
                self.seen.append((event, repr(arguments)[:200]))
        elif event == "compile" and CANARY in repr(arguments[0]):
            self.seen.append((event, repr(arguments[0])[:200]))
        elif event == "import" and CANARY in str(arguments[0]):
            self.seen.append((event, arguments[0]))


WATCH = Watch()
_hooked = False


def _take_too_long(*_):
    raise TimeoutError(f"an input took more than {6 * SECONDS} seconds")


@contextmanager
def watched(*, allowed=(), environment=False):
    """Fail if what runs inside does what no input may make it do, or takes too much.

    Overrides and configurations may ask for the environment: `${oc.env:...}`.
    """
    global _hooked
    if not _hooked:
        sys.addaudithook(WATCH.hear)
        _hooked = True
    asked = []
    read = os._Environ.__getitem__

    def overheard(environ, key):
        if key == CANARY:
            asked.append(key)
        return read(environ, key)

    WATCH.allowed, WATCH.seen = tuple(map(os.path.abspath, allowed)), []
    size, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(CANARY, SECRET)
        patch.setattr(os._Environ, "__getitem__", overheard)
        before = signal.signal(signal.SIGALRM, _take_too_long)
        signal.setitimer(signal.ITIMER_REAL, 6 * SECONDS)
        WATCH.on = True
        try:
            yield
        finally:
            WATCH.on = False
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)
    took = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - size) / 1024
    assert not WATCH.seen, WATCH.seen
    assert environment or not asked, "an environment variable was read"
    assert not hasattr(builtins, CANARY), "code was executed"
    assert took < SECONDS, f"{took:.1f} s"
    assert grown < MEBIBYTES, f"{grown:.0f} MiB"
