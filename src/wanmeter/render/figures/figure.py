"""`Figure`: a figure, its caption and its text alternative; the sheet that it is drawn on, and its file."""

import io
import re
from collections.abc import Callable
from textwrap import wrap
from typing import Literal, get_args

from attrs import field, frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from wanmeter.errors import UnknownNameError, shortened
from wanmeter.render.figures.style import (
    LINE,
    MARGIN,
    MAX_LINE,
    MAX_TITLE_LINE,
    MUTED,
    SMALL,
    TITLE_LINE,
    WIDTH,
    style,
)
from wanmeter.version import __version__

Format = Literal["png", "svg"]


@frozen(kw_only=True)
class Caption:
    """The caption of a figure, on the sheet and in its file's metadata."""

    title: str
    run: str
    backends: str

    @property
    def lines(self) -> tuple[str, str]:
        """The model and the workload; the backends, and the version."""
        return self.run, f"{self.backends}; wanmeter {__version__}"

    @property
    def shown(self) -> list[str]:
        """The lines, wrapped to the sheet. Long names are shortened; the workload never is."""
        run, backends = self.lines
        name, colon, workload = run.rpartition(": ")
        texts = f"{shortened(name, 36)}{colon}{workload}", shortened(backends, 400)
        return [line for text in texts for line in wrapped(text, MAX_LINE)]


@frozen(kw_only=True)
class Figure:
    """A figure of a run: its name, its caption, its text alternative, and how it is drawn."""

    name: str
    caption: Caption
    alt: str
    draw: Callable[[Caption], Sheet] = field(repr=False)

    def to_bytes(self, layout: Format = "png") -> bytes:
        """Render the figure as a file; the same run gives the same bytes.

        Raises:
            UnknownNameError: the layout is neither `png` nor `svg`.
        """
        if layout not in get_args(Format):
            raise UnknownNameError("layout", layout, get_args(Format))
        with style():
            return _saved(self.draw(self.caption), self.caption, layout)


UNIT = r"(?<=\d) (?=(?:%|[kMGTPEZ]?i?B|[kMGTPEZ]?FLOP|h|min|s|ms)(?!\w))"
"""The space before a unit."""

RANGE = r"(?<=\d) (?=to \d)|(?<=\d to) (?=\d)"
"""The spaces of a range."""

VERSION = r" (?=\d+\.\d+\.)"
"""The space before a version."""


def wrapped(text: str, width: int) -> list[str]:
    """Lines of a text. None starts with a unit or a version, or ends within a range or a word."""
    bound = re.sub(f"{UNIT}|{RANGE}|{VERSION}", "\N{NO-BREAK SPACE}", text)
    return wrap(bound, width, break_on_hyphens=False)


def balanced(text: str, width: int) -> list[str]:
    """As few lines, of lengths that are as even as can be."""
    lines = wrapped(text, width)
    fewest = len(lines)
    while width > 1 and len(narrower := wrapped(text, width := width - 1)) == fewest:
        lines = narrower
    return lines


def sheet(
    caption: Caption,
    heights: list[float],
    left: float,
    right: float,
    *,
    legend: float = 0,
    between: float = 0.7,
    label_lines: int = 1,
) -> tuple[Sheet, list[Axes]]:
    """Make a sheet with stacked axes of these heights, the title above and the caption below.

    All sizes are in inches; `legend` is left free above the axes. The label of the last axis has so many lines.
    """
    lines = caption.shown[::-1]
    title = balanced(caption.title, MAX_TITLE_LINE)
    above = 0.36 + TITLE_LINE * len(title) + legend
    below = 0.69 + LINE * (len(lines) + label_lines - 1)
    height = above + sum(heights) + between * (len(heights) - 1) + below
    figure = Sheet(figsize=(WIDTH, height))
    for i, line in enumerate(title):
        top = 1 - (0.32 + TITLE_LINE * i) / height
        figure.text(MARGIN / WIDTH, top, line, size=12, weight="bold")
    for i, line in enumerate(lines):
        bottom = 0.14 + LINE * i
        figure.text(MARGIN / WIDTH, bottom / height, line, size=SMALL, color=MUTED)
    axes, top = [], height - above
    for each in heights:
        box = (left / WIDTH, (top - each) / height, (WIDTH - left - right) / WIDTH, each / height)
        axes.append(figure.add_axes(box))
        top -= each + between
    return figure, axes


def _saved(figure: Sheet, caption: Caption, layout: Format) -> bytes:
    """Save the figure as a file's bytes, with the caption, but no date, in its metadata."""
    described = " | ".join(caption.lines)
    file = io.BytesIO()
    if layout == "png":
        metadata = {
            "Title": caption.title,
            "Description": described,
            "Software": f"wanmeter {__version__}",
        }
        figure.savefig(file, format="png", dpi=160, metadata=metadata)
    else:
        metadata = {
            "Title": caption.title,
            "Description": described,
            "Creator": f"wanmeter {__version__}",
        }
        figure.savefig(file, format="svg", metadata={**metadata, "Date": None})
    return file.getvalue()
