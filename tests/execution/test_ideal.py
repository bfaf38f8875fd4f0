"""The ideal profile is the report: the same FLOPs, traffic and peak, operator by operator."""

from collections import Counter

import pytest

from tests.golden_cases import GOLDENS, NAMES
from wanmeter import configure, walk
from wanmeter.backends import PACKAGED
from wanmeter.execution.dtype import FLOAT32
from wanmeter.execution.execution import Execution
from wanmeter.execution.ideal import ideal


@pytest.mark.parametrize("layer_impl", PACKAGED)
@pytest.mark.parametrize(("model", "workload"), GOLDENS, ids=NAMES)
def test_ideal_equals_the_report(model, workload, layer_impl):
    for stage in configure(model, workload, layer_impl).pipeline().children:
        execution = Execution.of(ideal, stage.name, stage.layer, FLOAT32)
        assert execution.peaks["none"] == stage.layer.cost.activation_bytes
        for field in ("flops", "bytes_read", "bytes_written"):
            of_kernels = Counter()
            for kernel in execution.kernels:
                of_kernels[kernel.path] += getattr(kernel, field)
            of_rows = {
                f"{stage.name}/{row.path}": getattr(row.cost, field)
                for row in walk(stage.layer)
                if row.kind
            }
            assert +of_kernels == +Counter(of_rows)
