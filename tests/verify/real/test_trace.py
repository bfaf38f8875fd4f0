"""The tracer, on modules small enough to count by hand, and beside PyTorch's own tracker."""

import pytest

torch = pytest.importorskip("torch")

from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402, N812

from wanmeter import configure  # noqa: E402
from wanmeter.verify.real.build import build, in_precision  # noqa: E402
from wanmeter.verify.real.trace import trace  # noqa: E402

pytestmark = [pytest.mark.live, pytest.mark.filterwarnings("default")]

BF16, F32 = 2, 4
ROWS, WIDTH = 7, 10


class Module(nn.Module):
    """Any function as a module's forward pass."""

    def __init__(self, function, **parts):
        super().__init__()
        self.function = function
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, **inputs):
        return self.function(self, **inputs)


def empty(*shape, dtype=torch.bfloat16):
    return torch.empty(*shape, dtype=dtype, device="meta")


def traced(function, rows=(), bits=16, parts=(), **inputs):
    with torch.device("meta"):
        module = Module(function, **{name: make() for name, make in dict(parts).items()})
    return trace(module.to(torch.bfloat16), inputs, rows=dict(rows), root="root", bits=bits)


def moved(trace, name):
    """Bytes read and written by the operators of a name, and those beyond the model's width."""
    found = [traffic for operator, traffic in trace.traffic.items() if operator.name == name]
    return (
        sum(traffic.bytes_read for traffic in found),
        sum(traffic.bytes_written for traffic in found),
        sum(traffic.wide_bytes for traffic in found),
    )


def test_a_linear_reads_its_input_its_weight_and_its_bias_and_writes_its_output():
    made = traced(
        lambda self, x: self.linear(x),
        parts={"linear": lambda: nn.Linear(WIDTH, 3)},
        x=empty(ROWS, WIDTH),
    )
    read = BF16 * (ROWS * WIDTH + WIDTH * 3 + 3)
    assert moved(made, "addmm") == (read, BF16 * ROWS * 3, 0)
    # Its parameters are no activations.
    assert made.peak_bytes == BF16 * (ROWS * WIDTH + ROWS * 3)


def test_views_move_nothing():
    made = traced(lambda self, x: x.transpose(0, 1).reshape(-1, 2)[1:], x=empty(ROWS, 2).t())
    assert dict(made.traffic) == {}
    assert made.peak_bytes == BF16 * ROWS * 2


def test_a_cast_reads_narrow_and_writes_wide():
    made = traced(lambda self, x: x.float(), x=empty(ROWS, WIDTH))
    count = ROWS * WIDTH
    assert moved(made, "_to_copy") == (BF16 * count, F32 * count, (F32 - BF16) * count)


def test_what_is_broadcast_is_read_once():
    made = traced(
        lambda self, x, y: x + y.expand(ROWS, WIDTH), x=empty(ROWS, WIDTH), y=empty(WIDTH)
    )
    assert moved(made, "add") == (BF16 * (ROWS * WIDTH + WIDTH), BF16 * ROWS * WIDTH, 0)


