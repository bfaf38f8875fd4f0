"""Checks that a wheel and an sdist contain all that is needed, and nothing else. `nox -s package` runs it.

`python -m tests.packaging.contents WHEEL SDIST`
"""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parent.parent.parent
SHIPPED = ("benchmarks/", "docs/", "examples/", "golden/", "src/", "tests/")
"""Folders of the sdist. The wheel has `src` alone: nothing that runs reads a golden."""
FILES = (
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "CITATION.cff",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "SECURITY.md",
    "mkdocs.yml",
    "noxfile.py",
    "pyproject.toml",
)


def tracked():
    """The files of the project, by git."""
    done = subprocess.run(
        ["git", "ls-files"], cwd=PROJECT, stdout=subprocess.PIPE, text=True, check=True
    )
    return set(done.stdout.splitlines())


def differences(wanted, found):
    """What is missing from an archive, and what does not belong there."""
    yield from (f"missing: {name}" for name in sorted(wanted - found))
    yield from (f"not expected: {name}" for name in sorted(found - wanted))


def check(wheel, sdist):
    """Every difference, by the archive's name."""
    files = tracked()
    package = {name.removeprefix("src/") for name in files if name.startswith("src/wanmeter/")}
    with zipfile.ZipFile(wheel) as archive:
        found = {name for name in archive.namelist() if ".dist-info/" not in name}
    yield from (f"wheel: {line}" for line in differences(package, found))
    wanted = {name for name in files if name.startswith(SHIPPED) or name in FILES}
    with tarfile.open(sdist) as archive:
        inside = {member.name.partition("/")[2] for member in archive if member.isfile()}
    yield from (
        f"sdist: {line}" for line in differences(wanted | {".gitignore"}, inside - {"PKG-INFO"})
    )


if __name__ == "__main__":
    found = list(check(*sys.argv[1:]))
    print("\n".join(found) or "wheel and sdist: all that is needed, and nothing besides")
    sys.exit(bool(found))
