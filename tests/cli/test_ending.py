"""How commands end: one line and exit code 2, a signal's exit code, and no partial file."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from wanmeter.cli.main import main

WANMETER = [sys.executable, "-m", "wanmeter"]
LONG_SWEEP = ["sweep", "num_frames=range(5,4001,4)", "batch_size=range(1,1000)", "-o"]
"""A million rows: it is ended long before the last."""


def run(*arguments):
    return CliRunner().invoke(main, [*arguments], prog_name="wanmeter")


@pytest.mark.skipif(os.name == "nt", reason="no such signals here")
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGTERM, 128 + 15, ""),
        (signal.SIGHUP, 128 + 1, ""),
        (signal.SIGINT, 128 + 2, "Interrupted\n"),
    ],
)
@pytest.mark.parametrize("name", ["sweep.csv", "sweep.parquet"])
def test_a_signal_leaves_no_partial_file(tmp_path, number, code, said, name):
    path = tmp_path / name
    path.write_text("old")
    with subprocess.Popen(
        [*WANMETER, *LONG_SWEEP, str(path)],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # whatever these tests run under
    ) as writer:
        deadline = time.monotonic() + 60
        while not [each for each in os.listdir(tmp_path) if each.endswith(".partial")]:
            assert writer.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        writer.send_signal(number)
        _, stderr = writer.communicate(timeout=60)
    assert (writer.returncode, stderr) == (code, said)
    assert os.listdir(tmp_path) == [name]
    assert path.read_text() == "old"


def test_an_ignored_signal_stays_ignored():
    """As under `nohup`."""
    script = (
        "import signal; from wanmeter.cli.main import main;"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from wanmeter.cli import output; import os;"
        "before = output.emit;"
        "main(['list', 'models'], standalone_mode=False);"
        "assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN;"
        "assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["-h"], ["--version"], ["show", "--help"], ["fit", "-h"], ["show"], ["estimate"]],
)
def test_output_to_a_full_device_is_one_line(arguments):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with full.open("w") as output:
        done = subprocess.run(
            [*WANMETER, *arguments], stdout=output, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr == "Error: cannot write standard output: No space left on device\n"


@pytest.mark.skipif(os.name == "nt", reason="pipes are other there")
@pytest.mark.parametrize("arguments", [["--help"], ["show", "-h"], ["dump"], ["list", "keys"]])
def test_a_reader_that_closed_the_pipe_is_told_nothing(arguments):
    """As of a command that SIGPIPE ends."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as output:
        done = subprocess.run(
            [*WANMETER, *arguments], stdout=output, stderr=subprocess.PIPE, text=True
        )
    assert (done.returncode, done.stderr) == (128 + 13, "")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["validate", "foo"], "Invalid value for 'QUANTITY': 'foo' is not one of 'memory', 'time'"),
        (
            ["validate"],
            "Missing argument 'QUANTITY'. Choose from: memory, time; see `wanmeter validate --help`",
        ),
        (["show", "t2v-14b"], "t2v-14b: write model=t2v-14b"),
        (
            ["show", "device=h100"],
            "device=h100: a cost has no device; `wanmeter estimate` takes it",
        ),
        (["show", "--bogus"], "No such option '--bogus'; see `wanmeter show --help`"),
        (
            ["show", "--num-frames", "49"],
            "No such option '--num-frames'; overrides have no dashes: write num_frames=VALUE",
        ),
        (
            ["estimat"],
            "unknown command 'estimat'; did you mean 'estimate'? (`wanmeter --help` lists all)",
        ),
        (
            ["model=t2v-14b"],
            "model=t2v-14b: a command comes first: `wanmeter show model=t2v-14b`",
        ),
        (["t2v-14b"], "t2v-14b: a command comes first: write `wanmeter show model=t2v-14b`"),
        (["h100"], "h100: a command comes first: write `wanmeter estimate device=h100`"),
        (
            ["estimate", "device=h1"],
            "unknown device 'h1'; did you mean 'h100' or 'h100-80gb' or 'h100_sxm_80gb'?"
            " (`wanmeter list devices` lists all)",
        ),
        (
            ["estimate", "gpus=8"],
            "unknown key 'gpus'; write ulysses_degree=N in estimates, for N GPUs",
        ),
        (
            ["show", "resolution=720p"],
            "unknown key 'resolution'; write size=1280x720, or workload=720p",
        ),
        (
            ["sweep", "ulysses_degree=1,2", "-o", "a.csv"],
            "parallel.ulysses_degree=1,2: several values; an estimate has one execution, and so has a"
            " sweep: give one value",
        ),
        (
            ["sweep", "device=h100,a100", "-o", "a.csv"],
            "device=h100,a100: several devices; an estimate is of one, and so is a sweep: give one",
        ),
        (["sweep"], "Missing option '-o' / '--output'; see `wanmeter sweep --help`"),
        (["compare", "a"], "Missing argument 'B'; see `wanmeter compare --help`"),
        (
            ["compare", "t2v-14b", "i2v-14b"],
            "t2v-14b: neither a file, a folder nor overrides; write model=t2v-14b",
        ),
        (
            ["estimate", "profile=diffusers", "ulysses_degree=2"],
            "parallel.ulysses_degree: got 2; allowed: 1 with profile=diffusers, on one GPU;"
            " profile=official runs on several",
        ),
    ],
)
def test_usage_errors_are_one_line_with_the_remedy(arguments, line):
    done = run(*arguments)
    # click 8.2 writes `No such option: --bogus`.
    said = done.stderr.replace("No such option: --bogus", "No such option '--bogus'")
    said = said.replace("No such option: --num-frames", "No such option '--num-frames'")
    assert (done.exit_code, said, done.stdout) == (2, f"Error: {line}\n", "")


def test_an_unknown_option_is_told_the_nearest():
    done = run("show", "--dept", "1")
    assert done.exit_code == 2
    assert "--depth" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_cell_that_does_not_exist_is_told_the_nearest_few():
    done = run("validate", "time", "--calibrate-on", "h20-1")
    assert done.exit_code == 2
    known = done.stderr.partition("known: ")[2].partition(" (")[0].split(", ")
    assert len(known) == 3
    assert all(each.endswith("h20-1") for each in known)


def test_a_command_alone_is_answered_with_the_help():
    done = run()
    assert "Commands:" in done.output


def test_an_interrupt_while_modules_are_imported_is_no_traceback():
    """The first import of the command line raises, as an interrupt would make it."""
    script = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'wanmeter.cli.run': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from wanmeter.__main__ import run\n"
        "run()"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
