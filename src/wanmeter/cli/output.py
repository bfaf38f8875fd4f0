"""Where a command's answer goes: standard output, or a file that is written whole or not at all."""

import os
import secrets
from pathlib import Path

import click

from wanmeter.errors import OutputError


def emit(text: str, destination: str) -> None:
    """Write `text` to standard output (`-`) or to a file.

    The file is written beside its place and moved there when complete, so that at any moment either
    the old file is there or the new one.

    Raises:
        OutputError: the file cannot be written, or something other than a file stands there.
    """
    if destination == "-":
        click.echo(text, nl=False)
        return
    target = Path(os.path.realpath(destination))
    if target.exists() and not target.is_file():
        raise OutputError(destination, "not a regular file")
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        with partial.open("x", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise OutputError(destination, error.strerror or str(error)) from error
    finally:
        partial.unlink(missing_ok=True)
