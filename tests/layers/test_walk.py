"""The walk: paths, copies and calls of every layer, parents first."""

from tests.layers.test_base import Fixed, Sequence
from wanmeter import Child, Operator, OperatorKind, StageCost, StepScaled, Tensor, walk

OPERATOR = Operator(kind=OperatorKind.GEMM, flops=1, weights=(Tensor(1, 8),), weights_read=())
LEAF = Fixed(OPERATOR)
BLOCK = Sequence([Child(name="attn", layer=StepScaled(LEAF, 2)), Child(name="ffn", layer=LEAF)])
MODEL = Sequence(
    [Child(name="embed", layer=LEAF, held_bytes=7), Child(name="blocks", layer=BLOCK, copies=40)]
)


def test_parents_come_before_children_in_execution_order():
    assert [visit.path for visit in walk(MODEL)] == ["embed", "blocks", "blocks/attn", "blocks/ffn"]


def test_copies_multiply_down_the_tree_and_calls_are_the_layers_own():
    visits = {visit.path: visit for visit in walk(StepScaled(MODEL, 5))}
    assert visits["blocks/attn"].copies == 40
    assert visits["blocks/attn"].calls == 10
    assert visits["blocks/attn"].cost == StageCost(flops=400, params=40, weight_bytes=40)
    assert visits["embed"].held_bytes == 7


def test_every_parent_is_what_its_children_give():
    visits = list(walk(StepScaled(MODEL, 5)))
    blocks = next(visit for visit in visits if visit.path == "blocks")
    below = [visit for visit in visits if visit.path.startswith("blocks/")]
    assert blocks.cost == sum((v.cost.holding(v.held_bytes) for v in below), StageCost())


def test_operators_come_with_their_calls():
    """A floor above reads shapes and element sizes from here, not from costs."""
    visits = {visit.path: visit for visit in walk(StepScaled(MODEL, 5))}
    assert visits["blocks/attn"].invocations == ((OPERATOR, 10),)
    assert visits["blocks"].invocations == ()
    assert [visits[path].depth for path in ("embed", "blocks", "blocks/attn")] == [0, 0, 1]
