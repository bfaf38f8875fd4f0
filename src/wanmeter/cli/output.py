"""Writes a command's output to standard output, atomically to a file, or directly to a pipe or a device."""

import contextlib
import os
import re
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from wanmeter.errors import OutputError

if TYPE_CHECKING:
    from rich.console import RenderableType


DESCRIPTOR = re.compile(r"/dev/std(?P<name>out|err)|/(dev|proc/self)/fd/(?P<number>\d{1,9})")
"""Names of what the shell has opened already. Opening such a name again would begin at the file's start."""


def emit(content: str | bytes, destination: str = "-") -> None:
    """Write `content` to standard output (`-`) or to a file.

    The file is written beside its destination and moved there when complete, so that the destination is
    always the old file or the whole new one. A replaced file keeps its permissions; a link is followed.
    What exists and is no regular file, such as a pipe or `/dev/stdout`, is written to directly.

    Raises:
        OutputError: the output cannot be written completely.
    """
    data = content.encode() if isinstance(content, str) else content
    if destination != "-":
        emit_stream(lambda file: file.write(data), destination)
        return
    try:
        _print(content)
    except BrokenPipeError:
        raise
    except OSError as error:
        forget()
        raise OutputError(destination, error.strerror or str(error)) from error
    except UnicodeEncodeError as error:
        lacking = error.object[error.start]
        problem = (
            f"{error.encoding} has no {lacking!a}; write to a file, or set PYTHONIOENCODING=utf-8"
        )
        raise OutputError(destination, problem) from error


def emit_stream(write: Callable[[IO[bytes]], object], destination: str) -> None:
    """Write a file as `emit` does, by calling `write` on it.

    Raises:
        OutputError: the file cannot be written completely.
    """
    try:
        if (opened := _opened(destination)) is not None:
            with opened as file:
                write(file)
        else:
            _replace(_target(destination), write)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(destination, error.strerror or str(error)) from error


def to_text(renderable: "RenderableType", destination: str = "-") -> str:
    """Render as text that fits the terminal, or for a file; see `wanmeter.terminal`."""
    from rich.console import Console

    from wanmeter.terminal import width

    plain = None if destination == "-" else False
    console = Console(width=width(destination), force_terminal=plain, highlight=False)
    with console.capture() as captured:
        console.print(renderable, crop=False)
    return "\n".join(line.rstrip() for line in captured.get().split("\n"))


def _print(content: str | bytes) -> None:
    if sys.stdout is None:
        raise OutputError("-", "it is closed")
    if isinstance(content, bytes) and sys.stdout.isatty():
        raise OutputError("-", "a terminal shows no pictures; name a file with -o")
    click.echo(content, nl=False)


def forget() -> None:
    """Let what standard output could not take go nowhere: Python flushes it again at exit, and fails."""
    with contextlib.suppress(OSError):  # a stream without a descriptor is nobody's to flush
        descriptor = sys.stdout.fileno()
        os.dup2(os.open(os.devnull, os.O_WRONLY), descriptor)


def _opened(destination: str) -> IO[bytes] | None:
    """A pipe, a device or what the shell has opened, to be written to directly; `None` for other files."""
    if found := DESCRIPTOR.fullmatch(destination):
        number = found["number"] or {"out": 1, "err": 2}[found["name"]]
        return open(int(number), "wb", closefd=False)
    path = os.path
    if path.exists(destination) and not path.isfile(destination) and not path.isdir(destination):
        return open(destination, "wb")
    return None


def _target(destination: str) -> Path:
    target = Path(os.path.realpath(destination))
    if not destination or destination.endswith(os.sep) or target.is_dir():
        raise OutputError(destination, "a directory, not a file")
    if target.is_symlink():
        raise OutputError(destination, "a link that leads nowhere")
    effective = os.access in os.supports_effective_ids
    if target.exists() and not os.access(target, os.W_OK, effective_ids=effective):
        raise OutputError(destination, "Permission denied")
    return target


def _replace(target: Path, write: Callable[[IO[bytes]], object]) -> None:
    partial = target.with_name(f".wanmeter-{os.urandom(8).hex()}.partial")
    try:
        with partial.open("xb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            partial.chmod(stat.S_IMODE(target.stat().st_mode))
        partial.replace(target)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
