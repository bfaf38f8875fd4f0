"""What is written into pages comes from somewhere, and programs are those that are tested."""

import pytest

from tests.pages.page import PAGES, parts, with_part
from tests.pages.write import MEASURED, TABLES, source, written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_programs_on_a_page_are_those_of_the_project(page):
    text = page.read_text()
    for name in parts(text):
        if name.endswith(".py"):
            assert text == with_part(text, name, source(name)), "nox -s readme"


def test_every_table_has_a_page_and_a_function():
    named = {name for page in PAGES for name in parts(page.read_text()) if ".py" not in name}
    assert named == {*TABLES, MEASURED}


PAGE = """```console
$ wanmeter compare a.json a.json --fail-above 0 | head -n 1
```

```json title="a.json"
{}
```
"""


def test_commands_find_the_files_of_their_page(tmp_path):
    """A file may stand below the command that reads it; no file is left behind."""
    page = tmp_path / "page.md"
    page.write_text(PAGE)
    assert "\nError: a.json: " in written(page)
    assert list(tmp_path.iterdir()) == [page]
