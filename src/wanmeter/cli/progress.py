"""What a long command is doing, on standard error while it runs, if that is a terminal."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

Starting = Callable[[str, Sequence[str]], None]
"""Says which part begins, of all."""

Doing = Callable[[str, int, int], None]
"""Says what begins, how many parts are done, and how many there are."""


@contextmanager
def progress(command: str, *, even: bool = False) -> Iterator[Doing]:
    """Show a bar that disappears at the end; nothing in a pipe or a file. `even` parts say the time that is left."""
    if not _on_terminal():
        yield lambda text, done, parts: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(20), MofNCompleteColumn())
    clock = TimeRemainingColumn() if even else TimeElapsedColumn()
    with Progress(*columns, clock, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(command, total=None)

        def doing(text: str, done: int, parts: int) -> None:
            told = f"{command}: {text}" if text else command
            bar.update(task, description=told, completed=done, total=parts)

        yield doing


def _on_terminal() -> bool:
    return sys.stderr is not None and sys.stderr.isatty()


@contextmanager
def steps(command: str) -> Iterator[Starting]:
    """Show a bar, as `progress` does, for parts that are known by name."""
    with progress(command) as doing:
        yield lambda part, every: doing(part, every.index(part), len(every))
