"""Pipelines: the stages of each task, called as the official code calls them."""

import pytest
from attrs import evolve
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.models.laws import parents_are_what_their_children_give
from tests.strategies import VIDEO_MODELS, workloads
from wanmeter import InvalidValueError, Report, Run, StageCost, configure, meter
from wanmeter.models.wan2_1.layer_factory import LayerFactory

MODELS = {name: meter(name, "wan2-1-ci-tiny").model for name in VIDEO_MODELS}
VACE = "wan2_1_vace_1_3b"


def report(model, workload):
    return Report.of(Run(model=model, workload=workload, layer_impl="shared"))


def calls(name, **overrides):
    costed = meter(name, "wan2-1-ci-tiny", **{"num_frames": 9} | overrides)
    return {row.path: row.calls for row in costed.stages}


def test_the_stages_of_each_task_and_their_calls():
    """4 steps with guidance: 8 passes; 2 prompts; VACE encodes two clips, whatever comes."""
    guided = {"num_inference_steps": 4, "guidance": True}
    text = {"text_encoder": 2, "transformer": 8, "vae_decode": 1}
    image = {"image_encoder": 1, "vae_encode": 1}
    assert calls("wan2_1_t2v_1_3b", **guided) == text
    assert calls("wan2_1_t2i_14b", **guided, num_frames=1) == text
    assert calls("wan2_1_i2v_14b", **guided) == text | image
    assert calls("wan2_1_flf2v_14b", **guided) == text | image
    assert calls("wan2_1_vace_14b", **guided) == text | {"vae_encode": 2}
    assert calls(VACE, **guided, num_reference_images=2) == text | {"vae_encode": 4}
    assert calls("wan2_1_t2v_1_3b", num_inference_steps=4)["text_encoder"] == 1


def test_stages_stand_in_execution_order():
    assert [row.path for row in meter("wan2_1_i2v_14b", "wan2-1-ci-tiny").stages] == [
        "text_encoder",
        "image_encoder",
        "vae_encode",
        "transformer",
        "vae_decode",
    ]


@pytest.mark.parametrize("name", sorted(MODELS))
def test_the_total_is_the_sum_of_the_stages_each_costed_alone(name):
    whole = meter(name, "wan2-1-480p")
    alone = [meter(name, "wan2-1-480p", stages=[stage.path]).total for stage in whole.stages]
    assert whole.total == sum(alone, StageCost())


def has_frames_for(model, workload):
    """A first frame and a last are two."""
    return "flf2v" not in model or workload.num_frames > 1


@settings(max_examples=40)
@given(
    st.sampled_from(sorted(MODELS)),
    workloads,
    st.sampled_from(["num_frames", "height", "width", "batch_size", "num_inference_steps"]),
)
def test_more_of_anything_never_costs_less_in_any_stage(model, workload, knob):
    assume(has_frames_for(model, workload))
    step = {"num_frames": 4, "height": 16, "width": 16}.get(knob, 1)
    before = report(MODELS[model], workload)
    after = report(MODELS[model], evolve(workload, **{knob: getattr(workload, knob) + step}))
    for small, large in zip(before.modules, after.modules, strict=True):
        for field in ("flops", "vector_flops", "bytes_read", "bytes_written", "activation_bytes"):
            assert getattr(small.cost, field) <= getattr(large.cost, field), small.path
        assert small.cost.params == large.cost.params, small.path


@settings(max_examples=20)
@given(st.sampled_from(sorted(MODELS)), workloads)
def test_every_parent_is_what_its_children_give(model, workload):
    assume(has_frames_for(model, workload))
    modules = report(MODELS[model], workload).modules
    parents_are_what_their_children_give(modules)


def test_a_first_and_a_last_frame_need_two_frames():
    with pytest.raises(InvalidValueError, match=r"workload\.num_frames: got 1.*nearest valid: 5"):
        meter("wan2_1_flf2v_14b", "wan2-1-1024-image")


def test_there_are_no_more_reference_images_than_latent_frames():
    """The masks that they take are cut from the video's: the official program and diffusers fail."""
    assert meter(VACE, "wan2-1-480p", num_reference_images=21).workload.num_frames == 81
    message = r"num_reference_images: got 22; allowed: at most the video's 21 latent frames"
    with pytest.raises(InvalidValueError, match=message):
        meter(VACE, "wan2-1-480p", num_reference_images=22)


