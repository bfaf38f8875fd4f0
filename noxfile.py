"""Development tasks. `nox` alone runs lint, typing and tests."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["lint", "typing", "tests"]

PYTHONS = tuple(f"3.{minor}" for minor in range(11, 15))
PYPROJECT = nox.project.load_toml("pyproject.toml")
ALL_CORES = ("-n", "auto")  # of pytest-xdist


def install(session: nox.Session, *packages: str) -> None:
    """Install into the session's environment; `nox --no-venv` uses what is there."""
    if not isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        session.install(*packages)


def group(name: str) -> tuple[str, ...]:
    """The requirements of a dependency group in pyproject.toml."""
    return nox.project.dependency_groups(PYPROJECT, name)


def works(python: str) -> bool:
    """Whether an interpreter runs; a name on the path may be a shim for none."""
    try:
        return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0
    except FileNotFoundError:
        return False


@nox.session
def lint(session: nox.Session) -> None:
    """Format and lint, changing nothing."""
    install(session, *group("lint"))
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Type-check the package, strictly."""
    install(session, "-e", ".[plots]", *group("typing"))
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """The default tests: no torch needed."""
    install(session, "-e", ".", *group("test"))
    session.run("python", "-m", "pytest", *ALL_CORES, *session.posargs)


@nox.session
def planted(session: nox.Session) -> None:
    """Plant faults in copies of the project: the tests there must fail."""
    install(session, "-e", ".", *group("test"))
    session.run("python", "-m", "pytest", *ALL_CORES, "-m", "planted", *session.posargs)


@nox.session
def figures(session: nox.Session) -> None:
    """Redraw the figures of the README and the documentation."""
    install(session, "-e", ".", *group("figures"))
    run = ["model=wan2_1_t2v_14b", "workload=wan2-1-720p"]
    names = ["--figure", "flops", "--figure", "frames"]
    session.run("wanmeter", "plot", *run, *names, "--format", "svg", "-o", "docs/figures")
    for figure, name in {
        "memory": "memory-by-phase",
        "time": "time-by-term",
        "frames": "time-and-memory-by-frames",
    }.items():
        drawn = ["--figure", figure, "-o", f"docs/figures/{name}.svg"]
        session.run("wanmeter", "estimate", *run, "device=h100", *drawn)
    session.run("git", "--no-pager", "diff", "--stat", "--", "docs/figures", external=True)


@nox.session
def readme(session: nox.Session) -> None:
    """Write into the README and the documentation what commands print now, and how right numbers are."""
    install(session, "-e", ".", *group("test"))
    session.run("python", "-m", "tests.pages.write", *session.posargs)
    changed = ("README.md", "docs")
    session.run("git", "--no-pager", "diff", "--stat", "--", *changed, external=True)


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into site/. Warnings, such as broken links or anchors, are errors."""
    install(session, "-e", ".[plots]", *group("docs"))
    quiet = {"NO_MKDOCS_2_WARNING": "1"}  # the theme's notice about itself, not about these pages
    session.run("mkdocs", "build", "--strict", env=quiet)


@nox.session
def snapshots(session: nox.Session) -> None:
    """Refresh the goldens and show what changed. Nothing is written unless the backends agree."""
    install(session, "-e", ".", *group("test"))
    session.run(
        "python",
        "-m",
        "pytest",
        "-x",
        "tests/test_agreement.py",
        "tests/backends/test_agreement.py",
    )
    session.run(
        "python",
        "-m",
        "pytest",
        "tests/test_goldens.py",
        "tests/test_golden_executions.py",
        "--snapshot-update",
        "--snapshot-no-cleanup",
        env={"WANMETER_REFRESH": "goldens"},  # tests/conftest.py refuses an update without it
    )
    session.run("git", "--no-pager", "diff", "--", "golden", external=True)


@nox.session
def reference(session: nox.Session) -> None:
    """Measure the real models again: their costs, and what eager runs add. Needs the extra `verify`."""
    install(session, "-e", ".[verify]", *group("test"))
    session.run("python", "-m", "tests.reference.record")
    session.run("python", "-m", "tests.verify.gaps")
    changed = ("tests/reference", "docs/verification.md")
    session.run("git", "--no-pager", "diff", "--stat", "--", *changed, external=True)


@nox.session
def bench(session: nox.Session) -> None:
    """Run the benchmarks, also against FlopCounterMode. Needs the extra `verify`."""
    install(session, "-e", ".[verify]", *group("test"), "pytest-benchmark>=4")
    session.run("python", "-m", "pytest", "benchmarks", "--benchmark-columns=min,median,rounds")
    session.run("python", "-m", "benchmarks.sweeps")
    session.run("python", "-m", "benchmarks.against_torch")


