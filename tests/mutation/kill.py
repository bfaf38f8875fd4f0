"""Runs the tests on one mutant: `python -m tests.mutation.kill`, in a copy of the project that holds it.

The tests that kill most mutants soonest come first: the goldens, the code's own tests, its users' tests.
Tests of figures, pages, commands and planted faults are left out: they take minutes.
"""

import os
import subprocess
import sys

STAGES = (
    ["tests/test_goldens.py", "tests/test_records.py", "tests/test_cost.py"],
    [
        "tests/test_arithmetic.py",
        "tests/test_structuring.py",
        "tests/layers",
        "tests/backends",
        "tests/models",
    ],
    [
        "tests/test_reference.py",
        "tests/test_formulas.py",
        "tests/test_agreement.py",
        "tests/test_composition.py",
        "tests/test_configuring.py",
        "tests/test_model_folder.py",
        "tests/report",
    ],
)
OPTIONS = ("-q", "-x", "--tb=no", "-p", "no:cacheprovider", "--hypothesis-seed=20261124")
"""Seeded: whether a mutant is noticed is no matter of luck."""


def main():
    """The first exit code that is not 0."""
    environ = os.environ | {"PYTHONPATH": "src"}
    for tests in STAGES:
        done = subprocess.run([sys.executable, "-m", "pytest", *OPTIONS, *tests], env=environ)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
