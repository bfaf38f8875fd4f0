"""The diffusers profile equals a trace of the real modules, kernel by kernel and byte by byte."""

from collections import Counter
from itertools import product

import pytest

from wanmeter import configure, walk
from wanmeter.execution.diffusers import PROGRAMS
from wanmeter.execution.dtype import BY_BITS
from wanmeter.execution.execution import Execution
from wanmeter.execution.kernel_options import GPU_KERNELS, KernelOptions
from wanmeter.layers.decorators import Decorator
from wanmeter.verify.executed import Executed, Moved, Operation

live = [
    pytest.mark.live,
    pytest.mark.filterwarnings("default"),  # the libraries' own deprecations are theirs
]

DIM = ("model.dim=48", "model.ffn_dim=80", "model.num_heads=2", "model.num_layers=2")
CONTROLS = (*DIM[:3], "model.num_layers=6", "model.vace_layers=[0,3,5]")
TEXT_ENCODER = tuple(
    f"text_encoder.{each}"
    for each in (
        "dim=48",
        "ffn_dim=80",
        "num_heads=4",
        "head_dim=8",
        "num_layers=3",
        "vocab_size=90",
    )
)
IMAGE_ENCODER = tuple(
    f"image_encoder.{each}"
    for each in (
        "dim=48",
        "ffn_dim=80",
        "num_heads=2",
        "num_layers=4",
        "layers_run=3",
        "image_size=28",
    )
)
SIZES = [  # frames, size in patches, samples
    (1, (2, 1), 1),
    (5, (3, 3), 1),
    (9, (5, 3), 1),
    (9, (3, 5), 2),
    (13, (1, 4), 1),
    (17, (7, 1), 3),
    (5, (4, 4), 2),
    (13, (6, 2), 1),
]
TRANSFORMERS = {
    "t2v-14b": DIM,
    "i2v-14b": (*DIM, *IMAGE_ENCODER),
    "flf2v-14b": (*DIM, *IMAGE_ENCODER),
    "vace-14b": CONTROLS,
    "ti2v-5b": DIM,
}
RESIDUAL_VAE = ("vae=wan2_2_vae", "vae.patch_size=1")
NARROW_VAE = ("vae.dim=16",)
BITS = (16, 32)


def run_of(model, stage, bits, size=SIZES[2], overrides=()):
    """A run of one stage, in one element size."""
    frames, (columns, rows), samples = size
    if model == "flf2v-14b":
        frames = max(frames, 5)  # a first frame and a last
    patch = 32 if model == "ti2v-5b" else 16
    component = {
        "transformer_2": "transformer",
        "vae_encode": "vae",
        "vae_decode": "vae",
    }.get(stage, stage)
    return configure(
        model,
        stages=[stage],
        overrides=[
            *overrides,
            f"num_frames={frames}",
            f"size={patch * columns}x{patch * rows}",
            f"batch_size={samples}",
            f"{component}.bits={bits}",
            f"{component}.weight_bits={bits}",
        ],
    )


def repeated(layer):
    """The layers of a stage, and how often each runs."""
    return layer.repeated if isinstance(layer, Decorator) else [(layer, 1)]


def executions(run, stage, bits, options=GPU_KERNELS):
    """A stage's forward passes, and how often each runs."""
    (child,) = [each for each in run.pipeline().children if each.name == stage]
    return [
        (Execution.of(PROGRAMS[stage], stage, layer, BY_BITS[bits], options), times)
        for layer, times in repeated(child.layer)
    ]


def require_equal(run, stage, bits):
    """Every kernel, each row's peak, the peak and its moment are those of the trace."""
    from wanmeter.verify.real.traced_run import TracedRun

    found = TracedRun(run).stage(stage)
    made = executions(run, stage, bits)
    executed = Executed.of(made, found.rows)
    traffic = {}
    for operator, moved in found.traffic.items():
        key = Operation(operator.row, operator.name, tuple(sorted(operator.reads)), operator.writes)
        before = traffic.get(key, Moved(0, 0, 0))
        now = (moved.calls, moved.bytes_read, moved.bytes_written)
        traffic[key] = Moved(*[a + b for a, b in zip(before, now, strict=True)])
    assert executed.traffic == traffic
    inputs = found.input_bytes
    assert max(execution.input_bytes for execution, _ in made) == inputs
    assert executed.peaks == {row: peak - inputs for row, peak in found.peaks.items()}
    assert executed.peak_bytes == found.peak_bytes - inputs
    # A trace sees a fused norm's outputs being allocated before it sees the norm.
    at = "_fused_rms_norm" if found.moment.operator == "empty" else found.moment.operator
    assert executed.moment == (found.moment.row, at)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("model", TRANSFORMERS)
class TestTransformer:
    """All tasks, with toy widths."""

    pytestmark = live

    def test_equals_the_trace(self, model, bits, size):
        run = run_of(model, "transformer", bits, size, TRANSFORMERS[model])
        require_equal(run, "transformer", bits)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bits", BITS)
