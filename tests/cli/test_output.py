"""A file is complete or absent: after a kill, two writers, a full quota, or in a read-only folder."""

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

from tests.unprivileged import as_nobody
from wanmeter import OutputError, meter
from wanmeter.cli import output
from wanmeter.cli.output import emit, emit_stream

WRITER = """
import sys, time
from wanmeter.cli.output import emit_stream
def write(file):
    for _ in range(200):
        file.write(b"n" * 4096)
        file.flush()
        time.sleep(0.002)
print("begun", flush=True)
emit_stream(write, sys.argv[1])
print("done", flush=True)
"""
NEW = "n" * 4096 * 200


@pytest.mark.parametrize("moment", [0.0, 0.01, 0.05, 0.1, 0.2, 0.3])
def test_killed_at_any_moment_the_old_file_is_there_or_the_new_one(tmp_path, moment):
    path = tmp_path / "cost.json"
    path.write_text("old")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "begun\n"
        time.sleep(moment)
        writer.send_signal(signal.SIGKILL)
    assert path.read_text() in ("old", NEW)
    left = [name for name in os.listdir(tmp_path) if name != "cost.json"]
    assert all(name.startswith(".wanmeter-") and name.endswith(".partial") for name in left)
    # The partial file that was left behind does not matter.
    emit("next", str(path))
    assert path.read_text() == "next"


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
    emit(NEW, str(path))
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
    assert len(states) > 20  # it was killed at each line of the writing
    assert states[0] == old
    assert states[-1] == NEW
    assert set(states) == {old, NEW}
    # Once it is there it stays.
    assert states == sorted(states, key=lambda state: state == NEW)


def test_two_at_once_leave_one_whole_report(tmp_path):
    path = tmp_path / "cost.json"
    commands = [
        [sys.executable, "-m", "wanmeter", "dump", f"workload.num_frames={frames}", "-o", str(path)]
        for frames in (5, 9, 13, 17)
    ]
    running = [subprocess.Popen(command) for command in commands]
    assert [each.wait() for each in running] == [0, 0, 0, 0]
    written = json.loads(path.read_text())
    frames = written["workload"]["num_frames"]
    assert path.read_text() == meter("wan2_1_t2v_1_3b", num_frames=frames).to_json()
    assert os.listdir(tmp_path) == ["cost.json"]


def test_what_fails_in_the_middle_leaves_the_old_file(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text("old")

    def write(file):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"):
        emit_stream(write, str(path))
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["cost.json"]


def test_a_link_is_followed_and_stays_one(tmp_path):
    target, link = tmp_path / "target.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    emit("new", str(link))
    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_file_keeps_its_permissions(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text("old")
    path.chmod(0o640)
    emit("new", str(path))
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_to_what_is_not_there_yet_makes_it(tmp_path):
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "new.json")
    emit("new", str(link))
    assert link.is_symlink()
    assert (tmp_path / "new.json").read_text() == "new"


def test_a_quota_leaves_the_old_file(tmp_path):
    path = tmp_path / "cost.json"
    path.write_text("old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(OutputError, match="File too large"):
            emit(NEW, str(path))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["cost.json"]


@pytest.mark.parametrize(
    ("folder", "file"), [(0o555, 0o666), (0o777, 0o444)], ids=["folder", "file"]
)
def test_what_is_read_only_is_an_error(open_path, folder, file):
    path = open_path / "cost.json"
    path.write_text("old")
    path.chmod(file)
    open_path.chmod(folder)
    assert as_nobody(lambda: emit(NEW, str(path))) == f"cannot write {path}: Permission denied"
    assert path.read_text() == "old"
    assert os.listdir(open_path) == ["cost.json"]
    # It was that mode, and nothing else.
    path.chmod(0o666)
    open_path.chmod(0o777)
    assert as_nobody(lambda: emit(NEW, str(path))) is None
    assert path.read_text() == NEW


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout here")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_what_the_shell_has_opened_keeps_what_is_in_it(tmp_path, name):
    """Lines before and after what is written stay, as with any other program."""
    script = "from wanmeter.cli.output import emit; import sys; emit('wanmeter\\n', sys.argv[1])"
    log = tmp_path / "log"
    with log.open("w") as opened:
        for command in (["echo", "A"], [sys.executable, "-c", script, name], ["echo", "B"]):
            subprocess.run(command, stdout=opened, check=True)
    assert log.read_text() == "A\nwanmeter\nB\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_written_to_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        emit("new", str(pipe))
        assert reader.stdout.read() == "new"
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_device_is_named():
    with pytest.raises(OutputError, match=r"^cannot write /dev/full: No space left on device$"):
        emit("new", "/dev/full")


def test_a_device_takes_what_is_written():
    emit("new", os.devnull)
    assert not os.path.isfile(os.devnull)


def test_bytes_are_refused_by_a_terminal(monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(
        OutputError, match=r"^cannot write standard output: a terminal shows no pic"
    ):
        emit(b"\x89PNG")
