"""Fits text to a width: wraps lines, and shortens words that are wider than a line."""

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Break text into lines of at most `width` inches, in a font of `size` points."""
    lines: list[str] = []
    for word in text.split():
        fitting = _fitting(word, width, size)
        if lines and _width(f"{lines[-1]} {fitting}", size) <= width:
            lines[-1] += f" {fitting}"
        else:
            lines.append(fitting)
    return lines


def shortened(text: str, length: int) -> str:
    """Shorten a text to `length` characters by leaving out its middle."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def _fitting(word: str, width: float, size: float) -> str:
    while (taken := _width(word, size)) > width:
        word = shortened(word, min(len(word) - 1, int(len(word) * width / taken)))
    return word


def _width(text: str, size: float) -> float:
    """Width of a text in inches, of 72 points each."""
    points, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size), ismath=False
    )
    return float(points) / 72
