"""Work: exact FLOPs and bytes by what serves them, on one GPU and on several."""

from collections import Counter

import pytest

from wanmeter import meter
from wanmeter.estimation.estimating import planned
from wanmeter.execution.options import ParallelOptions
from wanmeter.execution.pipelines import PIPELINES
from wanmeter.execution.tape import Attended
from wanmeter.execution.work import Work, joined

SMALL = ["size=480x832", "num_frames=17", "num_inference_steps=3"]


def pipeline(*overrides):
    plan, _ = planned(None, None, None, {"overrides": overrides})
    return PIPELINES[plan.profile.name](plan)


def amounts(stage, *overrides):
    """What serves a stage's work, and how much of it."""
    made = Counter()
    for work in pipeline(*overrides).work[stage]:
        made[work.served_by] += work.amount
    return made


@pytest.mark.parametrize("profile", ["official", "diffusers", "ideal"])
@pytest.mark.parametrize("model", ["t2v-1.3b", "i2v-14b", "ti2v-5b"])
def test_flops_of_matrix_units_are_the_reports(profile, model):
    """They do not depend on the implementation."""
    texts = [f"model={model}", "size=704x1280" if model == "ti2v-5b" else SMALL[0], *SMALL[1:]]
    given = [*texts, f"profile={profile}", "t5_cpu=false"]
    if profile == "ideal":
        given.append("offload_model=false")
    run = pipeline(*given)
    report = meter(run.plan.run)
    served = Counter()
    for stage, works in run.work.items():
        for work in works:
            if work.served_by in ("matmul", "attention", "convolution"):
                served[stage] += work.amount
    for row in report.modules:
        if row.path in served:
            assert served[row.path] == row.cost.flops


def test_the_text_encoder_on_the_host_is_served_by_it():
    """Its products are as many as on the device."""
    on_device = amounts("text_encoder", "model=t2v-1.3b", *SMALL, "t5_cpu=false")
    on_host = amounts("text_encoder", "model=t2v-1.3b", *SMALL)
    assert dict(on_host) == {"cpu": on_device["matmul"]}


@pytest.mark.parametrize("gpus", [2, 4, 8])
def test_gpus_divide_the_attention_of_tokens(gpus):
    """32,760 tokens of 40 heads are divided evenly."""
    texts = ["model=t2v-14b", "size=832x480", "num_inference_steps=2"]
    one = amounts("transformer", *texts)
    several = amounts("transformer", *texts, f"ulysses_degree={gpus}")
    assert several["attention"] * gpus == one["attention"]
    assert several["matmul"] * gpus > one["matmul"]  # the text's keys are not divided


def test_tokens_are_padded_as_the_code_pads_them():
    """5 x 30 x 52 = 7,800 tokens on 7 GPUs are 1,115 each, 5 more in all; 12 heads are not divided by 7."""
    texts = ["model=t2v-1.3b", "size=832x480", "num_frames=17", "num_inference_steps=1"]
    ring = pipeline(*texts, "ring_degree=7").work["transformer"]
    (attention,) = [work for work in ring if work.served_by == "attention"]
    assert attention.grid == Attended(heads=12, queries=1115, head_dim=128)


