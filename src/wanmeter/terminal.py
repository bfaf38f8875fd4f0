"""Text that fits the terminal: its width, prose, tables that give up columns, and a verdict that is seen."""

import os
import shlex
import shutil
import sys
from collections.abc import Collection, Iterator, Sequence
from textwrap import fill

from attrs import define, field, frozen
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table
from rich.text import Text

PROSE = 80
"""Most columns of prose, in any terminal, pipe or file; and those of a terminal that does not say its width."""

WHOLE = 10_000
"""Columns of a pipe and of a file, more than any table has: all rows are whole, each on a line."""

SCREEN = 24
"""Lines of a screen. What is longer ends with its verdict too."""

GAP = 2
"""Columns between those of a table."""

CONTINUED = " \\"
"""How a line of a command ends that goes on in the next."""

LEAST = 20
"""How narrow prose in a table becomes before other columns go."""


def width(destination: str = "-") -> int:
    """Columns of standard output (`-`) or of a file: COLUMNS if set, else the terminal's, else `WHOLE`."""
    terminal = destination == "-" and sys.stdout is not None and sys.stdout.isatty()
    if terminal:
        return shutil.get_terminal_size((PROSE, SCREEN)).columns
    given = os.environ.get("COLUMNS", "")
    return int(given) if given.isdecimal() and int(given) else WHOLE


@frozen
class Prose:
    """Text that breaks between words only; its further lines are indented by `hanging`."""

    text: str
    style: str = field(default="", kw_only=True)
    indent: str = field(default="", kw_only=True)
    hanging: str = field(default="", kw_only=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Fill the lines."""
        filled = fill(
            self.text,
            min(options.max_width, PROSE),
            initial_indent=self.indent,
            subsequent_indent=self.hanging,
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield Text(filled, style=self.style, no_wrap=True, overflow="ignore")


@frozen
class Pasted:
    """A command to copy, word by word. A backslash ends each line but the last, so that a shell reads one command."""

    words: Sequence[str]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Fill the lines."""
        lines, room = [""], min(options.max_width, PROSE) - len(CONTINUED)
        for word in map(shlex.quote, self.words):
            longer = f"{lines[-1]} {word}" if lines[-1] else word
            if lines[-1] and len(longer) > room:
                lines.append(f"    {word}")
            else:
                lines[-1] = longer
        yield Text(f"{CONTINUED}\n".join(lines), no_wrap=True, overflow="ignore")


@define(eq=False)
class PlainTable:
    """A table without lines. The columns named in `left` and in `wrap` are aligned at the left.

    Where there is no room for all columns, those in `drop` go, one after the other, and if it is `noted` a line
    below says so. Prose, in the columns in `wrap`, breaks its lines between words. If that is not enough, rows are
    told one by one. `least` has the least width of each column, for tables that are to be aligned.
    """

    columns: Sequence[str]
    left: Collection[str] = field(kw_only=True)
    wrap: Collection[str] = field(default=(), kw_only=True)
    drop: Sequence[str] = field(default=(), kw_only=True)
    least: Sequence[int] = field(default=(), kw_only=True)
    noted: bool = field(default=True, kw_only=True)
    rows: list[tuple[tuple[str, ...], str]] = field(init=False, factory=list)

    def add_row(self, *cells: str, style: str = "") -> None:
        """Add a row: a cell for each column."""
        self.rows.append((cells, style))

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Leave out what does not fit."""
        kept, dropped = dict(enumerate(self._widths())), []
        whole = self._least(kept)
        for name in self.drop:
            if self._least(kept) <= options.max_width:
                break
            dropped.append(name)
            del kept[self.columns.index(name)]
        self._narrow(kept, options.max_width)
        if _sum(kept.values()) > options.max_width:
            yield from self._told()
            return
        yield self._made(kept)
        if dropped and self.noted:
            lost = ", ".join(dropped)
            yield Prose(
                f"Left out at {options.max_width} columns: {lost}; all need {whole}.", style="dim"
            )

    def _cells(self, index: int) -> Iterator[str]:
        yield self.columns[index]
        yield from (cells[index] for cells, _ in self.rows)

    def _widths(self) -> list[int]:
        least = self.least or [0] * len(self.columns)
        return [max(least[i], *map(cell_len, self._cells(i))) for i in range(len(self.columns))]

    def _least(self, kept: dict[int, int]) -> int:
        """The width of a table whose prose is as narrow as it becomes."""
        soft = [i for i in kept if self.columns[i] in self.wrap]
        return _sum(kept.values()) - sum(max(0, kept[i] - LEAST) for i in soft)

    def _narrow(self, kept: dict[int, int], room: int) -> None:
        """Let the columns that may wrap share what the others leave."""
        soft = [i for i in kept if self.columns[i] in self.wrap]
        left = room - _sum(kept.values()) + sum(kept[i] for i in soft)
        for n, i in enumerate(sorted(soft, key=kept.__getitem__)):
            words = [word for cell in self._cells(i) for word in cell.split()]
            longest = max(map(cell_len, words), default=0)
            kept[i] = max(longest, min(kept[i], left // (len(soft) - n)))
            left -= kept[i]

    def _told(self) -> Iterator[Prose]:
        """Each row as a sentence."""
        for (first, *others), style in self.rows:
            cells = zip(self.columns[1:], others, strict=True)
            told = ", ".join(f"{name} {cell}".strip() for name, cell in cells if cell)
            yield Prose(f"{first}: {told}" if first else f"  {told}", style=style, hanging="  ")

    def _made(self, kept: dict[int, int]) -> Table:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for i, each in kept.items():
            name = self.columns[i]
            aligned = "left" if name in self.left or name in self.wrap else "right"
            table.add_column(Text(name), justify=aligned, width=each)  # type: ignore[arg-type]
        for cells, style in self.rows:
            table.add_row(*(Text(cells[i]) for i in kept), style=style)
        return table


def _sum(widths: Collection[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


@frozen
class Answered:
    """An answer and what it rests on. Its verdict comes last too if all is longer than a screen."""

    answer: RenderableType
    parts: Sequence[RenderableType]
    verdict: RenderableType

    def __rich_console__(
        self, console: Console, options: ConsoleOptions
    ) -> Iterator[RenderableType]:
        """Repeat the verdict if its beginning may have left the screen."""
        body = Group(self.answer, *self.parts)
        yield body
        if len(console.render_lines(body, options, pad=False)) > SCREEN:
            yield Text()
            yield self.verdict
