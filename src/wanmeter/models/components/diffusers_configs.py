"""The files of components in diffusers folders: a `config.json` each, and what each of its keys does."""

from pathlib import Path
from typing import Any

from wanmeter.models.components.specs import ImageEncoderSpec, TextEncoderSpec, VaeSpec
from wanmeter.models.config_file import ConfigFile, Key, config_of, gives, only, uncounted

# The names that transformers has for activation functions, and ours.
_ACTIVATIONS = {"gelu": "GELUExact", "gelu_new": "GELUTanh", "gelu_pytorch_tanh": "GELUTanh"}

CLIP_CLASSES = ("CLIPVisionModel", "CLIPVisionModelWithProjection")
"""The classes that an image encoder's files may name. Source: transformers models/clip."""

DIFFUSERS = uncounted("_diffusers_version", "_name_or_path")
"""Keys of every file that diffusers writes. Source: diffusers configuration_utils.py."""

# Element sizes are the run's own: `text_encoder.weight_bits` and the like, not the file's `dtype`.
_DTYPE = only(None, "float32", "float16", "bfloat16")

PRETRAINED = {
    **uncounted("_attn_implementation_autoset", "_commit_hash", "_name_or_path"),
    **uncounted("attn_implementation", "bad_words_ids", "begin_suppress_tokens", "bos_token_id"),
    **uncounted("decoder_start_token_id", "diversity_penalty", "do_sample", "early_stopping"),
    **uncounted("encoder_no_repeat_ngram_size", "eos_token_id"),
    **uncounted("exponential_decay_length_penalty", "finetuning_task", "forced_bos_token_id"),
    **uncounted("forced_eos_token_id", "id2label", "is_encoder_decoder", "label2id"),
    **uncounted("length_penalty", "max_length", "min_length", "no_repeat_ngram_size"),
    **uncounted("num_beam_groups", "num_beams", "num_labels", "num_return_sequences"),
    **uncounted("output_hidden_states", "output_scores", "pad_token_id", "prefix", "problem_type"),
    **uncounted("remove_invalid_values", "repetition_penalty", "return_dict"),
    **uncounted("return_dict_in_generate", "sep_token_id", "suppress_tokens"),
    **uncounted("task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder"),
    **uncounted("tie_word_embeddings", "tokenizer_class", "top_k", "top_p", "torchscript"),
    **uncounted("transformers_version", "typical_p", "use_bfloat16"),
    "add_cross_attention": only(False),
    "chunk_size_feed_forward": only(0),
    "cross_attention_hidden_size": only(None),
    "dtype": _DTYPE,
    "is_decoder": only(False),
    "output_attentions": only(False),
    "pruned_heads": only({}, None),
    "torch_dtype": _DTYPE,
}
"""Keys of every transformers configuration, but `quantization_config`.

Source: PretrainedConfig of transformers 4.49 and 5.23, configuration_utils.py.
"""

TEXT_ENCODER_KEYS = {
    **PRETRAINED,
    **uncounted("classifier_dropout", "dropout_rate", "initializer_factor", "layer_norm_epsilon"),
    **uncounted("num_decoder_layers", "output_past", "relative_attention_max_distance"),
    **uncounted("scalable_attention", "use_cache"),
    "architectures": only(None, ["UMT5EncoderModel"]),
    "d_ff": gives("ffn_dim", 1024),
    "d_kv": gives("head_dim", 64),
    "d_model": gives("dim", 512),
    "dense_act_fn": only("gelu_new"),
    "feed_forward_proj": only("gated-gelu"),
    "is_gated_act": only(True),
    "model_type": only("umt5"),
    "num_heads": gives("num_heads", 6),
    "num_layers": gives("num_layers", 8),
    "relative_attention_num_buckets": gives("num_buckets", 32),
    "vocab_size": gives("vocab_size", 250_112),
}
"""Source: transformers models/umt5/configuration_umt5.py, UMT5Config."""

IMAGE_ENCODER_KEYS = {
    **PRETRAINED,
    **uncounted("attention_dropout", "dropout", "initializer_factor", "initializer_range"),
    **uncounted("layer_norm_eps", "projection_dim"),
    "architectures": only(None, *([name] for name in CLIP_CLASSES)),
    "hidden_act": Key(default="quick_gelu", allowed=tuple(_ACTIVATIONS)),
    "hidden_size": gives("dim", 768),
    "image_size": gives("image_size", 224),
    "intermediate_size": gives("ffn_dim", 3072),
    "model_type": only("clip_vision_model"),
    "num_attention_heads": gives("num_heads", 12),
    "num_channels": only(3),
    "num_hidden_layers": gives("num_layers", 12),
    "patch_size": gives("patch_size", 32),
}
"""Source: transformers models/clip/configuration_clip.py, CLIPVisionConfig."""

VAE_KEYS = {
    **DIFFUSERS,
    **uncounted("clip_output", "dropout", "latents_mean", "latents_std"),
    "attn_scales": only([]),
    "base_dim": gives("dim", 96),
    "decoder_base_dim": gives("decoder_dim", None),
    "dim_mult": gives("dim_mult", [1, 2, 4, 4]),
    "in_channels": Key(default=3, read="must be 3 patch_size^2"),
    "is_residual": gives("residual", False),
    "num_res_blocks": gives("num_res_blocks", 2),
    "out_channels": Key(default=3, read="must be 3 patch_size^2"),
    "patch_size": Key(read="gives `patch_size`; 1 if left out"),
    "scale_factor_spatial": Key(default=8, read="must be the pixels of a latent's side"),
    "scale_factor_temporal": Key(default=4, read="must be the frames of a latent"),
    "temperal_downsample": gives("temporal_downsample", [False, True, True]),
    "z_dim": gives("z_dim", 16),
}
"""Source: diffusers models/autoencoders/autoencoder_kl_wan.py, AutoencoderKLWan."""


def read_text_encoder(path: Path) -> TextEncoderSpec:
    """The text encoder."""
    return ConfigFile.read(path, TEXT_ENCODER_KEYS).build(TextEncoderSpec)


def read_image_encoder(path: Path) -> ImageEncoderSpec:
    """The image encoder, of which all but the last block run, as in the official code."""
    file = ConfigFile.read(path, IMAGE_ENCODER_KEYS)
    return file.build(
        ImageEncoderSpec,
        act_fn=_ACTIVATIONS[file["hidden_act"]],
        layers_run=max(file.positive_int("num_hidden_layers") - 1, 1),
    )


def read_vae(path: Path) -> VaeSpec:
    """The VAE."""
    file = ConfigFile.read_class(path, {"AutoencoderKLWan": VAE_KEYS})
    side = 1 if file["patch_size"] is None else file.positive_int("patch_size")
    spec = file.build(VaeSpec, patch_size=side)
    for key, value in _derived(spec).items():
        file.expect(key, value)
    return spec


def vae_config(spec: VaeSpec) -> dict[str, Any]:
    """The configuration of a VAE, as `read_vae` would read it."""
    side = None if spec.patch_size == 1 else spec.patch_size
    return {**config_of(spec, VAE_KEYS), **_derived(spec), "patch_size": side}


def _derived(spec: VaeSpec) -> dict[str, int]:
    """The keys of a VAE's file whose values follow from the others."""
    frames, rows, _ = spec.stride
    return {
        "in_channels": spec.pixel_channels,
        "out_channels": spec.pixel_channels,
        "scale_factor_temporal": frames,
        "scale_factor_spatial": rows,
    }
