"""Layers of one's own have closed forms if they use the arithmetic of formulas; an error names the layer."""

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from wanmeter import (
    ClosedFormError,
    MapOperators,
    Meter,
    OperatorKind,
    get_backend,
    meter,
    sweep,
)
from wanmeter.arithmetic import smallest

SHARED = get_backend("shared")
TILE, WINDOW = 256, 9


def windowed(spec, least):
    """Self-attention in tiles, each of which sees a window of tiles, or all if there are fewer."""

    def change(operator):
        if operator.kind is not OperatorKind.ATTENTION:
            return operator
        tiles = -(-spec.tokens // TILE)
        seen = least(WINDOW, tiles)
        each = 4 * spec.batch_size * spec.dim * TILE * TILE
        return evolve(operator, flops=each * tiles * seen)

    return MapOperators(SHARED.self_attention(spec), change)


SLIDING = evolve(SHARED, name="sliding", self_attention=lambda spec: windowed(spec, least=smallest))
BOUND = Meter("t2v-1.3b", SLIDING)


@settings(max_examples=10)
@given(
    latents=st.integers(0, 30),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    batch=st.integers(1, 9),
)
def test_a_sliding_window_has_a_closed_form(latents, height, width, batch):
    """Few tiles, all of them seen, and many: the same expression."""
    size = {"num_frames": 4 * latents + 1, "height": 16 * height, "width": 16 * width}
    report = meter("t2v-1.3b", "480p", SLIDING, batch_size=batch, **size)
    assert BOUND.cost(report.workload) == report.total


def test_a_sliding_window_can_be_swept():
    frames = [1, 5, 81, 1001]
    rows = sweep("t2v-1.3b", "480p", SLIDING, num_frames=frames)
    for i, num_frames in enumerate(frames):
        total = meter("t2v-1.3b", "480p", SLIDING, num_frames=num_frames).total
        assert rows["flops"][i] == total.flops


def test_min_has_no_closed_form_and_the_error_names_the_layer():
    own = evolve(SHARED, name="own", self_attention=lambda spec: windowed(spec, least=min))
    with pytest.raises(ClosedFormError) as error:
        Meter("t2v-1.3b", own).cost(meter("t2v-1.3b", "480p").workload)
    assert str(error.value).startswith("no closed form: transformer: own, self_attention: ")
    assert "for some workloads and not for others" in str(error.value)
    assert len(str(error.value)) < 400
