"""The diffusers pipeline of a task, with toy models that run on a CPU in a second."""

from attrs import evolve

from wanmeter.models.components.real_modules import text_encoder_recipe, vae_recipe
from wanmeter.models.reference import Picture, RealPipeline, Recipe
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import IMAGE_MASK
from wanmeter.models.wan2_1.real_modules import transformer_recipe
from wanmeter.models.wan2_1.toy_pipeline import (
    HEADS,
    TEXT_ENCODER,
    VAE,
    WIDTH,
    arguments,
    watched,
)
from wanmeter.models.wan2_2.geometry import geometry
from wanmeter.models.wan2_2.schedule import sample_shift
from wanmeter.models.wan2_2.spec import Wan22Spec
from wanmeter.models.wan2_2.stages import is_given_an_image

RESIDUAL_VAE = evolve(VAE, patch_size=2, residual=True)


def toy_pipeline(settings: Settings[Wan22Spec]) -> RealPipeline:
    """The pipeline of a run's task, with the run's own schedule, steps and guidance."""
    model, workload = settings.model, settings.workload
    own = geometry(model)
    side = 2 * max(own.sides)
    pictured = is_given_an_image(model, workload)
    either = model.task == "ti2v"
    recipe = transformer_recipe(_model(model).transformer, image_tokens=0)
    models = {"text_encoder": text_encoder_recipe(TEXT_ENCODER), "transformer": recipe}
    if model.boundary is not None:
        models["transformer_2"] = recipe
    # This class spaces steps as the official sampler does; diffusers' UniPC has other times.
    scheduler = {
        "prediction_type": "flow_prediction",
        "use_flow_sigmas": True,
        "flow_shift": sample_shift(model, workload),
    }
    absent = {"image_encoder": None, "image_processor": None} if pictured else {}
    return RealPipeline(
        recipe=Recipe(
            library="diffusers",
            class_name="WanImageToVideoPipeline" if pictured else "WanPipeline",
            config={"boundary_ratio": model.boundary, "expand_timesteps": either, **absent},
        ),
        components={
            **models,
            "vae": vae_recipe(RESIDUAL_VAE if either else VAE),
            "scheduler": Recipe(
                library="diffusers", class_name="DPMSolverMultistepScheduler", config=scheduler
            ),
        },
        watched=watched(models, own),
        num_frames=min(workload.num_frames, own.num_frames(2)),
        arguments=arguments(workload, side) | ({"image": Picture(side=side)} if pictured else {}),
    )


def _model(model: Wan22Spec) -> Wan22Spec:
    """A model of the same task and schedule, of toy dimensions."""
    z_dim = VAE.z_dim
    return evolve(
        model,
        dim=WIDTH,
        ffn_dim=WIDTH,
        num_heads=HEADS,
        num_layers=1,
        in_dim=2 * z_dim + IMAGE_MASK if model.task == "i2v" else z_dim,
        out_dim=z_dim,
        freq_dim=WIDTH,
        text_dim=WIDTH,
    )
