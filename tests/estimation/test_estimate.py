"""An estimate adds up, fills in what a profile decides, and says what it rests on."""

import json
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wanmeter import ConfigError, InvalidValueError, UnknownNameError, WanmeterError, meter
from wanmeter.estimation import Band, Estimate, estimate
from wanmeter.estimation.amounts import PHASE_COLUMNS, band_gib, duration, phase_cells
from wanmeter.estimation.memory import CACHED_PERCENT, CONTEXT, NCCL, on_device
from wanmeter.hardware import device
from wanmeter.units import GIB

MODELS = [
    "t2v-14b",
    "t2v-1.3b",
    "i2v-14b",
    "flf2v-14b",
    "vace-1.3b",
    "t2v-a14b",
    "i2v-a14b",
    "ti2v-5b",
]


@pytest.mark.parametrize("profile", ["ideal", "official", "diffusers"])
@pytest.mark.parametrize("model", MODELS)
def test_the_peak_of_a_phase_is_what_its_parts_add_up_to(model, profile):
    made = estimate(model, "tiny", profile=profile)
    for phase in made.phases:
        fixed = phase.weights_bytes + phase.activation_bytes + phase.held_bytes
        assert phase.peak_bytes == phase.workspace_bytes + fixed
        assert phase.workspace_bytes.low <= phase.workspace_bytes.high
        assert (phase.workspace_bytes.low > 0) == (profile != "ideal")
    peaks = [phase.peak_bytes for phase in made.phases]
    assert made.peak_bytes == Band(max(p.low for p in peaks), max(p.high for p in peaks))
    assert made.peak_phase.peak_bytes.low == made.peak_bytes.low


def test_an_estimate_is_shown_on_one_line():
    caption = "wan2_1_t2v_1_3b: 1 x 832x480, 81 frames, 50 steps with guidance"
    made = estimate("t2v-1.3b", device="h100", overrides=["ulysses_degree=4"])
    peak = f"peak {band_gib(made.peak_bytes)} GiB, in {made.peak_phase.name}"
    assert repr(made) == (
        f"<Estimate of {caption}; official code, placement official, on 4 x h100_sxm_80gb;"
        f" {duration(made.seconds)}; {peak}; fits>"
    )
    made = estimate("t2v-1.3b", profile="ideal")
    peak = f"peak {band_gib(made.peak_bytes)} GiB, in {made.peak_phase.name}"
    assert repr(made) == f"<Estimate of {caption}; the mathematics, placement resident; {peak}>"


def test_an_estimate_without_a_rate_is_still_shown():
    made = estimate("t2v-1.3b", overrides=["ulysses_degree=3"])
    assert ", on 3 GPUs; peak " in repr(made)
    lacking = Estimate.of(made.plan, device("rtx_4090"))
    with pytest.raises(InvalidValueError):
        _ = lacking.seconds
    assert ", on 3 x rtx_4090; peak " in repr(lacking)


def test_a_notebook_shows_the_phases_and_the_answer():
    made = estimate("t2v-1.3b", device="h100")
    root = ElementTree.fromstring(f"<body>{made._repr_html_()}</body>")  # it is ours
    rows = [[cell.text for cell in row] for row in root.iter("tr")]
    assert rows == [
        ["phase", *PHASE_COLUMNS],
        *[[phase.name, *phase_cells(phase)] for phase in made.phases],
    ]
    note = list(root.iter("p"))[-1].text
    assert note.startswith("Official code, placement official, on h100_sxm_80gb; ")
    assert f"; {duration(made.seconds)}; " in note


@pytest.mark.parametrize("model", MODELS)
def test_the_phases_are_those_of_the_stages(model):
    stages = [row.path for row in meter(model, "tiny").stages if row.cost.flops]
    phases = [phase.name for phase in estimate(model, "tiny", profile="diffusers").phases]
    assert len(phases) == len(stages)
    assert phases[-1] == "vae_decode"
    assert ("denoise_2" in phases) == ("transformer_2" in stages)


def test_an_expert_without_steps_has_weights_and_no_phase():
    both = estimate(
        "t2v-a14b", "tiny", profile="diffusers", num_inference_steps=2, high_noise_steps=1
    )
    one = estimate(
        "t2v-a14b", "tiny", profile="diffusers", num_inference_steps=2, high_noise_steps=0
    )
    assert "denoise_2" in [phase.name for phase in both.phases]
    assert "denoise" not in [phase.name for phase in one.phases]
    assert both.phases[0].weights_bytes == one.phases[0].weights_bytes


@pytest.mark.parametrize(
    ("model", "gpus", "bits"),
    [
        ("t2v-14b", 1, 32),
        ("t2v-a14b", 1, 16),
        ("t2v-a14b", 4, 32),
        ("ti2v-5b", 1, 16),
        ("ti2v-5b", 4, 16),
    ],
)
def test_the_official_program_stores_the_transformer_in_its_own_bits(model, gpus, bits):
    made = estimate(model, "tiny", overrides=[f"ulysses_degree={gpus}"])
    assert made.stored_bits["transformer"] == bits
    assert made.stored_bits["vae"] == 32


