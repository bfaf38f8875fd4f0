"""What Wan2.1 is compared with: how often each real model runs, and what keeps one from being measured."""

import json

import pytest
from attrs import evolve

from tests.strategies import VIDEO_MODELS
from wanmeter import ImageEncoderSpec, TextEncoderSpec, VaeSpec, configure, load_model_dir
from wanmeter.models.components import diffusers_configs, real_modules
from wanmeter.models.reference import RealPasses
from wanmeter.models.wan2_1.real_modules import transformer_recipe


def passes(run, stage):
    return run.reference.stages[stage].passes(run)


def test_text_to_video():
    run = configure("wan2_1_t2v_14b", "wan2-1-480p")
    assert {
        stage: passes(run, stage) for stage in run.family.stages_of(run.model, run.workload)
    } == {
        "text_encoder": (RealPasses(count=2, num_frames=81),),
        "transformer": (RealPasses(count=100, num_frames=81),),
        "vae_decode": (RealPasses(count=1, num_frames=81),),
    }


@pytest.mark.parametrize(
    ("frames", "references", "clips"),
    [(81, 0, {81: 2}), (81, 3, {81: 2, 1: 3}), (1, 1, {1: 3})],
)
def test_vace_encodes_two_clips_and_each_reference_image(frames, references, clips):
    run = configure(
        "wan2_1_vace_14b", "wan2-1-480p", num_frames=frames, num_reference_images=references
    )
    assert {each.num_frames: each.count for each in passes(run, "vae_encode")} == clips


def why_not(run, stage):
    return run.reference.stages[stage].why_not(run)


def test_image_models_are_measured_at_512_text_tokens_only():
    run = configure("wan2_1_i2v_14b", "wan2-1-480p", text_len=64)
    assert "text_len is 64" in why_not(run, "transformer")
    assert why_not(run, "vae_encode") == ""
    assert why_not(configure("wan2_1_i2v_14b", "wan2-1-480p"), "transformer") == ""
    assert why_not(configure("wan2_1_t2v_14b", "wan2-1-480p", text_len=64), "transformer") == ""


def written(folder, recipe):
    """The file of a real module, with the arguments that the comparison gives it."""
    beside = {"_class_name": recipe.class_name} if recipe.library == "diffusers" else {}
    path = folder / "config.json"
    path.write_text(json.dumps({**recipe.config, **beside}))
    return path


@pytest.mark.parametrize("name", VIDEO_MODELS)
def test_a_real_transformers_arguments_are_read_as_the_model(tmp_path, name):
    run = configure(name, "wan2-1-ci-tiny")
    written(tmp_path, transformer_recipe(run.model, image_tokens=257))
    read = load_model_dir(tmp_path).model
    steps = run.model.num_inference_steps
    assert evolve(read, name=run.model.name, num_inference_steps=steps) == run.model


@pytest.mark.parametrize(
    ("component", "spec"),
    [
        ("text_encoder", TextEncoderSpec(dim=3, head_dim=5, num_layers=7, num_buckets=11)),
        ("image_encoder", ImageEncoderSpec(image_size=60, patch_size=6, dim=32)),
        ("vae", VaeSpec(dim=3, z_dim=5, dim_mult=(1, 2, 3, 5), num_res_blocks=7)),
    ],
)
def test_a_real_components_arguments_are_read_as_its_spec(tmp_path, component, spec):
    recipe = getattr(real_modules, f"{component}_recipe")(spec)
    path = written(tmp_path, recipe)
    assert getattr(diffusers_configs, f"read_{component}")(path) == spec
