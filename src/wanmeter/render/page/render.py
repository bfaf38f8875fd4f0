"""The page as HTML, whole in one file, and as Markdown."""

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from wanmeter.render.figures import Figure
from wanmeter.render.page.content import Page
from wanmeter.verify import Outcome
from wanmeter.version import __version__


def to_html(page: Page, figures: Iterable[Figure]) -> str:
    """The page as one HTML file that needs no other and no network."""
    pictures = [
        {
            "title": figure.caption.title,
            "words": figure.alt,
            "data": b64encode(figure.to_bytes("svg")).decode(),
        }
        for figure in figures
    ]
    return _render("page.html.jinja", page, escaped=True, figures=pictures)


def to_markdown(page: Page) -> str:
    """The page as Markdown. Without figures: Markdown cannot hold them in one file."""
    return _render("page.md.jinja", page, escaped=False)


def _render(template: str, page: Page, *, escaped: bool, **more: Any) -> str:
    environment = Environment(
        loader=PackageLoader("wanmeter.render.page"),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["code"] = _code
    return environment.get_template(template).render(
        page=page, version=__version__, outcomes=list(Outcome), **more
    )


def _cell(value: object) -> str:
    """A value as text in Markdown: what would be markup, or end the cell, is escaped; on one line."""
    text = _line(value)
    for special in "\\|*_`<>[]&~$":
        text = text.replace(special, f"\\{special}")
    return text


def _code(value: object) -> str:
    """A value as code in Markdown, between fences longer than any run of backticks in it."""
    text = _line(value)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    # Where backticks stand at an end they would lengthen the fence. One space at each end is not shown.
    space = " " if "`" in text or (text.strip() and text[0] == text[-1] == " ") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _line(value: object) -> str:
    return " ".join(str(value).splitlines())
