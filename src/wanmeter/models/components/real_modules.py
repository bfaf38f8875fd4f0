"""The real text encoder, image encoder and VAE: how to build them, and the inputs of one pass."""

from wanmeter.models.components.diffusers_configs import (
    IMAGE_ENCODER_KEYS,
    TEXT_ENCODER_KEYS,
    vae_config,
)
from wanmeter.models.components.specs import (
    PIXEL_CHANNELS,
    ImageEncoderSpec,
    TextEncoderSpec,
    VaeSpec,
)
from wanmeter.models.config_file import config_of
from wanmeter.models.reference import Input, RealModule, Recipe


def text_encoder_recipe(spec: TextEncoderSpec) -> Recipe:
    """UMT5's encoder. Source: transformers UMT5Config."""
    config = config_of(spec, TEXT_ENCODER_KEYS)
    return Recipe(library="transformers", class_name="UMT5EncoderModel", config=config)


def text_encoder_module(spec: TextEncoderSpec, *, batch_size: int, tokens: int) -> RealModule:
    """The text encoder on one prompt per sample."""
    inputs = {"input_ids": Input((batch_size, tokens), integer=True)}
    return RealModule(
        recipe=text_encoder_recipe(spec),
        inputs=lambda _: inputs,
        blocks={"encoder.block": spec.num_layers},
    )


def image_encoder_recipe(spec: ImageEncoderSpec) -> Recipe:
    """CLIP's vision tower. Source: transformers CLIPVisionConfig."""
    config = config_of(spec, IMAGE_ENCODER_KEYS) | {"hidden_act": "gelu"}
    return Recipe(library="transformers", class_name="CLIPVisionModel", config=config)


def image_encoder_module(spec: ImageEncoderSpec, *, images: int) -> RealModule:
    """The image encoder on `images` images.

    The official code loads all blocks and runs all but the last.
    """
    shape = (images, PIXEL_CHANNELS, spec.image_size, spec.image_size)
    return RealModule(
        recipe=image_encoder_recipe(spec),
        inputs=lambda _: {"pixel_values": Input(shape)},
        blocks={"encoder.layers": spec.layers_run},
    )


def vae_recipe(spec: VaeSpec) -> Recipe:
    """The VAE. Source: diffusers AutoencoderKLWan."""
    return Recipe(library="diffusers", class_name="AutoencoderKLWan", config=vae_config(spec))


def vae_encode_module(spec: VaeSpec, *, batch_size: int, height: int, width: int) -> RealModule:
    """The VAE's encoder on one clip per sample, of any length."""
    return RealModule(
        recipe=vae_recipe(spec),
        inputs=lambda num_frames: {
            "x": Input((batch_size, PIXEL_CHANNELS, num_frames, height, width))
        },
        method="encode",
    )


def vae_decode_module(
    spec: VaeSpec, *, batch_size: int, latents: tuple[int, int, int]
) -> RealModule:
    """The VAE's decoder on the latents, (frames, height, width), of one clip per sample."""
    shape = (batch_size, spec.z_dim, *latents)
    return RealModule(
        recipe=vae_recipe(spec), inputs=lambda _: {"z": Input(shape)}, method="decode"
    )