class TestVae:
    """Both VAEs."""

    pytestmark = live

    @pytest.mark.parametrize("model", ["t2v-14b", "ti2v-5b"])
    def test_decode_equals_the_trace(self, model, bits, size):
        require_equal(run_of(model, "vae_decode", bits, size), "vae_decode", bits)

    @pytest.mark.parametrize("model", ["i2v-14b", "vace-14b"])
    def test_encode_equals_the_trace(self, model, bits, size):
        require_equal(run_of(model, "vae_encode", bits, size), "vae_encode", bits)

    def test_encode_in_residual_levels_equals_the_trace(self, bits, size):
        run = run_of("i2v-14b", "vae_encode", bits, size, RESIDUAL_VAE)
        require_equal(run, "vae_encode", bits)


@pytest.mark.parametrize(("bits", "samples"), list(product(BITS, (1, 2))))
class TestEncoders:
    """Text and images, with toy widths."""

    pytestmark = live

    def test_text_encoder_equals_the_trace(self, bits, samples):
        size = (1, (1, 1), samples)
        run = run_of("t2v-14b", "text_encoder", bits, size, (*TEXT_ENCODER, "text_len=24"))
        require_equal(run, "text_encoder", bits)

    @pytest.mark.parametrize("model", ["i2v-14b", "flf2v-14b"])
    def test_image_encoder_equals_the_trace(self, model, bits, samples):
        run = run_of(model, "image_encoder", bits, (5, (1, 1), samples), IMAGE_ENCODER)
        require_equal(run, "image_encoder", bits)


@pytest.mark.parametrize("bits", BITS)
class TestMore:
    """What one size shows."""

    pytestmark = live

    @pytest.mark.parametrize("model", ["t2v-a14b", "i2v-a14b"])
    def test_second_expert_equals_the_trace(self, model, bits):
        run = run_of(model, "transformer_2", bits, overrides=DIM)
        require_equal(run, "transformer_2", bits)

    def test_time_per_sample_equals_the_trace(self, bits):
        overrides = (*DIM, "transformer.time_embedding=per_sample")
        require_equal(
            run_of("ti2v-5b", "transformer", bits, overrides=overrides), "transformer", bits
        )

    def test_reference_images_equal_the_trace(self, bits):
        overrides = (*CONTROLS, "num_reference_images=2")
        for stage in ("transformer", "vae_encode"):
            require_equal(run_of("vace-14b", stage, bits, overrides=overrides), stage, bits)

    def test_encoding_an_image_with_patches_equals_the_trace(self, bits):
        run = run_of("ti2v-5b", "vae_encode", bits, (9, (5, 3), 2), ["image=true"])
        require_equal(run, "vae_encode", bits)

    def test_attention_in_a_narrow_vae_equals_the_trace(self, bits):
        """Its heads are narrow enough for flash attention."""
        run = run_of("t2v-14b", "vae_decode", bits, overrides=NARROW_VAE)
        require_equal(run, "vae_decode", bits)

    def test_full_width_equals_the_trace(self, bits):
        size = (81, (52, 30), 1)
        run = run_of("t2v-14b", "transformer", bits, size, ["model.num_layers=2"])
        require_equal(run, "transformer", bits)

    @pytest.mark.parametrize("model", TRANSFORMERS)
    def test_stored_weights_are_the_real_parameters(self, model, bits):
        from wanmeter.verify.real.build import build, in_precision

        run = run_of(model, "transformer", bits, overrides=TRANSFORMERS[model])
        real = in_precision(build(run.reference.stages["transformer"].module(run)), bits)
        ((execution, _),) = executions(run, "transformer", bits)
        assert sum(each.copies * each.bytes for each in execution.stored) == sum(
            each.numel() * each.itemsize for each in real.module.parameters()
        )


STAGES = [
    *((model, "transformer", overrides) for model, overrides in TRANSFORMERS.items()),
    ("t2v-14b", "vae_decode", ()),
    ("ti2v-5b", "vae_decode", ()),
    ("i2v-14b", "vae_encode", ()),
    ("i2v-14b", "vae_encode", RESIDUAL_VAE),
    ("t2v-14b", "text_encoder", TEXT_ENCODER),
    ("flf2v-14b", "image_encoder", IMAGE_ENCODER),
]


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize(("model", "stage", "overrides"), STAGES)
def test_kernels_have_the_flops_of_the_tree(model, stage, overrides, samples):
    """No operator is left out, or run twice."""
    run = run_of(model, stage, 16, (13, (5, 3), samples), overrides)
    (child,) = run.pipeline().children
    for layer, _ in repeated(child.layer):
        execution = Execution.of(PROGRAMS[stage], stage, layer, BY_BITS[16])
        of_kernels = Counter()
        for kernel in execution.kernels:
            of_kernels[kernel.path] += kernel.flops
        rows = {f"{stage}/{row.path}": row.cost.flops for row in walk(layer) if row.kind}
        assert +of_kernels == +Counter(rows)


def test_composite_rms_norm_runs_in_pieces():
    """Without the fused kernel, the norm of q reads x, and writes it, in float32."""
    run = run_of("t2v-14b", "transformer", 16, overrides=DIM)
    fused, composite = (
        [
            kernel.operator
            for kernel in executions(run, "transformer", 16, KernelOptions(fused_rms_norm=each))[0][
                0
            ].kernels
            if kernel.path == "transformer/blocks/self_attn/norm_q"
        ]
        for each in (True, False)
    )
    assert fused == ["_fused_rms_norm"]
    assert composite == ["_to_copy", "pow", "mean", "add_", "rsqrt", "mul", "mul", "_to_copy"]
