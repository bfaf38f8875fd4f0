"""Errors say where, what was given and what is allowed, and survive pickling."""

import ast
import pickle
import time

import pytest

from tests.error_texts import raised
from wanmeter import (
    BackendError,
    ConfigError,
    DocumentError,
    InvalidValueError,
    OutputError,
    UnknownNameError,
    WanmeterError,
)

MESSAGES = {
    "workload.num_frames: got 80; allowed: 4k + 1; nearest valid: 77 and 81": InvalidValueError(
        "workload.num_frames", 80, "4k + 1", (77, 81)
    ),
    "Linear.bias: got 1; allowed: true or false": InvalidValueError(
        "Linear.bias", 1, "true or false"
    ),
    "unknown model 'wan14'; known: a, b": UnknownNameError("model", "wan14", ("b", "a")),
    "unknown layer_impl 'share'; did you mean 'shared'? known: shared": UnknownNameError(
        "layer_impl", "share", ("shared",)
    ),
    "unknown device 'h1'; did you mean 'h100' or 'h100_80gb' or 'eh1'? known: eh1, h100, h100_80gb": UnknownNameError(
        "device", "h1", ("h100_80gb", "eh1", "h100")
    ),
    "unknown key 'gpus'; write ulysses_degree": UnknownNameError(
        "key", "gpus", ("gpu",), listed_by="a list", remedy="write ulysses_degree"
    ),
    "unknown option 'x'; known: none": UnknownNameError("option", "x", ()),
    "workload.height: missing": ConfigError("workload.height", "missing"),
    "backend 'sparse': broken": BackendError("sparse", "broken"),
    "cannot write out.json: Permission denied": OutputError("out.json", "Permission denied"),
}


@pytest.mark.parametrize(("message", "error"), MESSAGES.items())
def test_messages(message, error):
    assert isinstance(error, WanmeterError)
    assert str(error) == message


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("a\n" * 100_000, "b\r" * 100_000),
        DocumentError("a\n" * 100_000, "b\x1b" * 100_000),
        InvalidValueError("a\n" * 100_000, "b\n" * 100_000, "c"),
        OutputError("a\n" * 100_000, "b"),
        UnknownNameError("module", "b\n" * 100_000, tuple(f"{i:09}" for i in range(100_000))),
        UnknownNameError("module", [["b" * 400] * 20] * 20, tuple(i * "c" for i in range(5000))),
    ],
)
def test_an_error_is_one_line_and_short_whatever_it_is_about(error):
    assert str(error).isprintable()
    assert len(str(error)) < 4010


def test_a_value_is_shown_in_short_and_in_no_time():
    value = "x" * 350
    for _ in range(9):
        value = [value] * 20
    began = time.process_time()
    assert len(str(InvalidValueError("a", value, "b"))) < 4000
    assert time.process_time() - began < 5


def test_names_without_end_are_counted():
    error = UnknownNameError("module", "x", tuple(f"{i:03}" for i in range(130)))
    assert str(error).endswith(", 010, 011 and 118 more")


def test_many_names_are_not_listed_beside_those_that_are_close():
    error = UnknownNameError("key", "num_frame", (*map(str, range(20)), "num_frames", "num_heads"))
    assert str(error) == "unknown key 'num_frame'; did you mean 'num_frames'?"


@pytest.mark.parametrize("error", MESSAGES.values())
def test_errors_survive_pickling(error):
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_the_kinds_of_error_are_also_pythons_own():
    assert issubclass(InvalidValueError, ValueError)
    assert issubclass(UnknownNameError, LookupError)


def test_no_prose_stands_in_the_place_of_a_value():
    """What was given is a value, so that an error says `got 81` and not `got 'a number'`."""
    given = [each for each in raised() if each.name in ("InvalidValueError", "UnknownNameError")]
    assert len(given) > 50
    for each in given:
        text = each.arguments[1]
        assert not isinstance(text, ast.JoinedStr), each
        assert not (isinstance(text, ast.Constant) and isinstance(text.value, str)), each
