"""Tables in notebooks: well-formed HTML, with all text escaped."""

from xml.etree import ElementTree

from wanmeter.notebook import html_table


def test_a_table_has_its_cells_and_nothing_but_text_in_them():
    hostile = "<script>alert(1)</script> & 'more\""
    html = html_table(hostile, ["module", hostile], [[hostile, "1"], ["total", "2"]], note=hostile)
    root = ElementTree.fromstring(f"<body>{html}</body>")  # it is ours
    assert [cell.text for cell in root.iter("th")] == ["module", hostile]
    assert [cell.text for cell in root.iter("td")] == [hostile, "1", "total", "2"]
    assert [part.text for part in root.iter("b")] == [hostile]
    assert {each.tag for each in root.iter()} == {
        *("body", "p", "b", "table", "thead", "tbody", "tr", "th", "td")
    }


def test_names_are_at_the_left_and_numbers_at_the_right():
    html = html_table("", ["module", "calls"], [["head", "100"]])
    assert '<td style="text-align: left">head</td><td style="text-align: right">100</td>' in html
