"""The backend contract: three functions that return layers for as many calls as asked."""

from typing import final

import pytest
from attrs import evolve, frozen

from wanmeter import (
    BackendError,
    Child,
    CrossAttentionSpec,
    InvalidValueError,
    Layer,
    MlpSpec,
    OperatorKind,
    SelfAttentionSpec,
    StageCost,
    StepScaled,
    get_backend,
)
from wanmeter.backends.wan2_1 import Wan2_1Attention
from wanmeter.layers import Mlp

SPEC = MlpSpec(batch_size=1, tokens=2, dim=3, ffn_dim=4)
SHARED = get_backend("shared")


def test_the_shared_backend_wraps_primitives_in_step_scaled():
    assert SHARED.supply_mlp(SPEC, 5) == StepScaled(
        Mlp(batch_size=1, tokens=2, dim=3, ffn_dim=4), 5
    )


def test_the_wan2_1_backend_scales_by_itself():
    layer = get_backend("wan2_1").supply_mlp(SPEC, 5)
    assert not isinstance(layer, StepScaled)
    assert layer.calls == 5


def test_a_layer_for_too_few_calls_is_refused():
    forgetful = evolve(SHARED, name="forgetful", mlp=lambda spec, _: SHARED.mlp(spec, 1))
    with pytest.raises(BackendError, match=r"'forgetful': mlp returned a layer for 1 call"):
        forgetful.supply_mlp(SPEC, 5)


def test_anything_but_a_layer_is_refused():
    broken = evolve(SHARED, name="broken", mlp=lambda _spec, _steps: None)
    with pytest.raises(BackendError, match=r"mlp returned None, not a Layer"):
        broken.supply_mlp(SPEC, 5)


def test_factories_are_functions():
    with pytest.raises(InvalidValueError, match=r"LayerBackend\.mlp: got 3"):
        evolve(SHARED, mlp=3)


@final
@frozen
class Odd(Layer):
    """A layer that says what it is told to be."""

    parts: tuple[Child, ...] = ()
    operator: OperatorKind | None = None

    @property
    def cost(self):
        return StageCost(flops=1)

    @property
    def children(self):
        return self.parts

    @property
    def kind(self):
        return self.operator


LEAF = Odd(operator=OperatorKind.GEMM)


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (Odd(), "mlp: Odd has neither parts nor a kind of operator"),
        (
            Odd(parts=(Child(name="a", layer=LEAF),), operator=OperatorKind.GEMM),
            "mlp: Odd has parts and a kind of operator",
        ),
        (Odd(parts=(Child(name="a", layer=Odd()),)), "mlp: a has neither parts nor a kind"),
        (
            Odd(parts=(Child(name="a", layer=LEAF), Child(name="a", layer=LEAF))),
            "mlp: Odd has two parts of one name: a, a",
        ),
    ],
)
def test_a_layer_that_no_report_could_hold_is_refused(layer, problem):
    """Operators have a kind and nothing else has one: reports group by it, and would lose or double it."""
    backend = evolve(SHARED, mlp=lambda spec, steps: layer)
    with pytest.raises(BackendError, match=problem):
        backend.supply_mlp(SPEC, 1)


def test_a_part_has_no_slash_in_its_name():
    with pytest.raises(InvalidValueError, match="a name without /"):
        Child(name="a/b", layer=LEAF)


def test_a_layer_for_too_many_calls_is_refused():
    eager = evolve(SHARED, name="eager", mlp=lambda spec, steps: SHARED.mlp(spec, steps + 1))
    with pytest.raises(
        BackendError, match=r"'eager': mlp returned a layer for 6 call\(s\) where 5"
    ):
        eager.supply_mlp(SPEC, 5)


def test_queries_and_keys_are_normalised_unless_told():
    """Wan2.1 wan/configs: qk_norm."""
    shape = {"batch_size": 1, "tokens": 2, "dim": 8, "num_heads": 2}
    assert SelfAttentionSpec(**shape).qk_norm is True
    assert CrossAttentionSpec(**shape, context_tokens=3).qk_norm is True
    assert Wan2_1Attention(**shape, steps=1).qk_norm is True


def test_there_are_no_image_tokens_unless_told():
    shape = {"batch_size": 1, "tokens": 2, "dim": 8, "num_heads": 2, "context_tokens": 3}
    assert CrossAttentionSpec(**shape).image_tokens == 0
    assert Wan2_1Attention(**shape, steps=1).image_tokens == 0
