"""The page as HTML, whole in one file, and as Markdown."""

from base64 import b64encode
from collections.abc import Iterable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from wanmeter.figures import Figure
from wanmeter.page.content import Page
from wanmeter.verify import Outcome
from wanmeter.version import __version__


def to_html(page: Page, figures: Iterable[Figure]) -> str:
    """The page as one HTML file that needs no other and no network."""
    pictures = [
        {
            "alt": figure.alt,
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
        loader=PackageLoader("wanmeter.page"),
        autoescape=escaped,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = _cell
    return environment.get_template(template).render(
        page=page, version=__version__, outcomes=list(Outcome), **more
    )


def _cell(value: object) -> str:
    """A value in a Markdown table: what would end the cell, or be markup, is escaped."""
    text = str(value)
    for special in "\\|*_`<>[]":
        text = text.replace(special, f"\\{special}")
    return text
