"""Renders the page as one HTML file, and as Markdown."""

import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from wanmeter.conventions import NOT_MODELLED
from wanmeter.render.figures import Figure
from wanmeter.render.page.content import Page
from wanmeter.report.cells import COLUMNS
from wanmeter.verify import Outcome
from wanmeter.version import __version__


def to_html(page: Page, figures: Iterable[Figure]) -> str:
    """The page as one self-contained HTML file. The first two figures are shown, the others folded away."""
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
    """The page as Markdown, without figures, which Markdown cannot embed."""
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
        page=page,
        columns=COLUMNS,
        not_modelled=NOT_MODELLED,
        outcomes=list(Outcome),
        version=__version__,
        **more,
    )


def _cell(value: object) -> str:
    """A value as one line of Markdown text, with markup and cell separators escaped."""
    text = _line(value)
    for special in "\\|*_`<>[]&~$":
        text = text.replace(special, f"\\{special}")
    return text


def _code(value: object) -> str:
    """A value as code in Markdown, between fences longer than any run of backticks in it."""
    text = _line(value)
    fence = "`" * (max(map(len, re.findall("`+", text)), default=0) + 1)
    # A backtick at either end would lengthen the fence. Markdown hides one space at each end.
    space = " " if "`" in text or (text.strip() and text[0] == text[-1] == " ") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _line(value: object) -> str:
    return " ".join(str(value).splitlines())
