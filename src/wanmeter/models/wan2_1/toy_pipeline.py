"""The diffusers pipeline of a task, with toy models that run on a CPU in a second."""

from collections.abc import Iterable

from wanmeter.models.components.real_modules import (
    image_encoder_recipe,
    text_encoder_recipe,
    vae_recipe,
)
from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.geometry import Geometry
from wanmeter.models.reference import Picture, RealPipeline, Recipe, Watched
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.folders import PIPELINES
from wanmeter.models.wan2_1.geometry import GEOMETRY, IMAGE_MASK, VACE_MASK
from wanmeter.models.wan2_1.real_modules import transformer_recipe
from wanmeter.models.wan2_1.spec import IMAGES, ModelSpec, Task
from wanmeter.models.workload import Workload

SIDE = 2 * max(GEOMETRY.sides)
"""Side of a toy video in pixels: two patches."""

WIDTH, HEADS = 24, 2

TEXT_ENCODER = TextEncoderSpec(
    vocab_size=2,
    dim=WIDTH,
    head_dim=WIDTH // HEADS,
    num_heads=HEADS,
    ffn_dim=WIDTH,
    num_layers=1,
)
IMAGE_ENCODER = ImageEncoderSpec(
    image_size=8,
    patch_size=8,
    dim=WIDTH,
    ffn_dim=WIDTH,
    num_heads=HEADS,
    num_layers=2,
    layers_run=2,
)
# The pipelines normalise latents of 16 channels.
VAE = VaeSpec(dim=8, dim_mult=(1, 1, 1, 1), num_res_blocks=1)

PIPELINE_OF = {task: name for name, tasks in PIPELINES.items() for task in tasks}
"""The pipeline class of each task."""


def toy_pipeline(settings: Settings[ModelSpec]) -> RealPipeline:
    """The pipeline of a run's task, with the run's own steps, guidance and reference images."""
    model, workload = settings.model, settings.workload
    # A clip of two latent frames, or of as many as there are reference images.
    longest = GEOMETRY.num_frames(max(2, workload.num_reference_images))
    num_frames = min(workload.num_frames, longest)
    transformer = transformer_recipe(_model(model.task), image_tokens=IMAGE_ENCODER.tokens)
    models = {"text_encoder": text_encoder_recipe(TEXT_ENCODER), "transformer": transformer}
    if model.num_images:
        models["image_encoder"] = image_encoder_recipe(IMAGE_ENCODER)
    scheduler = Recipe(library="diffusers", class_name="FlowMatchEulerDiscreteScheduler")
    return RealPipeline(
        recipe=Recipe(library="diffusers", class_name=PIPELINE_OF[model.task]),
        components={**models, "vae": vae_recipe(VAE), "scheduler": scheduler},
        watched=watched(models, GEOMETRY),
        num_frames=num_frames,
        arguments=arguments(workload, SIDE) | _pictures(settings, num_frames),
    )


def watched(models: Iterable[str], geometry: Geometry) -> tuple[Watched, ...]:
    """The modules whose calls are passes: each model, whose stage has its name, and the VAE's ends."""
    return (
        *(Watched(module=name, stage=name) for name in models),
        Watched(module="vae.quant_conv", stage="vae_encode", frames=geometry.num_frames),
        Watched(module="vae.post_quant_conv", stage="vae_decode", frames=geometry.num_frames),
    )


def arguments(workload: Workload, side: int) -> dict[str, object]:
    """The arguments that all pipelines take: a square video, with the workload's steps and guidance."""
    return {
        "prompt": "",
        "negative_prompt": "",
        "height": side,
        "width": side,
        "num_inference_steps": workload.num_inference_steps,
        "guidance_scale": 5.0 if workload.guidance else 1.0,
    }


def _model(task: Task) -> ModelSpec:
    z_dim = VAE.z_dim
    return ModelSpec(
        name="toy",
        task=task,
        dim=WIDTH,
        ffn_dim=WIDTH,
        num_heads=HEADS,
        num_layers=1,
        in_dim=2 * z_dim + IMAGE_MASK if IMAGES[task] else z_dim,
        out_dim=z_dim,
        freq_dim=WIDTH,
        text_dim=WIDTH,
        image_dim=WIDTH,
        vace_in_dim=2 * z_dim + VACE_MASK,
        vace_layers=(0,) if task == "vace" else (),
    )


def _pictures(settings: Settings[ModelSpec], num_frames: int) -> dict[str, object]:
    """The image and video arguments of the task's pipeline."""
    picture = Picture(side=SIDE)
    if settings.model.task == "vace":
        references = [picture] * settings.workload.num_reference_images
        given: dict[str, object] = dict.fromkeys(("video", "mask"), [picture] * num_frames)
        return given | ({"reference_images": references} if references else {})
    return dict.fromkeys(("image", "last_image")[: settings.model.num_images], picture)
