"""Everything that wanmeter writes has the same bytes for several interpreters and environments.

`python -m tests.determinism.matrix PYTHON ...`: each has wanmeter installed, with figures and sweeps.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPT = Path(__file__).with_name("artefacts.py")

LOCALES = {"tr_TR.UTF-8": ("tr_TR", "UTF-8"), "de_DE.ISO-8859-1": ("de_DE", "ISO-8859-1")}
"""Of a Turk, whose capital i has a dot; of a German whose comma is a decimal one, and whose text is no UTF-8."""


def make_locales(folder):
    """Those of `LOCALES` that can be made here."""
    made = []
    for name, (language, encoding) in LOCALES.items():
        command = ["localedef", "-i", language, "-f", encoding, str(folder / name)]
        try:
            done = subprocess.run(command, capture_output=True)
        except FileNotFoundError:
            break
        if done.returncode == 0:
            made.append(name)
    return made


def environments(folder):
    """Environments by name; each changes several things, so that a few runs try them all."""
    locales = make_locales(folder)
    turkish, german = (name if name in locales else "C" for name in LOCALES)
    rc = folder / "matplotlibrc"
    rc.write_text("font.size: 30\naxes.facecolor: red\nsvg.hashsalt: other\n")
    yield "as it is", {"PYTHONHASHSEED": "0"}, None
    yield (
        f"hash seed 1, {turkish}, Kathmandu, in /",
        {"PYTHONHASHSEED": "1", "LC_ALL": turkish, "LOCPATH": str(folder), "TZ": "Asia/Kathmandu"},
        "/",
    )
    yield (
        f"hash seed 4294967295, {german}, St. John's, in a folder",
        {
            "PYTHONHASHSEED": "4294967295",
            "LC_ALL": german,
            "LOCPATH": str(folder),
            "PYTHONUTF8": "0",
            "TZ": "America/St_Johns",
            "MATPLOTLIBRC": str(rc),
        },
        str(folder),
    )
    yield (
        "random hash seed, POSIX in ASCII, UTC+14",
        {
            "PYTHONHASHSEED": "random",
            "LC_ALL": "POSIX",
            "PYTHONCOERCECLOCALE": "0",
            "PYTHONUTF8": "0",
            "PYTHONOPTIMIZE": "1",
            "TZ": "Pacific/Kiritimati",
        },
        None,
    )


def main(pythons):
    """Print a line for each cell of the matrix; exit 1 if any differs from the first."""
    first, failed = None, False
    with tempfile.TemporaryDirectory() as folder:
        for python in pythons:
            version = _said([python, "-c", "import platform; print(platform.python_version())"])
            for name, changes, cwd in environments(Path(folder)):
                environ = {**os.environ, **changes}
                digests = json.loads(_said([python, str(SCRIPT)], env=environ, cwd=cwd))
                first = first or digests
                differ = [each for each in first if digests.get(each) != first[each]]
                differ += [each for each in digests if each not in first]
                verdict = f"DIFFER: {', '.join(differ)}" if differ else "same bytes"
                print(
                    f"{version.strip():8} {name:57} {len(digests)} artefacts: {verdict}", flush=True
                )
                failed = failed or bool(differ)
    return int(failed)


def _said(command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, **more).stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [sys.executable]))
