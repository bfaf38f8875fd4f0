"""The official programs run all matrix work of the layer tree, module by module, and no other."""

from collections import Counter

import pytest

from wanmeter import configure
from wanmeter.execution.dtype import BFLOAT16
from wanmeter.execution.execution import Execution
from wanmeter.execution.official import PROGRAMS, programs
from wanmeter.layers import walk

TINY = ("num_frames=9", "size=128x64")
MODELS = {
    "t2v-1.3b": 1,
    "i2v-14b": 2,
    "flf2v-14b": 1,
    "vace-1.3b": 2,
    "t2v-a14b": 1,
    "i2v-a14b": 1,
    "ti2v-5b": 1,
}
"""The samples of each model's run."""


def around(path):
    """A path, and those of all modules around it."""
    parts = path.split("/")
    return ["/".join(parts[:i]) for i in range(1, len(parts) + 1)]


def cases():
    """The stages of all models, each with the layers of one call, without repetitions."""
    seen = set()
    for model, samples in MODELS.items():
        run = configure(model, overrides=[*TINY, f"batch_size={samples}"])
        for child in run.pipeline().children:
            layers = getattr(child.layer, "repeated", [(child.layer, 1)])
            for layer, _ in layers:
                if id(layer) not in seen:  # equal ones may be one layer
                    seen.add(id(layer))
                    yield pytest.param(child.name, layer, id=f"{model} {child.name}")


@pytest.mark.parametrize(("stage", "layer"), [*cases()])
def test_kernels_have_the_flops_of_the_tree(stage, layer):
    """In every module with parts, which may run one part's products itself."""
    execution = Execution.of(PROGRAMS[stage], stage, layer, BFLOAT16)
    done, due = Counter(), Counter()
    for kernel in execution.kernels:
        done.update(dict.fromkeys(around(kernel.path), kernel.flops))
    modules = {stage}
    for visit in walk(layer):
        path = f"{stage}/{visit.path}"
        if visit.kind is None:
            modules.add(path)
        else:
            due.update(dict.fromkeys(around(path), visit.cost.flops))
    assert {path: done[path] for path in modules} == {path: due[path] for path in modules}
    assert due[stage] > 0


RANKS = 4


@pytest.mark.parametrize("model", ["t2v-1.3b", "t2v-a14b"])
def test_gpus_share_the_work_on_tokens(model):
    """Each has an equal share of tokens or heads, but all keys and values of the text."""
    run = configure(model, overrides=list(TINY), stages=["transformer"])
    ((layer, _),) = run.pipeline().children[0].layer.repeated
    program = programs(ranks=RANKS)["transformer"]
    done, due = Counter(), Counter()
    for kernel in Execution.of(program, "transformer", layer, BFLOAT16).kernels:
        done.update(dict.fromkeys(around(kernel.path), kernel.flops))
    for visit in walk(layer):
        if visit.kind is not None:
            due.update(dict.fromkeys(around(f"transformer/{visit.path}"), visit.cost.flops))
    for shared in ("self_attn", "ffn", "cross_attn/q", "cross_attn/core", "cross_attn/o"):
        path = f"transformer/blocks/{shared}"
        assert RANKS * done[path] == due[path] > 0
    for whole in ("cross_attn/k", "cross_attn/v"):
        path = f"transformer/blocks/{whole}"
        assert done[path] == due[path] > 0
