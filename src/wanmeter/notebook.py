"""Tables as notebooks show them: HTML without scripts, in the notebook's own style."""

from collections.abc import Iterable, Sequence
from html import escape


def html_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, note: str = ""
) -> str:
    """A title, a table with the names of its rows at the left, and a note. All text is escaped."""
    head = _row("th", columns)
    body = "".join([_row("td", row) for row in rows])
    below = f"<p>{escape(note)}</p>" if note else ""
    return (
        f"<p><b>{escape(title)}</b></p>"
        f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{below}"
    )


def _row(cell: str, texts: Sequence[str]) -> str:
    sides = ["left", *["right"] * (len(texts) - 1)]
    cells = [
        f'<{cell} style="text-align: {side}">{escape(text)}</{cell}>'
        for side, text in zip(sides, texts, strict=True)
    ]
    return f"<tr>{''.join(cells)}</tr>"
