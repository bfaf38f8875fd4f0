"""Figures of what a run costs. Needs the extra `plots`."""

from wanmeter.errors import MissingExtraError

try:
    from wanmeter.render.figures.draw import FIGURES, draw
    from wanmeter.render.figures.figure import Figure
except ModuleNotFoundError as error:
    raise MissingExtraError.of("plotting", error, "plots") from error

__all__ = ["FIGURES", "Figure", "draw"]
