"""What there is to run: `nox` alone runs lint, typing and tests."""

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "virtualenv"
nox.options.sessions = ["lint", "typing", "tests"]

RUFF, MYPY = "ruff==0.17.6", "mypy==2.4.1"


def install(session: nox.Session, *packages: str) -> None:
    """Install into the session's environment; `nox --no-venv` uses what is there."""
    if not isinstance(session.virtualenv, nox.virtualenv.PassthroughEnv):
        session.install(*packages)


@nox.session
def lint(session: nox.Session) -> None:
    """Format and lint, changing nothing."""
    install(session, RUFF)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")


@nox.session
def typing(session: nox.Session) -> None:
    """Type-check the package, strictly."""
    install(session, "-e", ".", MYPY)
    session.run("mypy")


@nox.session
def tests(session: nox.Session) -> None:
    """The default tests: no torch needed."""
    install(session, "-e", ".[test]")
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def snapshots(session: nox.Session) -> None:
    """Refresh the goldens and show what changed. Only where the backends agree is anything written."""
    install(session, "-e", ".[test]")
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
        "--snapshot-update",
        "--snapshot-no-cleanup",
        env={"WANMETER_REFRESH": "goldens"},  # tests/conftest.py refuses an update without it
    )
    session.run("git", "--no-pager", "diff", "--", "golden", external=True)


@nox.session
def reference(session: nox.Session) -> None:
    """Measure the real models anew: what they cost, what eager runs add. Needs the extra `verify`."""
    install(session, "-e", ".[test,verify]")
    session.run("python", "-m", "tests.reference.record")
    session.run("python", "-m", "tests.verify.gaps")
    changed = ("tests/reference", "docs/verification.md")
    session.run("git", "--no-pager", "diff", "--stat", "--", *changed, external=True)


@nox.session
def verify(session: nox.Session) -> None:
    """Compare with the real modules, measured live. Needs the extra `verify`."""
    install(session, "-e", ".[test,verify]")
    session.run("python", "-m", "pytest", "-m", "live", *session.posargs)
    for run in (
        ["workload=wan2-1-ci-tiny"],
        ["model=wan2_1_t2v_14b", "workload=wan2-1-720p"],
    ):
        session.run("wanmeter", "verify", "all", "--layer-impl", "both", *run)
