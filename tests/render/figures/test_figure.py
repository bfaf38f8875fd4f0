"""The lines of titles and captions."""

import pytest

from wanmeter.render.figures.figure import balanced, wrapped

SPACE = "\N{NO-BREAK SPACE}"


@pytest.mark.parametrize(
    "bound",
    [
        "58 %",
        "<0.1 %",
        "80 GB",
        "31.3 GiB",
        "22 min",
        "51 s",
        "653.0 PFLOP",
        "2.7 to 3.1 h",
    ],
)
def test_a_line_starts_with_no_unit(bound):
    text = f"exactly {bound}"
    for width in range(len(text), 0, -1):
        whole = bound.replace(" ", SPACE)
        lines = wrapped(text, width)
        if width < max(len(whole), len("exactly")):
            break
        assert any(whole in line for line in lines)


def test_a_version_stays_with_its_name():
    assert wrapped("by wanmeter 0.1.0", 14) == ["by", f"wanmeter{SPACE}0.1.0"]


def test_words_with_hyphens_are_whole():
    assert wrapped("of element-wise", 12) == ["of", "element-wise"]


def test_titles_have_as_few_lines_as_fit_and_even_ones():
    title = "Attention takes 58 % of 22 min on H100 SXM 80 GB"
    lines = [line.replace(SPACE, " ") for line in balanced(title, 46)]
    assert lines == ["Attention takes 58 % of", "22 min on H100 SXM 80 GB"]
    assert balanced("one line", 46) == ["one line"]
