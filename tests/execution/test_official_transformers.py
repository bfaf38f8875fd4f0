"""The official transformers equal what the official code was recorded to do, to the byte."""

from functools import cache

import pytest
from attrs import evolve

from tests.execution.recorded import load, require_equal
from wanmeter import configure
from wanmeter.execution.dtype import BY_BITS
from wanmeter.execution.execution import Execution
from wanmeter.execution.official.transformer import Transformer

TRANSFORMERS = load("official_transformers.json")["transformers"]
MODELS = {
    "i2v": "i2v-14b",
    "flf2v": "flf2v-14b",
    "vace": "vace-14b",
    "2_2 t2v": "t2v-a14b",
    "2_2 i2v": "i2v-a14b",
    "2_2 ti2v": "ti2v-5b",
}


@cache
def configured(model):
    """A model's own run."""
    return configure(model, stages=["transformer"])


def transformer_of(model, case, **fields):
    """The transformer's layer tree of a recorded case."""
    run = configured(model)
    frames, rows, columns = case["grid"]
    side = 16 if model == "ti2v-5b" else 8
    workload = {"num_frames": 4 * frames - 3, "height": side * rows, "width": side * columns}
    run = evolve(
        run,
        model=evolve(run.model, **case["widths"], **fields),
        workload=evolve(run.workload, batch_size=case["batch"], **workload),
    )
    ((layer, _),) = run.pipeline().children[0].layer.repeated
    return layer


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_transformer_equals_the_official_one(name):
    """Image to video, control, and Wan2.2's, in float32 and bfloat16 weights, on one GPU and on several."""
    case = TRANSFORMERS[name]
    kind = case["kind"]
    fields = {"vace_layers": (0, 2)} if kind == "vace" else {}
    layer = transformer_of(MODELS[kind], case, **fields)
    program = Transformer(t_of_tokens=kind == "2_2 ti2v", ranks=case["n"])
    execution = Execution.of(program, "transformer", layer, BY_BITS[case["bits"]])
    require_equal(execution, case)
