"""The versions of what was compared with."""

from importlib.metadata import version


def compared_with() -> dict[str, str]:
    """Versions of the packages that the measurements come from; local build tags are left out."""
    return {
        name: version(name).partition("+")[0] for name in ("torch", "diffusers", "transformers")
    }
