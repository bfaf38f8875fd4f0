"""How a command ends: an error in one line with exit code 2, or the exit code of a signal."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
from click.exceptions import Exit, NoArgsIsHelpError

from wanmeter.cli.output import forget
from wanmeter.errors import OutputError, WanmeterError, shortened

MAX_ERROR_CHARACTERS = 1000
"""Longest error message."""

ENDING = ("SIGTERM", "SIGHUP")
"""Signals that end the command as an interrupt does; not every system has all."""

BY_SIGNAL = 128
"""A shell's exit code of a command that a signal ended is this much more than the signal's number."""

SIGPIPE = 13


class OneLineError(click.ClickException):
    """An error on the command line: its message on one line, exit code 2."""

    exit_code = 2

    def __init__(self, message: str) -> None:
        """Escape line breaks, and leave out the middle of a long message."""
        super().__init__(shortened(message, MAX_ERROR_CHARACTERS))


@contextmanager
def ended() -> Iterator[None]:
    """Turn what ends a command into one line, or into an exit code alone."""
    try:
        with _signals_raised():
            yield
    except KeyboardInterrupt as error:
        click.echo("Interrupted", err=True)
        raise Exit(BY_SIGNAL + signal.SIGINT) from error
    except BrokenPipeError as error:  # the reader has what it wants
        forget()
        raise Exit(BY_SIGNAL + SIGPIPE) from error
    except NoArgsIsHelpError:
        raise
    except click.UsageError as error:
        raise OneLineError(_line(error)) from error
    except WanmeterError as error:
        raise OneLineError(str(error)) from error
    except OSError as error:
        forget()
        problem = error.strerror or str(error)
        if error.filename is None:  # files that a command writes are `emit`'s
            raise OneLineError(str(OutputError("-", problem))) from error
        raise OneLineError(f"{error.filename}: {problem}") from error


def _line(error: click.UsageError) -> str:
    """What is wrong with the arguments, and the remedy."""
    message = " ".join(error.format_message().split()).rstrip(".")
    told = type(error) is click.BadParameter or getattr(error, "possibilities", None)
    if isinstance(error, click.NoSuchOption):
        from wanmeter.cli.completion import known_keys

        key = error.option_name.lstrip("-").replace("-", "_")
        if key in known_keys():
            return f"{message}; overrides have no dashes: write {key}=VALUE"
    if error.ctx is None or told or "`" in message:
        return message
    return f"{message}; see `{error.ctx.command_path} --help`"


@contextmanager
def _signals_raised() -> Iterator[None]:
    """Raise where a signal would end the process at once, so that files that are not complete are removed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in ENDING if hasattr(signal, name)]
    own = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in own:
        signal.signal(number, _raise)
    try:
        yield
    finally:
        for number in own:
            signal.signal(number, signal.SIG_DFL)


def _raise(number: int, _: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # once is enough
    raise SystemExit(BY_SIGNAL + number)
