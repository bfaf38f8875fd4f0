"""`Figure`: a figure and its text alternative."""

from collections.abc import Callable
from typing import get_args

from attrs import field, frozen
from matplotlib.figure import Figure as Sheet

from wanmeter.errors import UnknownNameError
from wanmeter.render.figures.canvas import Caption, Format, save, style


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
            return save(self.draw(self.caption), self.caption, layout)