@nox.session
def verify(session: nox.Session) -> None:
    """Compare with the real modules, measured live. Needs the extra `verify`."""
    install(session, "-e", ".[verify]", *group("test"))
    session.run("python", "-m", "pytest", *ALL_CORES, "-m", "live", *session.posargs)
    for run in (
        ["workload=wan2-1-ci-tiny"],
        ["model=wan2_1_t2v_14b", "workload=wan2-1-720p"],
    ):
        session.run("wanmeter", "verify", "all", "--layer-impl", "both", *run)


@nox.session
def determinism(session: nox.Session) -> None:
    """Check that wanmeter writes the same bytes with each installed Python, in several environments."""
    packages = (".[plots,sweep]", *group("figures"))
    pythons = []
    for version in PYTHONS:
        python = f"python{version}"
        if not works(python):
            session.log(f"Python {version} is not installed: skipped.")
            continue
        venv = Path(session.create_tmp()) / version
        session.run(python, "-m", "venv", "--clear", str(venv), external=True)
        pythons.append(str(venv.resolve() / "bin" / "python"))
        session.run(pythons[-1], "-m", "pip", "install", "--quiet", *packages, external=True)
    session.run(pythons[0], "-m", "tests.determinism.matrix", *pythons, external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Try 10,000 hostile inputs of each kind, or a given number: `nox -s fuzz -- 500`."""
    install(session, "-e", ".", *group("test"))
    session.run(
        "python",
        "-m",
        "pytest",
        *ALL_CORES,
        "tests/hostile",
        "--hypothesis-seed=20261124",
        env={"WANMETER_INPUTS": (*session.posargs, "10000")[0]},
    )


@nox.session
def atheris(session: nox.Session) -> None:
    """Fuzz the JSON readers, guided by coverage, with 100,000 inputs or a given number."""
    install(session, "-e", ".", "atheris>=2.3")
    corpus = Path(session.create_tmp()).resolve()
    runs = (*session.posargs, "100000")[0]
    options = (
        f"-runs={runs}",
        "-seed=20261124",
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=65536",
    )
    session.run("python", "-m", "tests.hostile.readers", *options, str(corpus))


@nox.session
def package(session: nox.Session) -> None:
    """Build sdist and wheel, and run the sdist's tests with the installed wheel."""
    install(session, "build>=1.2", "twine>=6")
    folder = Path(session.create_tmp()).resolve()
    shutil.rmtree(folder / "dist", ignore_errors=True)
    session.run("python", "-m", "build", "--quiet", "--outdir", str(folder / "dist"))
    (wheel,), (sdist,) = ((folder / "dist").glob(end) for end in ("*.whl", "*.tar.gz"))
    session.run("twine", "check", "--strict", str(wheel), str(sdist))
    session.run("python", "-m", "tests.packaging.contents", str(wheel), str(sdist))
    shutil.rmtree(folder / "sdist", ignore_errors=True)
    shutil.unpack_archive(sdist, folder / "sdist")
    (unpacked,) = (folder / "sdist").iterdir()
    session.run("python", "-m", "venv", "--clear", str(folder / "venv"))
    python = str(folder / "venv" / "bin" / "python")
    packages = (str(wheel), *group("test"))
    session.run(python, "-m", "pip", "install", "--quiet", *packages, external=True)
    session.chdir(unpacked)
    session.run(python, "-m", "pytest", *ALL_CORES, *session.posargs, external=True)


@nox.session
def mutation(session: nox.Session) -> None:
    """Mutate the core, one operator at a time, and run the tests: takes hours, less for named modules."""
    install(session, "-e", ".", *group("test"), "cosmic-ray==8.7.0")
    folder = Path(session.create_tmp()).resolve()
    session.run("python", "-m", "tests.mutation.run", str(folder), *session.posargs)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the tests with the oldest versions allowed."""
    oldest = re.findall(r'"([\w.-]+)>=([\w.]+),<', Path("pyproject.toml").read_text())
    constraints = Path(session.create_tmp()) / "oldest.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in oldest))
    install(session, "-e", ".", *group("test"), "-c", str(constraints))
    session.run("python", "-m", "pytest", *ALL_CORES, *session.posargs)


@nox.session
def audit(session: nox.Session) -> None:
    """Check the installed packages for known vulnerabilities; skip if the service does not answer."""
    install(session, ".[plots,sweep]", "pip-audit>=2.7")
    report = Path(session.create_tmp()).resolve() / "audit.json"
    ask = ["pip-audit", "--format", "json", "--output", str(report), "--progress-spinner", "off"]
    session.run(*ask, success_codes=[0, 1])
    found = json.loads(report.read_text())["dependencies"]
    audited = [package for package in found if "skip_reason" not in package]
    if len(audited) < len(found) - 1:  # wanmeter itself is unknown to it
        session.skip(f"{len(found) - len(audited)} of {len(found)} packages could not be checked.")
    for package in audited:
        for hole in package["vulns"]:
            session.error(f"{package['name']} {package['version']}: {hole['id']}")
