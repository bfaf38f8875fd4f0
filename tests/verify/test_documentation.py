"""The tables of docs/verification.md are what is measured."""

import pytest

from tests.verify.gaps import PAGE, markdown, measured, page_with

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]


def test_the_tables_are_what_is_measured():
    assert PAGE.read_text() == page_with(markdown(measured()))
