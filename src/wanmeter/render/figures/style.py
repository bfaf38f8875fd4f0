"""How figures look: colours, fonts, sizes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl

WIDTH, MARGIN = 5.2, 0.15
"""Width of the sheet and of its margin, in inches."""

SMALL, LABEL = 8.5, 8.5
"""Font sizes of captions and of labels, in points: 8 pixels or more on a phone of 390."""

LINE, TITLE_LINE = 0.18, 0.24
"""Line spacing of captions and titles, in inches."""

MAX_LINE, MAX_TITLE_LINE, MAX_NAME = 75, 46, 22
"""Characters that fit on a line of a caption, of a title, and of a name on the left."""

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

DARK_BLUE = "#003B5C"
"""A second shade of the transformer's blue, for its second expert."""

LAVENDER = "#B39DDB"

REST = "#A6B1BA"
"""What the title does not name."""

INK, MUTED, GRID = "#1a1a1a", "#595959", "#d9d9d9"

COLOURS = {
    "text_encoder": ORANGE,
    "image_encoder": PURPLE,
    "vae_encode": SKY,
    "transformer": BLUE,
    "transformer_2": DARK_BLUE,
    "vae_decode": GREEN,
    "self_attn core": VERMILION,
    "weights": MUTED,
    "peak activations": YELLOW,
    "held": LAVENDER,
    "workspace": GRID,
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


@contextmanager
def style() -> Iterator[None]:
    """Set the figures' own style, and restore the user's settings afterwards."""
    with mpl.rc_context(mpl.rcParamsDefault.copy()), warnings.catch_warnings():
        mpl.rcParams.update(STYLE)
        # The font may lack letters of a name: the sheet shows boxes, and the metadata has the name.
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font", UserWarning)
        yield