def test_ulysses_sends_all_but_its_own_part():
    """q, k, v and the result of each layer and pass: tokens / n x dim x 2 bytes, of which n - 1 parts go."""
    texts = ["model=t2v-1.3b", "size=832x480", "num_frames=17", "num_inference_steps=1"]
    made = amounts("transformer", *texts, "ulysses_degree=4")
    assert made["all_to_all"] == 2 * 30 * 4 * (7800 // 4) * 1536 * 2 // 4 * 3
    assert made["send_recv"] == 0


def test_a_ring_sends_keys_and_values_all_the_way_round_but_one_step():
    """Of each layer and pass, n - 1 times keys and values of tokens / n x dim x 2 bytes."""
    texts = ["model=t2v-1.3b", "size=832x480", "num_frames=17", "num_inference_steps=1"]
    made = amounts("transformer", *texts, "ring_degree=4")
    assert made["send_recv"] == 2 * 30 * 3 * 2 * (7800 // 4) * 1536 * 2
    assert made["all_to_all"] == 0


def test_rings_of_pairs_send_half_the_heads():
    """Ulysses over 2, then rings of 2: one exchange of keys and values with half of the heads."""
    texts = ["model=t2v-1.3b", "size=832x480", "num_frames=17", "num_inference_steps=1"]
    made = amounts("transformer", *texts, "ring_degree=2", "ulysses_degree=2")
    assert made["send_recv"] == 2 * 30 * 1 * 2 * (7800 // 2) * 768 * 2
    assert made["all_to_all"] == 2 * 30 * 4 * (7800 // 4) * 1536 * 2 // 2


def test_attention_in_a_ring_has_the_flops_of_attention_at_once():
    texts = ["model=t2v-1.3b", "size=832x480", "num_frames=17", "num_inference_steps=1"]
    ring = amounts("transformer", *texts, "ring_degree=4")
    ulysses = amounts("transformer", *texts, "ulysses_degree=4")
    assert ring["attention"] == ulysses["attention"]


def test_shards_are_gathered_in_each_pass_and_the_root_once():
    """Blocks in bfloat16 from n - 1 other GPUs; beside them, the head's output from as many."""
    run = pipeline("model=t2v-14b", *SMALL, "ulysses_degree=4")
    units = run.plan.loaded.units("transformer")
    passes = 2 * 3
    shards = 2 * 3 * (passes * units.blocks * (units.block // 4) + -(-units.root // 4))
    tokens = 5 * 30 * 52 // 4
    heads = passes * tokens * 64 * 4 * 3
    made = amounts("transformer", "model=t2v-14b", *SMALL, "ulysses_degree=4")
    assert units.block % 4 == 0
    assert made["all_gather"] == shards + heads


@pytest.mark.parametrize(
    ("overrides", "copies"),
    [
        (["model=t2v-14b"], {"text_encoder": 2, "transformer": 1}),
        (["model=i2v-14b"], {"text_encoder": 2, "transformer": 2}),
        (["model=t2v-a14b"], {"text_encoder": 2, "transformer": 2, "transformer_2": 2}),
        (["model=ti2v-5b", "size=704x1280"], {"transformer": 2}),
        (
            ["model=t2v-a14b", "offload_model=false"],
            {"text_encoder": 1, "transformer": 2, "transformer_2": 1},
        ),
        (["model=t2v-14b", "ulysses_degree=2"], {}),
    ],
)
def test_the_official_program_copies_whole_models(overrides, copies):
    """Source: generate of each program, `.to(self.device)` and `.cpu()`."""
    size = [] if any("size" in text for text in overrides) else SMALL[:1]
    run = pipeline(*overrides, *size, *SMALL[1:])
    for stage, works in run.work.items():
        component = run.plan.run.component(stage)
        if component not in ("transformer", "text_encoder"):
            continue
        weights = run.plan.loaded.params(stage) * run.stored(stage).bytes
        copied = sum(work.amount for work in works if work.served_by == "host_copy")
        assert copied == copies.get(stage, 0) * weights


@pytest.mark.parametrize(
    ("placement", "ways"),
    [("resident", 0), ("model_offload", 2), ("sequential_offload", None)],
)
def test_diffusers_copies_components(placement, ways):
    """Whole components come and go once; with sequential offloading all of them come in each pass."""
    run = pipeline("model=t2v-1.3b", *SMALL, "profile=diffusers", f"placement={placement}")
    weights = run.plan.loaded.units("transformer").params * 2
    made = amounts(
        "transformer", "model=t2v-1.3b", *SMALL, "profile=diffusers", f"placement={placement}"
    )
    kept_in_float32 = 1.01  # norms and tables
    copied = made["host_copy"]
    times = 2 * 3 if ways is None else ways
    assert times * weights <= copied <= times * weights * kept_in_float32


def test_a_stream_brings_blocks_while_kernels_run():
    texts = ["model=t2v-1.3b", *SMALL, "profile=diffusers"]
    streamed = amounts("transformer", *texts, "placement=group_offload")
    copied = amounts("transformer", *texts, "placement=group_offload", "use_stream=false")
    assert streamed["host_stream"] > 0
    assert copied["host_stream"] == 0
    # Without a stream, everything comes and goes; with one, only what is in no block does.
    assert copied["host_copy"] == streamed["host_copy"] + 2 * streamed["host_stream"]


def test_shared_weights_are_cast_before_they_are_sent_and_not_again():
    """In each pass a GPU casts its shard, 4 to 2 bytes; matrix products then read bfloat16 alone."""
    run = pipeline("model=t2v-14b", *SMALL, "ulysses_degree=8")
    units = run.plan.loaded.units("transformer")
    (moved,) = [
        work
        for work in run.transfers("transformer", run.passes("transformer"))
        if work.served_by == "dram" and not work.once
    ]
    assert moved.amount == 2 * 3 * 6 * units.blocks * (units.block // 8)
    (passes,) = run.passes("transformer")
    cast = [
        kernel.bytes_read // kernel.calls
        for kernel in passes.execution.kernels
        if (kernel.path.endswith("ffn/up_proj"), kernel.operator) == (True, "_to_copy")
    ]
    assert max(cast) < 5120 * 13824 * 2  # its input alone


def test_an_expert_without_steps_takes_no_place():
    """One step is the first expert's: it need not leave for the second."""
    texts = ["model=t2v-a14b", SMALL[0], "num_frames=5", "num_inference_steps=1"]
    run = pipeline(*texts, "offload_model=false")
    weights = run.plan.loaded.params("transformer") * 2
    copied = amounts("transformer", *texts, "offload_model=false")["host_copy"]
    assert list(run.work) == ["text_encoder", "transformer", "vae_decode"]
    assert copied == weights


def test_leaves_of_the_vae_come_for_each_latent_frame_and_each_tile():
    """5 latent frames; with tiles of 256 in 480 x 832, 192 apart, 3 x 5 of them."""
    texts = ["model=t2v-1.3b", *SMALL, "profile=diffusers", "placement=sequential_offload"]
    whole = amounts("vae_decode", *texts)["host_copy"]
    tiled = amounts("vae_decode", *texts, "tile_sample_min_height=256")["host_copy"]
    decoder = meter(pipeline(*texts).plan.run)["vae_decode"].cost.params * 4
    assert 0.9 * 5 * decoder < whole < 5 * decoder
    assert 14 * whole < tiled < 16 * whole


def test_blocks_that_are_swapped_do_not_keep_the_others_from_coming():
    texts = ["model=t2v-14b", *SMALL, "profile=diffusers", "blocks_to_swap=10"]
    resident, offloaded = (
        pipeline(*texts, f"offload_model={value}").work["transformer"]
        for value in ("false", "true")
    )
    once = [work for work in offloaded if work.once]
    assert [work for work in offloaded if not work.once] == resident
    assert len(once) == 1
    assert once[0].amount > 20 * 2**30


def test_a_stream_brings_quantized_blocks_alone():
    texts = ["model=t2v-14b", *SMALL, "profile=diffusers", "placement=group_offload"]
    plain, quantized = (amounts("transformer", *texts, *more) for more in ([], ["quantized=q8_0"]))
    assert plain["host_copy"] == quantized["host_copy"]
    assert 0.5 < quantized["host_stream"] / plain["host_stream"] < 0.55


def test_equal_kinds_are_joined():
    every = [
        Work("matmul", "16", 3),
        Work("dram", "", 5),
        Work("matmul", "16", 4),
        Work("attention", "16", 1, Attended(1, 2, 3)),
        Work("attention", "16", 2, Attended(1, 2, 4)),
    ]
    assert joined(every) == [
        Work("matmul", "16", 7),
        Work("dram", "", 5),
        Work("attention", "16", 1, Attended(1, 2, 3)),
        Work("attention", "16", 2, Attended(1, 2, 4)),
    ]


def test_the_number_of_gpus_is_the_product_of_the_degrees():
    assert ParallelOptions(ulysses_degree=2, ring_degree=3).gpus == 6
