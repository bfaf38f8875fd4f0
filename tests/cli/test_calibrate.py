"""`wanmeter calibrate`: a device's file, or one line that says why not."""

import os
import subprocess
import sys
from types import ModuleType

import pytest
from click.testing import CliRunner

from tests.calibration.machines import FakeMachine
from wanmeter.cli import progress
from wanmeter.cli.main import main
from wanmeter.errors import ConfigError
from wanmeter.hardware import device

NO_GPU = "calibrate: no CUDA device; it measures the rates of the GPU that PyTorch finds"


def run(*arguments):
    return CliRunner().invoke(main, ["calibrate", *arguments], prog_name="wanmeter")


@pytest.fixture
def machine(monkeypatch):
    """A GPU whose rates are known, in PyTorch's place."""
    made = FakeMachine(failing={"attention.fa2": RuntimeError("no kernel image")})
    monkeypatch.setitem(sys.modules, "wanmeter.calibration.real", real := ModuleType("real"))
    real.CudaMachine = lambda: made
    return made


def test_a_device_file_is_written(tmp_path, machine):
    path = tmp_path / "my_gpu.yaml"
    done = run("-o", str(path))
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    made = device(str(path))
    assert made.title == "NVIDIA H100 80GB HBM3"
    assert made.rates["matmul.bf16"].value == 1e12
    assert os.listdir(tmp_path) == ["my_gpu.yaml"]


def test_what_was_not_measured_is_listed_and_no_progress(tmp_path, machine):
    """Standard error is no terminal here."""
    lines = run("-o", str(tmp_path / "my_gpu.yaml")).stderr.splitlines()
    assert lines[0] == "Not measured: attention.fa2: RuntimeError: no kernel image"
    assert "Not measured: all_to_all: there is one GPU" in lines
    assert all(line.startswith("Not measured: ") for line in lines)


def test_progress_is_shown_on_a_terminal(tmp_path, machine, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # rich takes standard error for a terminal
    monkeypatch.setattr(progress, "_on_terminal", lambda: True)
    assert "host_copy.pinned" in run("-o", str(tmp_path / "my_gpu.yaml")).stderr


def test_seconds_are_those_of_each_benchmark(tmp_path, machine):
    path = tmp_path / "my_gpu.yaml"
    before = machine.now()
    assert run("--seconds", "30", "-o", str(path)).exit_code == 0
    rates = device(str(path)).rates
    assert machine.now() - before >= 30 * len(rates)
    for each in rates.values():
        assert float(each.source.partition(" s, ")[0].rpartition(" ")[2]) >= 30


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "601", "x"])
def test_other_seconds_are_refused(tmp_path, machine, seconds):
    done = run("--seconds", seconds, "-o", str(tmp_path / "my_gpu.yaml"))
    assert done.exit_code == 2
    assert os.listdir(tmp_path) == []


def test_a_file_is_required(machine):
    done = run()
    assert done.exit_code == 2
    assert "Missing option '-o'" in done.stderr


@pytest.mark.parametrize("name", ["my_gpu", "my_gpu.yml", "my_gpu.json", "-", "my_gpu.YAML"])
def test_another_ending_is_refused(machine, name):
    """`device=` would take it for a name."""
    done = run("-o", name)
    assert done.exit_code == 2
    told = "standard output" if name == "-" else name
    assert done.stderr == f"Error: cannot write {told}: a device's file ends in .yaml\n"


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(machine):
    before = machine.now()
    done = run("-o", "/nowhere/my_gpu.yaml")
    assert done.exit_code == 2
    assert done.stderr == "Error: cannot write /nowhere/my_gpu.yaml: No such file or directory\n"
    assert machine.now() == before


def test_without_a_gpu_it_says_so_in_one_line(tmp_path, monkeypatch):
    def find():
        raise ConfigError(*NO_GPU.split(": "))

    monkeypatch.setitem(sys.modules, "wanmeter.calibration.real", real := ModuleType("real"))
    real.CudaMachine = find
    done = run("-o", str(tmp_path / "my_gpu.yaml"))
    assert done.exit_code == 2
    assert done.stderr == f"Error: {NO_GPU}\n"
    assert os.listdir(tmp_path) == []


def test_a_file_stays_if_nothing_can_be_measured(tmp_path, machine):
    path = tmp_path / "my_gpu.yaml"
    path.write_text("old")
    machine.failing = type("All", (dict,), {"__contains__": lambda self, name: True})()
    machine.failing.__class__.__getitem__ = lambda self, name: RuntimeError("broken")
    done = run("-o", str(path))
    assert done.exit_code == 2
    assert done.stderr == "Error: calibrate: nothing could be measured: RuntimeError: broken\n"
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["my_gpu.yaml"]


def test_without_torch_it_says_what_to_install(tmp_path):
    script = (
        "import sys; sys.modules['torch'] = None;"
        "from wanmeter.cli.main import main; main(['calibrate', '-o', 'my_gpu.yaml'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 2
    assert done.stderr == "Error: calibrating needs torch: pip install 'wanmeter[verify]'\n"
    assert os.listdir(tmp_path) == []


def test_help_has_examples():
    done = run("--help")
    assert "wanmeter calibrate -o my_gpu.yaml" in done.stdout
