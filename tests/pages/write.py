"""Writes what commands print and functions compute into the README and the documentation.

`python -m tests.pages.write` writes all pages, or those whose names are given.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

from tests.model_folder_keys import tables as keys
from tests.pages.accuracy import accuracy, errors_of_memory, errors_of_time
from tests.pages.fits import fits
from tests.pages.page import PAGES, PROJECT, blocks, parts, with_outputs, with_part, with_titles

TABLES = {
    "accuracy": accuracy,
    "errors of memory": errors_of_memory,
    "errors of time": errors_of_time,
    "fits": fits,
    "keys": keys,
}
MEASURED = "measured"
"""A table that needs torch: `python -m tests.verify.gaps` writes it."""


def source(name):
    """A program of the project as a block of code, which is tested where it stands."""
    return f"```py\n{(PROJECT / name).read_text()}```"


def written(page):
    """The text of a page as it is to be; commands run in an empty folder, with the files of the page."""
    text = page.read_text()
    for name in parts(text):
        if name.endswith(".py"):
            text = with_part(text, name, source(name))
        elif name != MEASURED:
            text = with_part(text, name, TABLES[name]())
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        for _, title, content in blocks(text):
            if title:
                Path(title).parent.mkdir(parents=True, exist_ok=True)
                Path(title).write_text(content)
        text = with_outputs(text)
    return with_titles(text, page.parent)


if __name__ == "__main__":
    for page in PAGES:
        if not sys.argv[1:] or page.name in sys.argv[1:]:
            page.write_text(written(page))
