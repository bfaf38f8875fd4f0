"""Regimes may change along either axis of a block: every row still equals its own cost."""

from functools import cache

import numpy as np
import pytest
from attrs import asdict, evolve

from wanmeter import Meter, configure, sweep
from wanmeter.cost import COUNTS

METER = cache(Meter)

EXPERTS = ("wan2_2_t2v_a14b", {"num_frames": [5, 81], "num_inference_steps": [1, 2, 50]})
"""With one step, only one of two experts takes it."""

REFERENCES = ("wan2_1_vace_1_3b", {"num_frames": [5, 81], "num_reference_images": [0, 1, 2]})

GUIDANCE = ("wan2_1_t2v_1_3b", {"num_frames": [1, 5, 9, 81], "guidance": [True, False]})
"""One, two and more latent frames, and one pass or two."""


@pytest.mark.parametrize("text", ["outer", "inner"])
@pytest.mark.parametrize(("model", "axes"), [EXPERTS, REFERENCES, GUIDANCE])
def test_each_row_has_its_own_regime(model, axes, text):
    """300 lengths of text are an axis of the block by themselves; what is beside them is the other."""
    texts = {"text_len": range(1, 301)}
    axes = texts | axes if text == "outer" else axes | texts
    swept, base = sweep(model, by_stage=False, **axes), configure(model).workload
    assert len(swept) == np.prod([len(values) for values in axes.values()])
    for row in range(0, len(swept), 101):
        given = {name: swept[name][row].item() for name in axes}
        cost = METER(model).cost(evolve(base, **given))
        assert {name: swept[name][row] for name in COUNTS} == asdict(cost)


def test_regimes_cross_where_both_axes_change_them():
    """Frames are on the first axis of the block, guidance and 300 lengths of text on the second."""
    axes = {**GUIDANCE[1], "text_len": range(1, 301)}
    swept, base = sweep(GUIDANCE[0], by_stage=False, **axes), configure(GUIDANCE[0]).workload
    for row in range(0, len(swept), 97):
        given = {name: swept[name][row].item() for name in axes}
        assert swept["flops"][row] == METER(GUIDANCE[0]).cost(evolve(base, **given)).flops
