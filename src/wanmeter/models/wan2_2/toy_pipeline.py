"""The diffusers pipeline of a task, with toy models that run on a CPU in a second."""

from attrs import evolve

from wanmeter.models.components.real_modules import text_encoder_recipe, vae_recipe
from wanmeter.models.reference import Picture, RealPipeline, Recipe, Watched
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.geometry import IMAGE_MASK
from wanmeter.models.wan2_1.real_modules import transformer_recipe
from wanmeter.models.wan2_1.toy_pipeline import HEADS, TEXT_ENCODER, VAE, WIDTH
from wanmeter.models.wan2_2.geometry import geometry
from wanmeter.models.wan2_2.spec import Wan22Spec

RESIDUAL_VAE = evolve(VAE, patch_size=2, residual=True)


def toy_pipeline(settings: Settings[Wan22Spec]) -> RealPipeline:
    """The pipeline of a run's task, with the run's own schedule, steps and guidance."""
    model, workload = settings.model, settings.workload
    own = geometry(model)
    side = 2 * max(own.sides)
    given_image = model.task == "i2v" or workload.image
    either = model.task == "ti2v"
    recipe = transformer_recipe(_model(model).transformer, image_tokens=0)
    models = {"text_encoder": text_encoder_recipe(TEXT_ENCODER), "transformer": recipe}
    if model.boundary is not None:
        models["transformer_2"] = recipe
    shift = workload.sample_shift or model.sample_shift
    # This class spaces steps as the official sampler does; diffusers' UniPC has other times.
    scheduler = {
        "prediction_type": "flow_prediction",
        "use_flow_sigmas": True,
        "flow_shift": shift,
    }
    absent = {"image_encoder": None, "image_processor": None} if given_image else {}
    return RealPipeline(
        recipe=Recipe(
            library="diffusers",
            class_name="WanImageToVideoPipeline" if given_image else "WanPipeline",
            config={"boundary_ratio": model.boundary, "expand_timesteps": either, **absent},
        ),
        components={
            **models,
            "vae": vae_recipe(RESIDUAL_VAE if either else VAE),
            "scheduler": Recipe(
                library="diffusers", class_name="DPMSolverMultistepScheduler", config=scheduler
            ),
        },
        watched=(
            *(Watched(module=name, stage=name) for name in models),
            Watched(module="vae.quant_conv", stage="vae_encode", frames=own.num_frames),
            Watched(module="vae.post_quant_conv", stage="vae_decode", frames=own.num_frames),
        ),
        num_frames=min(workload.num_frames, own.num_frames(2)),
        arguments={
            "prompt": "",
            "negative_prompt": "",
            "height": side,
            "width": side,
            "num_inference_steps": workload.num_inference_steps,
            "guidance_scale": 5.0 if workload.guidance else 1.0,
            **({"image": Picture(side=side)} if given_image else {}),
        },
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
