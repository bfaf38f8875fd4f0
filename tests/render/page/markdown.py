"""Markdown as its readers see it."""

from collections import Counter

from markdown_it import MarkdownIt


def tokens(markdown):
    """The pieces that a reader of Markdown sees."""
    parsed = MarkdownIt("commonmark", {"maxNesting": 100}).enable("table").parse(markdown)
    return [part for token in parsed for part in (token, *(token.children or ()))]


def kinds_of(markdown):
    """How many of each kind there are, text itself apart: an escape is a piece of its own."""
    return Counter(token.type for token in tokens(markdown) if not token.type.startswith("text"))