def test_each_reference_image_is_a_latent_frame_more_that_is_not_decoded():
    plain = meter(VACE, "wan2-1-480p", num_inference_steps=1)
    with_two = meter(VACE, "wan2-1-480p", num_inference_steps=1, num_reference_images=2)
    longer = meter(VACE, "wan2-1-480p", num_inference_steps=1, num_frames=81 + 8)
    assert with_two["transformer"].cost == longer["transformer"].cost
    assert with_two["vae_decode"].cost == plain["vae_decode"].cost
    one_frame = meter(VACE, "wan2-1-480p", num_frames=1)["vae_encode"].cost
    encoded = with_two["vae_encode"].cost.flops - plain["vae_encode"].cost.flops
    assert encoded == one_frame.flops  # two images here; two clips of one frame there


def test_reference_images_are_for_vace_alone():
    with pytest.raises(InvalidValueError, match="wan2_1_t2v_14b takes no reference images"):
        meter("wan2_1_t2v_14b", num_reference_images=1)


def test_vaces_hints_wait_while_the_blocks_run():
    """15 hints of 512 tokens of 1536 at the first block; 14 and the stream at the last control block."""
    costed = meter(VACE, "wan2-1-ci-tiny")
    hint = 2 * 512 * 1536
    others = {
        "latents": 2 * 16 * 2 * 32 * 32,
        "control": 2 * 96 * 2 * 32 * 32,
        "timestep": 2,
        "prompt": 2 * 64 * 4096,
        "time": 2 * 1536,
    }
    assert costed["transformer/blocks"].held_bytes == 15 * hint + sum(others.values())
    assert costed["transformer/vace_blocks"].held_bytes == 15 * hint + sum(others.values())
    # The first hint is added while 14 wait, and 29 blocks: with them text, time projection, table.
    condition = 2 * (64 * 1536 + 6 * 1536 + 512 * 128)
    held = costed["transformer/hint_residual"].held_bytes
    assert held == 14 * hint + condition + sum(others.values())


def test_flf2v_adds_positions_to_two_images_and_i2v_attends_to_one():
    one, two = (meter(name, "wan2-1-ci-tiny") for name in ("wan2_1_i2v_14b", "wan2_1_flf2v_14b"))
    assert "transformer/img_emb/position_embedding" not in one
    assert two["transformer/img_emb/position_embedding"].cost.params == 514 * 1280
    for part in ("k_img", "core_img"):
        path = f"transformer/blocks/cross_attn/{part}"
        assert two[path].cost.flops == 2 * one[path].cost.flops


@pytest.mark.parametrize("stage", ["vae_encode", "vae_decode"])
def test_the_vae_takes_as_long_to_cost_for_any_number_of_frames(stage):
    """The chunks are a first, a second, and equal ones: no loop over frames."""
    few = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", num_frames=9, stages=[stage])
    many = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", num_frames=4001, stages=[stage])
    assert len(few.modules) == len(many.modules)
    more = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", num_frames=4005, stages=[stage])
    latest = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", num_frames=4009, stages=[stage])
    for a, b, c in zip(many.modules, more.modules, latest.modules, strict=True):
        for field in ("flops", "vector_flops", "bytes_read", "bytes_written"):
            steps = [getattr(r.cost, field) for r in (a, b, c)]
            assert steps[1] - steps[0] == steps[2] - steps[1], (a.path, field)


def test_the_first_chunk_skips_the_temporal_resampling():
    row = meter("wan2_1_t2v_1_3b", "wan2-1-480p")["vae_decode/decoder/up_0/resample/time_conv"]
    assert row.calls == 20
    still = meter("wan2_1_t2v_1_3b", "wan2-1-1024-image")[row.path]
    assert (still.calls, still.cost.flops) == (0, 0)
    assert still.cost.params == row.cost.params


