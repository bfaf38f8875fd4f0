"""A wrong factor cannot come out quietly: it fails the agreement and the golden, and no golden stores it.

Each case works on a copy of the project, with its own commands.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden_cases import NAMES

PROJECT = Path(__file__).parent.parent

FAULTS = {
    # file, what stands there, what is planted
    "shared": ("layers/attention_core.py", "scores = 2 * pairs", "scores = 3 * pairs"),
    "wan2_1": (
        "backends/wan2_1/attention.py",
        "flops=4 * b * s * keys * d",
        "flops=5 * b * s * keys * d",
    ),
    "memory": (
        "backends/wan2_1/attention.py",
        'self._projection("k", s, held=x',
        'self._projection("k", s, held=2 * x',
    ),
}


FEW = 3
"""Goldens in a copy: enough to fail, few enough to be quick."""


@pytest.fixture
def copy(tmp_path):
    """A copy of the project, with its first few goldens."""
    for name in ("src", "tests", "golden"):
        skip = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / name, tmp_path / name, ignore=skip)
    for name in ("noxfile.py", "pyproject.toml"):
        shutil.copy(PROJECT / name, tmp_path)
    with (tmp_path / "tests" / "golden_cases.py").open("a") as cases:
        cases.write(f"GOLDENS, NAMES = GOLDENS[:{FEW}], NAMES[:{FEW}]\n")
    for name in NAMES[FEW:]:
        (tmp_path / "golden" / f"{name}.json").unlink()
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def plant(copy, path, right, wrong):
    file = copy / "src" / "wanmeter" / path
    text = file.read_text()
    assert text.count(right) >= 1, "the fault no longer fits the code: plant another"
    file.write_text(text.replace(right, wrong))


def run(copy, *command, **environment):
    """Run a command on the copy's own source; its exit code, and what it said."""
    here = {
        "PYTHONPATH": str(copy / "src"),
        "PYTHONDONTWRITEBYTECODE": "1",
        # `nox --no-venv` takes what comes first on the path: let it be this environment.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }
    # A worker of these tests is none of the copy's.
    ours = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=copy,
        capture_output=True,
        text=True,
        env=ours | here | environment,
    )
    return done.returncode, done.stdout + done.stderr


GOLDENS = ("tests/test_goldens.py", "--snapshot-diff-mode=disabled")


def goldens(copy):
    return {path.name: path.read_text() for path in (copy / "golden").rglob("*.json")}


@pytest.mark.planted
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_one_backend(copy, fault):
    before = goldens(copy)
    plant(copy, *FAULTS[fault])

    code, said = run(copy, "pytest", "tests/test_agreement.py", "-k", "packaged")
    assert code == 1, said
    assert f"{FEW} failed" in said

    code, said = run(copy, "pytest", *GOLDENS)
    assert code == 1, said
    assert "the backends disagree" in said

    code, said = run(copy, "nox", "--no-venv", "-s", "snapshots")
    assert code == 1, said
    assert "FAILED tests/test_agreement.py::test_packaged_runs" in said
    assert goldens(copy) == before

    update = ("--snapshot-update", "--snapshot-no-cleanup")
    code, said = run(copy, "pytest", *GOLDENS, *update, WANMETER_REFRESH="goldens")
    assert code == 1, said
    assert "the backends disagree" in said
    assert goldens(copy) == before


SCALING_FAULTS = {
    # Both backends share the scaling, so that their agreement says nothing of it.
    "one pass too few": (
        "layers/decorators.py",
        "((self.layer, self.steps),)",
        "((self.layer, max(self.steps - 1, 1)),)",
    ),
    "memory grows with the passes": (
        "layers/operator.py",
        "once.rerun(calls) if calls",
        "once.stacked(calls) if calls",
    ),
}


@pytest.mark.planted
@pytest.mark.parametrize("fault", SCALING_FAULTS)
def test_a_fault_in_the_scaling_fails_a_law_and_a_golden(copy, fault):
    plant(copy, *SCALING_FAULTS[fault])

    code, said = run(copy, "pytest", "tests/test_agreement.py", "-k", "packaged")
    assert code == 0, said  # the backends agree on it

    code, said = run(copy, "pytest", "-x", "tests/layers/test_step_scaled.py")
    assert code == 1, said
    assert "FAILED tests/layers/test_step_scaled.py::" in said

    code, said = run(copy, "pytest", *GOLDENS)
    assert code == 1, said
    assert "snapshots failed" in said


@pytest.mark.planted
def test_a_change_that_both_backends_make_fails_the_golden_until_it_is_refreshed(copy):
    before = goldens(copy)
    plant(copy, "conventions.py", "softmax: int = 5", "softmax: int = 6")

    code, said = run(copy, "pytest", *GOLDENS)
    assert code == 1, said
    assert f"{FEW} snapshots failed" in said
    assert goldens(copy) == before

    code, said = run(copy, "nox", "--no-venv", "-s", "snapshots")
    assert code == 0, said
    after = goldens(copy)
    assert after.keys() == before.keys()
    assert all('"softmax": 6' in after[f"{name}.json"] for name in NAMES[:FEW])


@pytest.mark.parametrize("options", [(), ("--snapshot-no-cleanup",)])
def test_an_update_by_hand_is_refused(copy, options):
    code, said = run(copy, "pytest", "tests/test_goldens.py", "--snapshot-update", *options)
    assert code == 4, said
    assert "goldens are refreshed by `nox -s snapshots` alone" in said


EXECUTION_FAULTS = {
    "a temporary that is freed too early": (
        "execution/official/attention.py",
        '        x_i = x_i.like("mul", freqs_i).view(u.rows, u.width, FLOAT64)\n',
        '        x_i = x_i.like("mul", freqs_i).view(u.rows, u.width, FLOAT64)\n'
        "        del freqs_i\n",
    ),
    "an element size": (
        "execution/official/attention.py",
        "return stack(*output).float()",
        "return stack(*output).half()",
    ),
    "an operator that is skipped": (
        "execution/official/block.py",
        "    x = x + y * gate\n    x = cross_attn_ffn",
        "    x = x + y\n    x = cross_attn_ffn",
    ),
}


@pytest.mark.planted
@pytest.mark.parametrize("fault", EXECUTION_FAULTS)
def test_a_fault_in_a_profile_fails_the_trace_and_a_golden(copy, fault):
    plant(copy, *EXECUTION_FAULTS[fault])

    code, said = run(copy, "pytest", "-x", "tests/execution/test_official.py")
    assert code == 1, said
    assert "FAILED tests/execution/test_official.py::" in said

    code, said = run(
        copy, "pytest", "-x", "tests/test_golden_executions.py", "--snapshot-diff-mode=disabled"
    )
    assert code == 1, said
    assert "FAILED tests/test_golden_executions.py::" in said
