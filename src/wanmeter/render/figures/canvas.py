"""The sheet of a figure: style, caption, file."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import matplotlib as mpl
from attrs import frozen
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from wanmeter.render.figures.lettering import shortened, wrapped
from wanmeter.version import __version__

Format = Literal["png", "svg"]

WIDTH, MARGIN = 6.0, 0.15
"""Width of the sheet and of its margin, in inches."""

SMALL = 8
"""Font size of captions, in points."""

LINE = 0.18
"""Line spacing of captions, in inches."""

# The Okabe-Ito palette, safe for colour blindness. Source: M. Okabe and K. Ito, Color Universal Design, 2008.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, BLACK = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
    "#000000",
)

INK, MUTED, GREY, GRID = "#1a1a1a", "#595959", "#949494", "#d9d9d9"

COLOURS = {
    "text_encoder": ORANGE,
    "image_encoder": PURPLE,
    "vae_encode": SKY,
    "transformer": BLUE,
    "vae_decode": GREEN,
    "total": BLACK,
    "self-attention cores": VERMILION,
    "other stages": GREY,
    "weights": MUTED,
    "peak activations": YELLOW,
}
"""Colours by what they show, the same in every figure."""

STYLE: Any = {
    "font.family": "DejaVu Sans",  # comes with matplotlib: the same on every machine
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "text.color": INK,
    "text.parse_math": False,  # a name may contain `$`
    "xtick.color": MUTED,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "svg.hashsalt": "wanmeter",  # the same input gives the same bytes
    "svg.fonttype": "path",  # readable where the font is not installed
    "path.simplify": False,
}


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
        texts = f"{shortened(name, 48)}{colon}{workload}", shortened(backends, 400)
        return [line for text in texts for line in wrapped(text, WIDTH - 2 * MARGIN, SMALL)]


@contextmanager
def style() -> Iterator[None]:
    """Set the figures' own style, and restore the user's settings afterwards."""
    with mpl.rc_context(mpl.rcParamsDefault.copy()), warnings.catch_warnings():
        mpl.rcParams.update(STYLE)
        # The font may lack letters of a name: the sheet shows boxes, and the metadata has the name.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        yield


def sheet(
    caption: Caption, heights: list[float], left: float, right: float
) -> tuple[Figure, list[Axes]]:
    """Make a sheet with stacked axes of these heights, the title above and the caption below.

    All sizes are in inches.
    """
    lines = caption.shown[::-1]
    above, between, below = 0.85, 0.85, 0.69 + LINE * len(lines)
    height = above + sum(heights) + between * (len(heights) - 1) + below
    figure = Figure(figsize=(WIDTH, height))
    figure.text(MARGIN / WIDTH, 1 - 0.32 / height, caption.title, size=13, weight="bold")
    for i, line in enumerate(lines):
        bottom = 0.14 + LINE * i
        figure.text(MARGIN / WIDTH, bottom / height, line, size=SMALL, color=MUTED)
    axes, top = [], height - above
    for each in heights:
        box = (left / WIDTH, (top - each) / height, (WIDTH - left - right) / WIDTH, each / height)
        axes.append(figure.add_axes(box))
        top -= each + between
    return figure, axes


def save(figure: Figure, caption: Caption, layout: Format) -> bytes:
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