def test_an_assignment_writes_its_slice_and_does_not_read_it():
    def assign(self, x):
        out = torch.empty_like(x)
        out[:, ::2] = x[:, ::2]
        return out

    made = traced(assign, x=empty(ROWS, WIDTH))
    assert moved(made, "copy_") == (BF16 * ROWS * WIDTH // 2, BF16 * ROWS * WIDTH // 2, 0)
    assert moved(made, "empty_like") == (0, 0, 0)


def test_work_in_place_reads_and_writes_and_allocates_nothing():
    made = traced(lambda self, x: x.add_(1), x=empty(ROWS, WIDTH))
    assert moved(made, "add_") == (BF16 * ROWS * WIDTH, BF16 * ROWS * WIDTH, 0)
    assert made.peak_bytes == BF16 * ROWS * WIDTH


def test_an_embedding_reads_the_rows_that_it_looks_up():
    made = traced(
        lambda self, ids: self.table(ids),
        parts={"table": lambda: nn.Embedding(1000, WIDTH)},
        ids=empty(ROWS, dtype=torch.long),
    )
    assert moved(made, "embedding") == (BF16 * ROWS * WIDTH + 8 * ROWS, BF16 * ROWS * WIDTH, 0)


def test_attention_is_one_operator_that_writes_no_scores():
    heads, tokens, context, dim = 3, 50, 70, 64
    made = traced(
        lambda self, q, k, v: F.scaled_dot_product_attention(q, k, v),
        q=empty(1, heads, tokens, dim),
        k=empty(1, heads, context, dim),
        v=empty(1, heads, context, dim),
    )
    read, written, _ = moved(made, "_scaled_dot_product_flash_attention")
    assert read == BF16 * heads * dim * (tokens + 2 * context)
    # The result, the log-sum-exps in float32, and a few bytes of a random state.
    assert 0 <= written - BF16 * heads * tokens * dim - F32 * heads * tokens < 64


def test_rms_norm_is_one_operator():
    made = traced(
        lambda self, x: self.norm(x),
        parts={"norm": lambda: nn.RMSNorm(WIDTH)},
        x=empty(ROWS, WIDTH),
    )
    read, written = BF16 * (ROWS * WIDTH + WIDTH), BF16 * ROWS * WIDTH + F32 * ROWS
    assert moved(made, "_fused_rms_norm") == (read, written, (F32 - BF16) * ROWS)
    assert len(made.traffic) == 1


@pytest.mark.parametrize(
    ("name", "function", "read", "written"),
    [
        ("mul", lambda self, x: x * x, 1, 1),
        ("zeros_like", lambda self, x: torch.zeros_like(x), 0, 1),
        ("full_like", lambda self, x: torch.full_like(x, 3), 0, 1),
        ("normal_", lambda self, x: x.normal_(), 0, 1),
        ("add", lambda self, x: torch.add(x, x, out=torch.empty_like(x)), 1, 1),
        ("_foreach_add_", lambda self, x: torch._foreach_add_([x], [x]), 1, 1),
        ("_fused_rms_norm", lambda self, x: torch.rms_norm(x, [WIDTH]), 1, None),
    ],
)
def test_what_is_given_twice_is_read_once_and_a_shape_is_not_read(name, function, read, written):
    size = BF16 * ROWS * WIDTH
    found = moved(traced(function, x=empty(ROWS, WIDTH)), name)
    assert found[0] == read * size
    assert written is None or found[1] == written * size


def test_a_lookup_reads_its_rows_and_its_index():
    made = traced(
        lambda self, x, index: x[index], x=empty(1000, WIDTH), index=empty(3, dtype=torch.long)
    )
    assert moved(made, "index") == (BF16 * 3 * WIDTH + 8 * 3, BF16 * 3 * WIDTH, 0)


def test_an_operator_whose_traffic_is_not_known_is_refused():
    def assign(self, x, index):
        x[index] = 0

    with pytest.raises(NotImplementedError, match="index_put_"):
        traced(assign, x=empty(ROWS, WIDTH), index=empty(1, dtype=torch.long))


def test_what_is_freed_is_no_longer_alive():
    def forward(self, x):
        x = x + 1  # the caller keeps the input
        x = x + 1
        x = x + 1
        return x.sum()

    made = traced(forward, x=empty(ROWS, WIDTH))
    assert made.peak_bytes == 3 * BF16 * ROWS * WIDTH
    assert sum(tensor.bytes for tensor in made.live_at_peak) == made.peak_bytes
    assert [tensor.operator for tensor in made.live_at_peak] == ["input", "add", "add"]


def test_what_a_submodule_does_is_its_rows():
    made = traced(
        lambda self, x: self.inner(x) * 2,
        rows={"inner": "root/inner"},
        parts={"inner": lambda: nn.Linear(WIDTH, WIDTH)},
        x=empty(ROWS, WIDTH),
    )
    assert {operator.row: operator.name for operator in made.traffic} == {
        "root/inner": "addmm",
        "root": "mul",
    }
    assert made.rows == {"root", "root/inner"}


def test_a_width_below_the_models_counts_negative():
    made = traced(lambda self, x: x + x, bits=32, x=empty(ROWS, WIDTH))
    assert moved(made, "add")[2] == -(2 * BF16 * ROWS * WIDTH)


@pytest.mark.parametrize("stage", ["transformer", "text_encoder", "vae_encode", "vae_decode"])
def test_pytorchs_own_tracker_sees_the_same_peak(stage, monkeypatch):
    """`MemTracker` follows storages its own way; under it, only the fused operators are ours."""
    from torch.distributed._tools.mem_tracker import MemTracker

    from wanmeter.verify.real.gpu import AsOnGpu

    monkeypatch.setattr("torch.distributed._tools.mem_tracker._PYTORCH_MIN_ALLOCATE", 1)
    model = "wan2_1_vace_1_3b"
    run = configure(model, "wan2-1-ci-tiny", num_frames=9, stages=[stage])
    real = in_precision(build(run.reference.stages[stage].module(run)), 16)
    inputs = real.inputs(9)
    ours = trace(real.module, inputs, rows={}, root=stage, bits=16).peak_bytes

    tracker = MemTracker()
    tracker.track_external(real.module, *inputs.values())
    with torch.no_grad(), tracker, AsOnGpu(lambda *_, **__: None):
        output = real.module(**inputs)
    del output
    (peak,) = tracker.get_tracker_snapshot("peak").values()
    weights = {
        tensor.untyped_storage()._cdata: tensor.untyped_storage().nbytes()
        for tensor in (*real.module.parameters(), *real.module.buffers())
    }
    assert peak["Total"] - sum(weights.values()) == ours