def test_bits_that_are_given_win():
    half = estimate("t2v-14b", "tiny", overrides=["transformer.weight_bits=16"])
    full = estimate("t2v-14b", "tiny")
    assert (half.stored_bits["transformer"], full.stored_bits["transformer"]) == (16, 32)
    written = json.loads(half.to_json())["model"]["components"]["transformer"]
    assert written["weight_bits"] == 16
    weights = [made.phases[1].weights_bytes - made.phases[2].weights_bytes for made in (half, full)]
    assert weights[1] == 2 * weights[0]  # in the decoding phase it is gone


def test_shared_weights_are_an_even_part_and_the_root():
    whole = estimate("t2v-14b", "tiny", overrides=["fsdp=false", "ulysses_degree=8"])
    shared = estimate("t2v-14b", "tiny", overrides=["ulysses_degree=8"])
    assert shared.plan.parallel.fsdp is True
    assert shared.phases[1].weights_bytes < whole.phases[1].weights_bytes / 3


def test_of_the_stages_that_are_chosen_nothing_else_is_loaded():
    alone = estimate("t2v-14b", "tiny", stages=["vae_decode"], profile="diffusers")
    assert alone.phases[0].weights_bytes < GIB


def test_a_component_that_runs_moves_the_one_before_it_to_the_host():
    """And no other: the text encoder waits beside the VAE, and the VAE beside the transformers."""
    steps = {"num_inference_steps": 2, "high_noise_steps": 1}
    resident, moved = (
        estimate("i2v-a14b", "tiny", profile="diffusers", placement=each, **steps)
        for each in ("resident", "model_offload")
    )
    text, vae, first, second, decoding = [phase.weights_bytes for phase in moved.phases]
    assert text + first + second + decoding == resident.phases[0].weights_bytes + 2 * decoding
    assert vae == text + decoding
    assert first == second > text


def test_stages_without_passes_are_refused():
    with pytest.raises(InvalidValueError, match="one that runs in this workload"):
        estimate("t2v-a14b", "tiny", stages=["transformer"], high_noise_steps=0)


def test_the_mathematics_have_no_library():
    made = estimate("t2v-14b", "tiny", profile="ideal", device="h100")
    assert all(phase.workspace_bytes == Band(0, 0) for phase in made.phases)


def test_without_a_device_there_is_no_verdict():
    made = estimate("t2v-14b", "tiny")
    assert (made.capacity_bytes, made.verdict) == (None, None)
    assert made.phases[0].workspace_bytes.low < made.phases[0].workspace_bytes.high


@pytest.mark.parametrize(
    ("device", "verdict"), [("h200", "fits"), ("rtx_4090", "does not fit"), ("a100", "fits")]
)
def test_the_verdict_is_about_the_whole_device(device, verdict):
    made = estimate("t2v-14b", "720p", device=device)
    assert made.verdict == verdict
    assert made.device_bytes == on_device(made.peak_bytes, 1)


def test_it_is_tight_between_the_least_and_the_most():
    made = estimate("ti2v-5b", device="4090")
    assert made.device_bytes.low < made.capacity_bytes < made.device_bytes.high
    assert made.verdict == "tight"


@given(st.integers(0, 2**50), st.integers(0, 2**50), st.integers(1, 8))
def test_a_device_shows_more_than_is_allocated(low, more, gpus):
    shown = on_device(Band(low, low + more), gpus)
    assert shown.low - low == CONTEXT.low + (NCCL.low if gpus > 1 else 0)
    cached = (low + more) * CACHED_PERCENT // 100
    assert shown.high - low - more == cached + CONTEXT.high + (NCCL.high if gpus > 1 else 0)


def test_a_known_workspace_is_no_band():
    for workspace in ("none", "in", "inout", "columns"):
        made = estimate("t2v-14b", "tiny", device="a100", overrides=[f"conv_workspace={workspace}"])
        assert all(p.workspace_bytes.low == p.workspace_bytes.high for p in made.phases)


@settings(max_examples=20)
@given(st.integers(0, 5), st.integers(1, 12), st.integers(1, 12))
def test_more_frames_and_pixels_never_take_less(frames, rows, columns):
    size = {"height": 16 * rows, "width": 16 * columns, "num_frames": 4 * frames + 1}
    larger = {"height": 16 * rows + 16, "width": 16 * columns, "num_frames": 4 * frames + 5}
    stages = ["transformer", "vae_decode"]
    small, large = (estimate("t2v-1.3b", "tiny", stages=stages, **each) for each in (size, larger))
    for a, b in zip(small.phases, large.phases, strict=True):
        assert a.peak_bytes.low <= b.peak_bytes.low
        assert a.peak_bytes.high <= b.peak_bytes.high


