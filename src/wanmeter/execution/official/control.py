"""The official program's blocks that make and take hints.

Each function stands for the forward pass of its name in Wan2.1 wan/modules/vace_model.py, line by line.
"""

from collections.abc import Callable, Sequence
from functools import partial

from wanmeter.execution.array import Array
from wanmeter.execution.official.autocast import linear
from wanmeter.execution.official.block import Condition, attention_block
from wanmeter.execution.official.embeddings import tokens
from wanmeter.execution.official.inputs import Inputs
from wanmeter.execution.official.sequence_parallel import share
from wanmeter.execution.part import Part, module

Block = Callable[[Array], Array]


def forward_vace(part: Part, x: Array, inputs: Inputs, given: Condition) -> list[Array]:
    """VaceWanModel.forward_vace, and usp_dit_forward_vace of wan/distributed/xdit_context_parallel.py."""
    embedding = part["vace_patch_embedding"].by_sample(len(inputs.vace_context))
    c = tokens(embedding, inputs.vace_context, given.freqs.seq_len)
    c = share(c, given.freqs)
    hints: list[Array] = []
    for _ in range(part.copies("vace_blocks")):
        before_proj = None if hints else part["vace_before_proj"]
        c, c_skip = control_block(part["vace_blocks"], c, x, before_proj, given)
        hints.append(c_skip)
    return hints


@module
def control_block(
    part: Part, c: Array, x: Array, before_proj: Part | None, given: Condition
) -> tuple[Array, Array]:
    """VaceWanAttentionBlock.forward. The first has `before_proj`."""
    if before_proj is not None:
        c = linear(before_proj, c) + x
    c = attention_block(part, c, given)
    c_skip = linear(part["after_proj"], c)
    return c, c_skip


@module
def hinted_block(part: Part, x: Array, given: Condition, hint: Array) -> Array:
    """BaseWanAttentionBlock.forward of a block that has a hint."""
    x = attention_block(part, x, given)
    x = x + hint * 1.0
    return x


def blocks(part: Part, hints: Sequence[Array], given: Condition) -> list[tuple[Block, int]]:
    """WanModel.blocks with their numbers of calls. The first is apart: it makes x float32.

    Which of the others have hints does not matter: all hints stay.
    """
    block, copies = part["blocks"], part.copies("blocks")
    plain: Block = partial(attention_block, block, given=given)
    if not hints:
        calls = [(plain, 1), (plain, copies - 1)]
    else:
        hinted: Block = partial(hinted_block, block, given=given, hint=hints[0])
        calls = [(hinted, 1), (hinted, len(hints) - 1), (plain, copies - len(hints))]
    return [(call, times) for call, times in calls if times]
