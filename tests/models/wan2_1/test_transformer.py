"""The transformer: how costs scale, what is live, and what each switch removes."""

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.models.laws import children_of, parents_are_what_their_children_give
from tests.strategies import workloads
from wanmeter import Report, Run, TransformerOptions, Workload, meter

BASE = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=["transformer"])
MODEL = BASE.model
MULTIPLYING = ("flops", "vector_flops", "bytes_read", "bytes_written")
MEMORY = ("params", "weight_bytes", "activation_bytes", "kv_cache_bytes")


def report(workload, **options):
    run = Run(
        model=MODEL,
        transformer=TransformerOptions(**options),
        workload=workload,
        stages=["transformer"],
        layer_impl="shared",
    )
    return Report.of(run)


@settings(max_examples=25)
@given(workloads, st.integers(1, 100))
def test_steps_multiply_work_and_leave_memory(workload, steps):
    one = report(evolve(workload, num_inference_steps=1)).total
    many = report(evolve(workload, num_inference_steps=steps)).total
    assert many == one.rerun(steps)


@settings(max_examples=25)
@given(workloads)
def test_guidance_is_a_second_pass_over_the_same_weights(workload):
    without = report(evolve(workload, guidance=False)).total
    assert report(evolve(workload, guidance=True)).total == without.rerun(2)


@settings(max_examples=25)
@given(workloads, st.integers(2, 8))
def test_flops_are_linear_in_the_batch_and_weights_do_not_grow(workload, batch):
    one = report(evolve(workload, batch_size=1)).total
    many = report(evolve(workload, batch_size=batch)).total
    assert many.flops == batch * one.flops
    assert many.vector_flops == batch * one.vector_flops
    assert (many.params, many.weight_bytes) == (one.params, one.weight_bytes)


@settings(max_examples=25)
@given(st.integers(0, 20), st.integers(1, 20), st.integers(1, 20), st.integers(1, 9))
def test_only_the_self_attention_core_is_quadratic_in_tokens(k, rows, columns, more):
    """Along the frames, second differences vanish but for the core, where they are 2 (2 b n d) p^2.

    Per latent frame there are p tokens; the core is 4 b dim tokens^2 a block.
    """
    reports = [
        report(
            Workload(
                num_frames=4 * (k + i * more) + 1,
                height=16 * rows,
                width=16 * columns,
                num_inference_steps=1,
                guidance=False,
            )
        )
        for i in range(3)
    ]
    p = rows * columns * more  # tokens between one report and the next
    for first, second, third in zip(*(r.modules for r in reports), strict=True):
        bend = first.cost.flops - 2 * second.cost.flops + third.cost.flops
        if first.path in (
            "transformer",
            "transformer/blocks",
            "transformer/blocks/self_attn",
            "transformer/blocks/self_attn/core",
        ):
            assert bend == 2 * p**2 * 4 * MODEL.dim * MODEL.num_layers
        else:
            assert bend == 0


@settings(max_examples=25)
@given(workloads)
def test_every_parent_is_what_its_children_give(workload):
    modules = report(workload).modules
    parents_are_what_their_children_give(modules)
    for parent in modules:
        # Copies and calls of a part are multiples of those of the whole.
        children = children_of(parent, modules)
        assert all(row.copies % parent.copies == 0 for row in children)
        assert all(row.calls % parent.calls == 0 for row in children)


@settings(max_examples=25)
@given(workloads, st.sampled_from(["num_frames", "height", "width", "batch_size", "text_len"]))
def test_more_of_anything_never_costs_less(workload, knob):
    step = {"num_frames": 4, "height": 16, "width": 16}.get(knob, 1)
    before = report(workload)
    after = report(evolve(workload, **{knob: getattr(workload, knob) + step}))
    for small, large in zip(before.modules, after.modules, strict=True):
        for field in (*MULTIPLYING, *MEMORY):
            assert getattr(small.cost, field) <= getattr(large.cost, field), small.path


def test_the_peak_of_a_block_is_the_mlps_activation():
    """In and out of the activation, the residual stream, and what the model keeps around the blocks."""
    b, s, d, f, t = 1, 512, 1536, 8960, 64
    kept_in_block = 2 * (b * s * d + b * t * d + b * 6 * d + b * d + s * 128)
    # x and gate; text; time projection; rotary table. Around the blocks: latents, timestep, prompt
    # and the time embedding, which the head needs.
    kept_by_model = 2 * (16 * 2 * 32 * 32 + 1 + t * 4096 + d)
    assert BASE.total.activation_bytes == 2 * (2 * b * s * f) + kept_in_block + kept_by_model


def test_element_sizes_are_separate_knobs():
    workload = BASE.workload
    full, small = report(workload), report(workload, bits=8)
    assert small.total.activation_bytes < full.total.activation_bytes
    assert small.total.weight_bytes == full.total.weight_bytes
    quantised = report(workload, weight_bits=4)
    assert quantised.total.activation_bytes == full.total.activation_bytes
    assert 4 * quantised.total.weight_bytes == full.total.weight_bytes
    assert quantised.total.flops == full.total.flops


def test_the_core_is_self_attention_and_mlp_only():
    core = meter(
        "wan2_1_t2v_1_3b",
        "wan2-1-ci-tiny",
        transformer="wan2_1_dit_core",
        stages=["transformer"],
    )
    assert [row.path for row in core.modules if row.depth == 2] == [
        "transformer/blocks/self_attn",
        "transformer/blocks/ffn",
    ]
    paths = {row.path for row in core.modules}
    assert not any("norm" in path for path in paths)
    # The caller's rotary table, 512 tokens of 128, stays for the blocks that follow.
    assert core["transformer/blocks/ffn"].held_bytes == 2 * 512 * 128
    assert core["transformer/blocks/self_attn"].held_bytes == 0
    for part in ("self_attn", "ffn"):
        whole, alone = BASE[f"transformer/blocks/{part}"], core[f"transformer/blocks/{part}"]
        assert alone.cost.flops == whole.cost.flops


def test_leaves_name_their_kind_and_kinds_partition_the_flops():
    kinds = {row.kind for row in BASE.modules if row.kind}
    assert kinds == {
        "gemm",
        "convolution",
        "attention",
        "normalization",
        "elementwise",
        "embedding",
    }
    assert sum(row.cost.flops for row in BASE.modules if row.kind) == BASE.total.flops
