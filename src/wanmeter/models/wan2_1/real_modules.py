"""The real transformers: how to build them, and the inputs of one pass."""

from wanmeter.models.config_file import config_of
from wanmeter.models.reference import Input, RealModule, Recipe
from wanmeter.models.settings import Settings
from wanmeter.models.wan2_1.folders import DIFFUSERS_CLASSES
from wanmeter.models.wan2_1.geometry import GEOMETRY
from wanmeter.models.wan2_1.spec import ModelSpec


def transformer_recipe(model: ModelSpec, *, image_tokens: int) -> Recipe:
    """The transformer of a model, with `image_tokens` tokens per image.

    Source: diffusers WanTransformer3DModel and WanVACETransformer3DModel.
    """
    vace = model.task == "vace"
    class_name = "WanVACETransformer3DModel" if vace else "WanTransformer3DModel"
    config = config_of(model, DIFFUSERS_CLASSES[class_name])
    config["attention_head_dim"] = model.head_dim
    if model.num_images:
        config |= {"image_dim": model.image_dim, "added_kv_proj_dim": model.dim}
    if model.num_images > 1:
        config["pos_embed_seq_len"] = model.num_images * image_tokens
    return Recipe(library="diffusers", class_name=class_name, config=config)


def transformer_module(settings: Settings[ModelSpec]) -> RealModule:
    """The transformer in one denoising step, on one prompt per sample."""
    model, workload = settings.model, settings.workload
    batch, image_tokens = workload.batch_size, settings.image_encoder.tokens
    grid = GEOMETRY.grid(workload).with_frames(workload.num_reference_images)
    inputs = {
        "hidden_states": Input((batch, model.in_dim, *grid.size)),
        "timestep": Input((batch,), integer=True),
        "encoder_hidden_states": Input((batch, workload.text_len, model.text_dim)),
    }
    if model.task == "vace":
        inputs["control_hidden_states"] = Input((batch, model.vace_in_dim, *grid.size))
    if model.num_images:
        shape = (batch * model.num_images, image_tokens, model.image_dim)
        inputs["encoder_hidden_states_image"] = Input(shape)
    return RealModule(
        recipe=transformer_recipe(model, image_tokens=image_tokens),
        inputs=lambda _: inputs,
        blocks={"blocks": model.num_layers}
        | ({"vace_blocks": len(model.vace_layers)} if model.vace_layers else {}),
    )
