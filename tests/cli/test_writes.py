"""A file is whole or not there: killed at any line of the writing, over quota, in a folder that is read-only."""

import os
import resource
import signal
import stat
import sys

import pytest

from wanmeter import OutputError
from wanmeter.cli import output

NEW = "new" * 50_000


def write_and_die(path, line):
    """In a process of its own, write a file and be killed at the `line`-th line of the writing.

    Returns whether it was killed, rather than done before.
    """
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    lines = 0

    def trace(frame, event, _):
        nonlocal lines
        if frame.f_code.co_filename != output.__file__:
            return None
        if event in ("line", "return"):
            if lines == line:
                os.kill(os.getpid(), signal.SIGKILL)
            lines += 1
        return trace

    sys.settrace(trace)
    output.emit(NEW, str(path))
    os._exit(0)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.parametrize("old", ["old", None])
def test_killed_at_any_line_the_old_file_is_there_or_the_new_one(tmp_path, old):
    states = []
    for line in range(1000):
        folder = tmp_path / str(line)
        folder.mkdir()
        path = folder / "cost.json"
        if old is not None:
            path.write_text(old)
        killed = write_and_die(path, line)
        states.append(path.read_text() if path.exists() else None)
        left = set(os.listdir(folder)) - {"cost.json"}
        assert all(name.startswith(".wanmeter-") for name in left)
        if not killed:
            break
    assert len(states) > 20  # the writing has some lines, and it was killed at each
    assert states[0] == old
    assert states[-1] == NEW
    assert set(states) == {old, NEW}
    # Once it is there it stays.
    assert states == sorted(states, key=lambda state: state == NEW)


def test_a_quota_leaves_the_old_file(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            output.emit(NEW, str(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["cost.json"]


def as_nobody(act):
    """What `act` raises where permissions count: they do not for root."""
    if os.geteuid():
        return _raised(act)
    os.seteuid(65534)
    try:
        return _raised(act)
    finally:
        os.seteuid(0)


def _raised(act):
    try:
        act()
    except OutputError as error:
        return str(error)
    return None


@pytest.fixture
def open_path(tmp_path):
    """A folder that anyone can reach."""
    for folder in (tmp_path, *tmp_path.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & 0o001:
            folder.chmod(mode | 0o001)
        if folder.name.startswith("pytest-of-"):
            break
    return tmp_path


def test_a_read_only_folder_is_an_error(open_path):
    path = open_path / "cost.json"
    path.write_text("old")
    path.chmod(0o666)
    open_path.chmod(0o555)
    said = as_nobody(lambda: output.emit(NEW, str(path)))
    open_path.chmod(0o755)
    assert said == f"cannot write {path}: Permission denied"
    assert path.read_text() == "old"
    assert os.listdir(open_path) == ["cost.json"]


def test_a_read_only_file_is_an_error(open_path):
    path = open_path / "cost.json"
    path.write_text("old")
    path.chmod(0o444)
    open_path.chmod(0o777)
    assert (
        as_nobody(lambda: output.emit(NEW, str(path))) == f"cannot write {path}: Permission denied"
    )
    assert path.read_text() == "old"
