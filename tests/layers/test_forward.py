"""What a composite keeps alive around each step follows from what the steps read and write."""

import attrs
import pytest

from tests.layers.test_base import Fixed
from wanmeter import Forward, InvalidValueError, Step, StepScaled, Tensor, UnknownNameError
from wanmeter.layers import CausalConv3d, Conv3d, Passes, idle

LAYER = Fixed()
TENSORS = {"x": Tensor(1, 8), "q": Tensor(10, 8), "k": Tensor(50, 16), "text": Tensor(1000, 8)}


def held(steps, borrowed=()):
    forward = Forward(steps=steps, tensors=TENSORS, borrowed=borrowed)
    return [child.held_bytes for child in forward.children]


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
    forward = Forward(steps=[Step("blocks", LAYER, reads=("x",), copies=40)], tensors=TENSORS)
    (child,) = forward.children
    assert (child.name, child.copies, child.layer) == ("blocks", 40, LAYER)


@pytest.mark.parametrize("more", [1, 2, 3, 4])
def test_what_a_step_does_is_named(more):
    with pytest.raises(TypeError, match="positional"):
        Step("core", LAYER, *((), (), (), 1)[:more])


def test_names_that_come_after_others_are_named_too():
    fields = {field.name: field.kw_only for field in attrs.fields(Step)}
    assert [name for name, named in fields.items() if not named] == ["name", "layer"]


def test_steps_of_one_name_are_one_part_called_at_several_shapes():
    """The chunks of a video, say: each with what waits around it."""
    steps = [
        Step("chunk", LAYER, keeps=("x",)),
        Step("chunk", StepScaled(LAYER, 20), keeps=("q",)),
        Step("after", LAYER),
    ]
    chunk, after = Forward(steps=steps, tensors=TENSORS).children
    assert (chunk.name, chunk.layer.calls, chunk.held_bytes) == ("chunk", 21, 10)
    assert chunk.layer == Passes([(LAYER, 1), (LAYER, 20)])
    assert after.layer is LAYER


def conv(cached, kept):
    """A convolution over frames of a single byte each."""
    size = (1, 1, 1)
    single = Conv3d(
        batch_size=1,
        in_channels=1,
        out_channels=1,
        kernel_size=size,
        input_size=size,
        output_size=size,
    )
    return CausalConv3d(conv=single, cached_frames=cached, kept_frames=kept)


def test_stateful_steps_hold_what_they_cached_around_each_other():
    """Before it: what earlier steps keep for the next call. After it: what later ones had cached.

    Two bytes a frame; of the two copies of the second, the last has the first's two frames around it.
    """
    steps = [
        Step("first", conv(1, 2)),
        Step("second", conv(1, 2), copies=2),
        Step("idle", idle(conv(7, 7))),
        Step("third", conv(5, 6)),
    ]
    forward = Forward(steps=steps)
    around = [2 * (1 + 1) + 10, 4 + 4 + 10, 4 + 8 + 10, 4 + 8]
    assert [child.held_bytes for child in forward.children] == around


def test_calls_of_one_stateful_layer_pass_its_cache_on():
    """It is the layer's own: nothing of it is held around the calls, nor around what comes after."""
    steps = [Step("conv", conv(0, 1)), Step("conv", conv(1, 1)), Step("after", LAYER)]
    assert [child.held_bytes for child in Forward(steps=steps).children] == [0, 0]


def test_a_name_does_not_come_back():
    """It would be another layer, or the same one's weights twice."""
    steps = [Step("a", LAYER), Step("b", LAYER), Step("a", LAYER)]
    with pytest.raises(InvalidValueError, match=r"Forward\.steps: got \['a', 'b', 'a'\]"):
        Forward(steps=steps).children  # noqa: B018


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"name": "a/b"}, "name"),
        ({"layer": "x"}, "layer"),
        ({"copies": "2"}, "copies"),
        ({"copies": 0}, "copies"),
    ],
)
def test_a_step_is_a_layer_under_a_name(fields, where):
    with pytest.raises(InvalidValueError, match=rf"Step\.{where}: got "):
        Step(**{"name": "a", "layer": LAYER, **fields})
