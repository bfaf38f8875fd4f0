"""Text that has to fit: broken into lines by its width, shortened where a word is wider than a line."""

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path


def wrapped(text: str, width: float, size: float) -> list[str]:
    """Lines of at most `width` inches, in letters of `size` points."""
    lines: list[str] = []
    for word in text.split():
        fitting = _fitting(word, width, size)
        if lines and _width(f"{lines[-1]} {fitting}", size) <= width:
            lines[-1] += f" {fitting}"
        else:
            lines.append(fitting)
    return lines


def shortened(text: str, length: int) -> str:
    """At most `length` characters: what is too much is left out in the middle."""
    if len(text) <= length:
        return text
    tail = (length - 1) // 2
    return f"{text[: length - 1 - tail]}…{text[len(text) - tail :]}"


def _fitting(word: str, width: float, size: float) -> str:
    while (taken := _width(word, size)) > width:
        word = shortened(word, min(len(word) - 1, int(len(word) * width / taken)))
    return word


def _width(text: str, size: float) -> float:
    """Inches; a point is the 72nd part of one."""
    points, _, _ = text_to_path.get_text_width_height_descent(
        text, FontProperties(size=size), ismath=False
    )
    return float(points) / 72
