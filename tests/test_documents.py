"""Documents: one layout for all, which says a row a line."""

import json

import pytest

from wanmeter.documents import as_json


def test_keys_are_indented_and_a_row_is_a_line():
    rows = [{"path": "a", "cost": {"flops": 2**70}}, {"path": "b", "cost": {}}]
    document = {"schema": "x/1", "widths": (1, 2), "sections": [{"name": "s", "rows": rows}]}
    assert as_json(document).splitlines() == [
        "{",
        '  "schema": "x/1",',
        '  "widths": [',
        "    1,",
        "    2",
        "  ],",
        '  "sections": [',
        "    {",
        '      "name": "s",',
        '      "rows": [',
        '        {"path": "a", "cost": {"flops": 1180591620717411303424}},',
        '        {"path": "b", "cost": {}}',
        "      ]",
        "    }",
        "  ]",
        "}",
    ]


@pytest.mark.parametrize(
    "document", [{}, {"a": []}, {"a": [[1, "é"], [], {}, None]}, {"a": {"b": {}}}]
)
def test_it_says_what_it_was_given(document):
    assert json.loads(as_json(document)) == document
    assert as_json(document).endswith("}\n")