@pytest.mark.parametrize(
    ("overrides", "error", "said"),
    [
        (["profile=xdit"], UnknownNameError, "unknown profile 'xdit'"),
        (["profile.tf=true"], UnknownNameError, "profile.tf32"),
        (["blocks_to_swp=3"], UnknownNameError, "did you mean 'blocks_to_swap'"),
        (["num_frame=5"], UnknownNameError, "did you mean 'num_frames'"),
        (["device=h1000"], UnknownNameError, "device"),
        (["device.name=x"], ConfigError, "a device has no keys"),
        (["conv_workspace=some"], InvalidValueError, "profile.conv_workspace"),
        (["ulysses_degree=3"], InvalidValueError, "a divisor of the 40 heads"),
        (["ulysses_degree=0"], InvalidValueError, "parallel.ulysses_degree"),
        (["cfg_degree=2"], InvalidValueError, "no such switch"),
        (["profile=diffusers", "ulysses_degree=2"], InvalidValueError, "one GPU"),
        (["fsdp=true"], InvalidValueError, "false on one GPU"),
        (
            ["profile=ideal", "ulysses_degree=2"],
            InvalidValueError,
            "profile=official runs on several",
        ),
        (["blocks_to_swap=3"], InvalidValueError, "no such switch"),
        (["profile=diffusers", "blocks_to_swap=41"], InvalidValueError, "at most 40"),
        (["profile=diffusers", "use_stream=true"], InvalidValueError, "false without offload_type"),
        (["placement=group_offload", "blocks_to_swap=1"], InvalidValueError, "0 with offload_type"),
        (["num_blocks_per_group=2"], InvalidValueError, "without use_stream"),
        (["rms_norm=composite"], InvalidValueError, "profile.rms_norm"),
        (["profile=ideal", "offload_model=true"], InvalidValueError, "which has no program"),
        (["profile=ideal", "t5_cpu=true"], InvalidValueError, "which has no program"),
        (["transformer.weight_bits=8"], InvalidValueError, "16 or 32 with profile=official"),
        (["transformer.bits=16"], InvalidValueError, "decides the types of activations"),
        (["transformer=wan2_1_dit_core"], InvalidValueError, "full"),
    ],
)
def test_what_cannot_be_is_refused(overrides, error, said):
    with pytest.raises(error, match=said):
        estimate("t2v-14b", "tiny", overrides=overrides)


SWITCHES = {
    "profile": ["official", "diffusers", "ideal"],
    "placement": ["official", "resident", "model_offload", "sequential_offload", "group_offload"],
    "rms_norm": ["fused", "composite"],
    "offload_model": ["true", "false"],
    "t5_cpu": ["true", "false"],
    "offload_type": ["block_level", "leaf_level", "null"],
    "num_blocks_per_group": ["1", "2", "1000"],
    "use_stream": ["true", "false"],
    "blocks_to_swap": ["0", "30", "31"],
    "quantized": ["fp8", "q4_k", "null"],
    "tile_sample_min_height": ["64", "256", "7"],
    "tile_sample_stride_width": ["32", "300"],
    "ulysses_degree": ["1", "2"],
    "fsdp": ["true", "false"],
    "vae.weight_bits": ["16", "32"],
    "stages": ["[vae_decode]", "[text_encoder]", "[transformer]", "[vae_encode]"],
}


switches = st.lists(
    st.sampled_from([f"{key}={value}" for key, values in SWITCHES.items() for value in values]),
    max_size=4,
    unique_by=lambda text: text.partition("=")[0],
)


@settings(max_examples=40)
@given(st.sampled_from(MODELS), switches)
def test_any_switches_are_estimated_or_refused(model, overrides):
    try:
        made = estimate(model, "tiny", overrides=overrides)
    except WanmeterError as error:
        refused = str(error)
    else:
        refused = ""
        assert made.peak_bytes.low >= max(phase.weights_bytes for phase in made.phases)
        assert json.loads(made.to_json())["host_bytes"] == made.host_bytes >= 0
    assert "\n" not in refused


def test_a_group_is_chosen_once():
    with pytest.raises(ConfigError, match="chosen twice"):
        estimate("t2v-14b", "tiny", profile="ideal", overrides=["profile=official"])


def test_backends_agree():
    shared, wan2_1 = (estimate("t2v-14b", "tiny", each).to_json() for each in ("shared", "wan2_1"))
    assert shared == wan2_1


def test_a_batch_that_would_take_long_is_refused():
    """The official program takes one sample after the other; diffusers' has all of them in one array."""
    with pytest.raises(InvalidValueError, match="at most 4,096 with profile=official") as caught:
        _ = estimate("t2v-1.3b", "tiny", batch_size=10**12).phases
    assert (caught.value.where, caught.value.given) == ("workload.batch_size", 10**12)
    assert estimate("t2v-1.3b", "tiny", batch_size=10**12, profile="diffusers").phases
