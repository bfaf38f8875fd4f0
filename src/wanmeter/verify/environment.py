"""The versions, platform and date of a verification."""

import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from wanmeter.version import __version__

COMPARED_WITH = ("torch", "diffusers", "transformers")
"""The packages that the measurements come from."""


def compared_with() -> dict[str, str]:
    """The versions of these packages, without local build tags."""
    return {name: version(name).partition("+")[0] for name in COMPARED_WITH}


def environment() -> dict[str, str]:
    """The versions of everything involved, the date, and the platform."""
    return {
        "wanmeter": __version__,
        **{name: _version(name) for name in COMPARED_WITH},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
