"""The backend contract: functions of a spec that return layers for one forward pass."""

from typing import final

import pytest
from attrs import asdict, evolve, frozen

from wanmeter import (
    BackendError,
    Child,
    CrossAttentionSpec,
    InvalidValueError,
    Invocation,
    Layer,
    MlpSpec,
    Operator,
    OperatorKind,
    SelfAttentionSpec,
    StepScaled,
    get_backend,
    meter,
)
from wanmeter.layers import Mlp, idle

SPEC = MlpSpec(batch_size=1, tokens=2, dim=3, ffn_dim=4)
SHARED = get_backend("shared")


def test_the_shared_backend_composes_primitives():
    assert SHARED.supply(SPEC) == Mlp(batch_size=1, tokens=2, dim=3, ffn_dim=4)


def test_a_layer_for_more_or_fewer_passes_than_one_is_refused():
    for wrap, calls in ((lambda layer: StepScaled(layer, 5), 5), (idle, 0)):
        eager = evolve(SHARED, name="eager", mlp=lambda spec, wrap=wrap: wrap(SHARED.mlp(spec)))
        with pytest.raises(BackendError, match=rf"'eager': mlp returned a layer for {calls} calls"):
            eager.supply(SPEC)


def test_anything_but_a_layer_is_refused():
    broken = evolve(SHARED, name="broken", mlp=lambda _: None)
    with pytest.raises(BackendError, match=r"mlp returned None, not a Layer"):
        broken.supply(SPEC)


def test_factories_are_functions():
    with pytest.raises(InvalidValueError, match=r"LayerBackend\.mlp: got 3"):
        evolve(SHARED, mlp=3)


@pytest.mark.parametrize("changes", [["attention"], "ffn/act", ["self_attn", 3]])
def test_changes_are_parts_of_a_block(changes):
    with pytest.raises(
        InvalidValueError, match=r"LayerBackend\.changes: got .*; allowed: a list of self_attn"
    ):
        evolve(SHARED, name="theirs", changes=changes)


@final
@frozen
class Odd(Layer):
    """A layer with given properties."""

    children: tuple[Child, ...] = ()
    invocations: tuple[Invocation, ...] = ()


GEMM = Invocation(Operator(kind=OperatorKind.GEMM, flops=1), 1)
LEAF = Odd(invocations=(GEMM,))


@pytest.mark.parametrize(
    ("layer", "problem"),
    [
        (Odd(), "mlp: Odd has neither parts nor an operator"),
        (
            Odd(children=(Child(name="a", layer=LEAF),), invocations=(GEMM,)),
            "mlp: Odd has parts and an operator",
        ),
        (Odd(children=(Child(name="a", layer=Odd()),)), "mlp: a has neither parts nor an op"),
        (
            Odd(children=(Child(name="a", layer=LEAF), Child(name="a", layer=LEAF))),
            "mlp: Odd has two parts of one name: a, a",
        ),
    ],
)
def test_a_layer_that_no_report_could_hold_is_refused(layer, problem):
    """Operators have a kind and nothing else has one: reports group by it, and would lose or double it."""
    backend = evolve(SHARED, mlp=lambda _: layer)
    with pytest.raises(BackendError, match=problem):
        backend.supply(SPEC)


def test_a_part_has_no_slash_in_its_name():
    with pytest.raises(InvalidValueError, match="a name without /"):
        Child(name="a/b", layer=LEAF)


def test_queries_and_keys_are_normalised_unless_told():
    """Wan2.1 wan/configs: qk_norm."""
    shape = {"batch_size": 1, "tokens": 2, "dim": 8, "num_heads": 2}
    assert SelfAttentionSpec(**shape).qk_norm is True
    assert CrossAttentionSpec(**shape, context_tokens=3).qk_norm is True


def test_there_are_no_image_tokens_unless_told():
    shape = {"batch_size": 1, "tokens": 2, "dim": 8, "num_heads": 2, "context_tokens": 3}
    assert CrossAttentionSpec(**shape).image_tokens == 0


def test_what_a_backend_makes_is_asked_anew_each_time():
    """A third party's factory may read anything, so its layers are not cached."""
    ffn_dim = [8]

    def mlp(spec):
        return Mlp(**asdict(evolve(spec, ffn_dim=ffn_dim[0]), recurse=False))

    theirs = evolve(SHARED, name="theirs", mlp=mlp)
    seen = set()
    for ffn_dim[0] in (8, 16, 32):
        seen.add(meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", theirs).total.flops)
    assert len(seen) == 3
