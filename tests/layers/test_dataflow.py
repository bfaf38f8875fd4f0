"""What a composite keeps alive around each step follows from who reads and writes what."""

import attrs
import pytest

from tests.layers.test_base import Fixed
from wanmeter import InvalidValueError, StageCost, UnknownNameError
from wanmeter.layers import Step, dataflow

LAYER = Fixed(StageCost())
SIZES = {"x": 1, "q": 10, "k": 100, "text": 1000}


def held(steps, borrowed=()):
    return [child.held_bytes for child in dataflow(steps, tensors=SIZES, borrowed=borrowed)]


def test_a_step_counts_its_own_tensors_and_the_composite_the_rest_that_is_live():
    steps = [
        Step("q", LAYER, reads=("x",), writes=("q",)),
        Step("k", LAYER, reads=("x",), writes=("k",)),
        Step("core", LAYER, reads=("q", "k")),
    ]
    # Around k, q waits for the core; x is k's own; around the core nothing waits.
    assert held(steps) == [0, 10, 0]


def test_an_input_is_live_from_the_start_until_its_last_reader():
    steps = [
        Step("first", LAYER, reads=("x",)),
        Step("second", LAYER, reads=("text",)),
        Step("third", LAYER, reads=("x",)),
    ]
    assert held(steps) == [1000, 1, 0]


def test_a_borrowed_input_is_live_throughout_except_where_a_step_counts_it():
    steps = [
        Step("first", LAYER, reads=("x",)),
        Step("second", LAYER, reads=("text",)),
        Step("third", LAYER, reads=("x",)),
    ]
    assert held(steps, borrowed=("text",)) == [1000, 1, 1000]


def test_a_name_written_anew_is_a_new_tensor():
    steps = [
        Step("make", LAYER, reads=("x",), writes=("q",)),
        Step("use", LAYER, reads=("q",)),
        Step("between", LAYER, reads=("text",)),
        Step("make again", LAYER, reads=("x",), writes=("q",)),
        Step("use again", LAYER, reads=("q",)),
    ]
    # Between its first last use and its second writing, q is dead; x waits to be read again.
    assert held(steps) == [1000, 1001, 1, 0, 0]


def test_steps_and_borrowed_names_come_in_anything_that_can_be_gone_through():
    steps = [
        Step("first", LAYER, reads=("x",)),
        Step("second", LAYER, reads=("text",)),
        Step("third", LAYER, reads=("x",)),
    ]
    assert held(iter(steps), borrowed=(name for name in ["text"])) == [1000, 1, 1000]
    assert held(steps, borrowed="text") == [1000, 1, 1000]  # a name, not its letters


@pytest.mark.parametrize("more", ["reads", "writes", "keeps"])
@pytest.mark.parametrize("names", ["x", ["x"], (name for name in "x"), (1,), None])
def test_a_step_names_tensors_in_a_tuple(more, names):
    with pytest.raises(
        InvalidValueError, match=rf"Step\.{more}: got .*; allowed: a tuple of names"
    ):
        Step("only", LAYER, **{more: names})


def test_what_is_live_has_a_size():
    waits = [Step("first", LAYER, reads=("x",)), Step("second", LAYER, reads=("x", "texx"))]
    keeps = [Step("first", LAYER, reads=("x",), keeps=("texx",))]
    for steps, borrowed in ((waits, ()), (keeps, ()), (keeps[:0] + waits[:1], ("texx",))):
        with pytest.raises(UnknownNameError, match="unknown tensor 'texx'; did you mean 'text'"):
            held(steps, borrowed=borrowed)
    # What no other step waits beside needs none: the layer itself counts it.
    assert held([Step("only", LAYER, reads=("anything",), writes=("more",))]) == [0]


def test_a_name_that_nothing_mentions_is_never_held():
    assert held([Step("only", LAYER, reads=("x",))]) == [0]


def test_copies_pass_through():
    (child,) = dataflow([Step("blocks", LAYER, reads=("x",), copies=40)], tensors=SIZES)
    assert (child.name, child.copies, child.layer) == ("blocks", 40, LAYER)


@pytest.mark.parametrize("more", [1, 2, 3, 4])
def test_what_a_step_does_is_named(more):
    with pytest.raises(TypeError, match="positional"):
        Step("core", LAYER, *((), (), (), 1)[:more])


def test_names_that_come_after_others_are_named_too():
    fields = {field.name: field.kw_only for field in attrs.fields(Step)}
    assert [name for name, named in fields.items() if not named] == ["name", "layer"]
