"""One page that says what a run costs, as HTML or Markdown. Needs the extra `plots`."""

from wanmeter.errors import MissingExtraError

try:
    from wanmeter.render.page.content import Page
    from wanmeter.render.page.figures import page_figures
    from wanmeter.render.page.render import to_html, to_markdown
except ModuleNotFoundError as error:
    raise MissingExtraError.of("a report page", error, "plots") from error

__all__ = ["Page", "page_figures", "to_html", "to_markdown"]