WIDTHS = [
    # Impossible pipelines: components whose output the next one cannot take.
    ("wan2_1_t2v_14b", "vae.z_dim=48", "vae.z_dim: got 48; allowed: model.out_dim = 16"),
    ("wan2_1_t2v_14b", "model.in_dim=36", "model.in_dim: got 36; allowed: vae.z_dim = 16"),
    ("wan2_1_t2v_14b", "model.task=i2v", "model.in_dim: got 16; allowed: 2 vae.z_dim [+] 4 = 36"),
    ("wan2_1_i2v_14b", "model.image_dim=1024", "image_encoder.dim: got 1280; allowed: model.image"),
    (VACE, "model.vace_in_dim=64", "model.vace_in_dim: got 64; allowed: 2 vae.z_dim [+] 64 = 96"),
]


@pytest.mark.parametrize(("model", "override", "message"), WIDTHS)
def test_components_fit_together(model, override, message):
    with pytest.raises(InvalidValueError, match=message):
        configure(overrides=[f"model={model}", override])


@pytest.mark.parametrize(
    "stages", [[], (), {}, 3, True, 1.5, "transformer", [1], iter(["transformer"])]
)
def test_stages_are_a_list_of_names(stages):
    with pytest.raises(InvalidValueError, match=r"stages: got .*; allowed: a list of stages"):
        meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=stages)


def test_a_report_names_every_component_that_it_depends_on():
    core = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", stages=["transformer"])
    assert [name for name, _ in core.components] == ["image_encoder", "transformer"]
    decode = meter("wan2_1_i2v_14b", "wan2-1-ci-tiny", stages=["vae_decode"])
    assert [name for name, _ in decode.components] == ["vae"]


def test_too_many_reference_images_are_blamed_on_themselves():
    with pytest.raises(InvalidValueError, match=r"workload\.num_reference_images: got 2000"):
        meter(VACE, "wan2-1-ci-tiny", num_reference_images=2000)


@pytest.mark.parametrize("references", [1, 2])
def test_each_reference_image_is_encoded_as_a_clip_of_one_frame(references):
    """Wan2.1 wan/vace.py, vace_encode_frames: two clips, then each image by itself."""
    clips = meter(VACE, "wan2-1-ci-tiny")["vae_encode"].cost
    both = meter(VACE, "wan2-1-ci-tiny", num_reference_images=references)["vae_encode"].cost
    image = meter(VACE, "wan2-1-ci-tiny", num_frames=1)["vae_encode"].cost  # two clips of a frame
    for field in ("flops", "vector_flops", "bytes_read", "bytes_written"):
        one = getattr(image, field) // 2
        assert getattr(both, field) == getattr(clips, field) + references * one
    assert both.params == clips.params


@pytest.mark.parametrize("axis", ["height", "width"])
def test_the_rotary_table_has_1024_rows_an_axis(axis):
    """Wan2.1 wan/modules/model.py: rope_params(1024, ...)."""
    assert meter(VACE, "wan2-1-ci-tiny", **{axis: 1024 * 16}).total.flops
    with pytest.raises(InvalidValueError, match=rf"^workload\.{axis}: got 16400; allowed: at most"):
        meter(VACE, "wan2-1-ci-tiny", num_reference_images=1, **{axis: 1025 * 16})


def test_frames_and_reference_images_share_the_table():
    longest = 4 * 1023 + 1
    assert meter(VACE, "wan2-1-ci-tiny", num_frames=longest).total.flops
    with pytest.raises(InvalidValueError, match=r"^workload\.num_reference_images: got 1; allowed"):
        meter(VACE, "wan2-1-ci-tiny", num_frames=longest, num_reference_images=1)
    with pytest.raises(InvalidValueError, match=r"^workload\.num_frames: got 4097; allowed"):
        meter(VACE, "wan2-1-ci-tiny", num_frames=longest + 4)


def test_a_model_without_a_control_video_may_leave_its_width_alone():
    model = evolve(MODELS["wan2_1_t2v_1_3b"], vace_in_dim=7)
    assert meter(model, "wan2-1-ci-tiny").total == meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny").total


def test_a_transformer_attends_to_no_image_unless_told():
    run = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny")
    factory = LayerFactory(
        model=run.model,
        options=run.transformer,
        workload=run.workload,
        backend=run.layer_impl,
        grid=run.geometry.grid(run.workload),
    )
    assert factory.image_tokens == 0
