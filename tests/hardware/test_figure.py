"""A figure says where it is from; a rate how far it may be off."""

import pytest

from wanmeter import ConfigError, InvalidValueError, UnknownNameError
from wanmeter.hardware.figure import Figure, Rate, figure


@pytest.mark.parametrize(
    ("source", "origin"),
    [
        ("a datasheet", "published"),
        ("ASSUMED: nobody looked", "assumed"),
        ("FITTED: on a table", "fitted"),
        ("not ASSUMED", "published"),
    ],
)
def test_the_origin_is_what_the_source_begins_with(source, origin):
    assert Figure(value=1, source=source).origin == origin
    assert Rate(value=1, relative_sigma=0.1, source=source).origin == origin


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ({"value": 1e12, "relative_sigma": 0.1}, ConfigError, "a.b.source: missing"),
        ({"relative_sigma": 0.1, "source": "x"}, ConfigError, "a.b.value: missing"),
        ({"value": 1e12, "relative_sigma": 0.1, "source": ""}, InvalidValueError, "a.b.source"),
        ({"value": 0.0, "relative_sigma": 0.1, "source": "x"}, InvalidValueError, "a.b.value"),
        ({"value": "1", "relative_sigma": 0.1, "source": "x"}, InvalidValueError, "a.b.value"),
        ({"value": 1e12, "relative_sigma": 0, "source": "x"}, InvalidValueError, "relative_sigma"),
        ({"value": 1e12, "relative_sigma": 1, "source": "x"}, InvalidValueError, "relative_sigma"),
        (
            {"value": 1e12, "relative_sigma": 0.1, "source": "x", "unit": "FLOP/s"},
            UnknownNameError,
            "unit",
        ),
        (1e12, InvalidValueError, "a.b: got 1000000000000.0; allowed: a mapping of value"),
    ],
)
def test_a_rate_without_its_source_or_its_error_is_refused(values, error, message):
    with pytest.raises(error, match=message):
        figure("a.b", Rate, values)
