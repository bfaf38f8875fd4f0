"""Traces the official VAEs, text encoder and image encoder on fake CUDA tensors.

    python -m tests.reference.record_components WAN2_1_CHECKOUT WAN2_2_CHECKOUT

Needs what `record_execution` needs; packages that read images and prompts have stand-ins.
"""

import sys
from pathlib import Path
from types import ModuleType

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from tests.reference import record_execution as recording
from tests.reference.record_execution import fake, on_gpu
from tests.reference.record_official import _commit, _module, to_text

RECORD = Path(__file__).with_name("official_components.json")

VAE_2_2 = {
    "dim": 160,
    "dec_dim": 256,
    "z_dim": 48,
    "dim_mult": [1, 2, 4, 4],
    "temperal_downsample": [False, True, True],
}
"""Source: Wan2.2 wan/modules/vae2_2.py, Wan2_2_VAE and WanVAE_."""
VAE_2_1 = {"dim": 96, "z_dim": 16, "temperal_downsample": [False, True, True]}


class Coding(nn.Module):
    """The official `encode` or `decode` of a VAE, as a module."""

    def __init__(self, code, wrapper, config, method):
        super().__init__()
        self.method, self.dtype = getattr(wrapper, method), torch.float32
        z_dim = config["z_dim"]
        with torch.device("meta"):
            self.model = code.WanVAE_(**config).requires_grad_(False)
            self.register_buffer("mean", torch.empty(z_dim))
            self.register_buffer("inverse_std", torch.empty(z_dim))
        self.scale = []

    def forward(self, clips):
        """Encode or decode; the mean and the deviations are on the GPU throughout."""
        self.scale = [self.mean, self.inverse_std]
        return self.method(self, clips)


RESIDUAL = recording.RESIDUAL
UPSAMPLE = {"time_conv": "time_conv", "resample.0": "upsample", "resample.1": "conv"}
DOWNSAMPLE = {"time_conv": "time_conv", "resample.1": "conv"}


def coder_rows(method, *, levels, per_level, nested):
    """The row of each module of a coder; a level's residual blocks after the first are one row.

    `nested` levels are modules, with a shortcut.
    """
    stage, coder = f"vae_{method}", f"{method}r"
    rows = {"": stage}
    conv = "model.conv1" if method == "encode" else "model.conv2"
    rows[conv] = f"{stage}/quant_conv" if method == "encode" else f"{stage}/post_quant_conv"
    row, outer = f"{stage}/{coder}", f"model.{coder}"
    rows[outer] = row
    rows[f"{outer}.conv1"] = f"{row}/conv_in"
    for i, name in enumerate(("norm_out", "act_out", "conv_out")):
        rows[f"{outer}.head.{i}"] = f"{row}/{name}"
    blocks = [
        ("middle.0", "mid/resnet_0", RESIDUAL),
        ("middle.1", "mid/attention", recording.ATTENTION),
        ("middle.2", "mid/resnet_1", RESIDUAL),
    ]
    samples, short = ("downsamples", "down") if method == "encode" else ("upsamples", "up")
    resampled = DOWNSAMPLE if method == "encode" else UPSAMPLE
    for level in range(levels):
        last = level == levels - 1
        if nested:
            rows[f"{outer}.{samples}.{level}"] = f"{row}/{short}_{level}"
            if not last:
                rows[f"{outer}.{samples}.{level}.avg_shortcut"] = f"{row}/{short}_{level}/shortcut"
        for place in range(per_level + (not last)):
            name = "resnet_0" if not place else "resnets" if place < per_level else "resample"
            parts = RESIDUAL if place < per_level else resampled
            at = level * (per_level + 1) + place
            module = f"{samples}.{level}.{samples}.{place}" if nested else f"{samples}.{at}"
            blocks.append((module, f"{short}_{level}/{name}", parts))
    for module, name, parts in blocks:
        rows[f"{outer}.{module}"] = f"{row}/{name}"
        for part, each in parts.items():
            rows[f"{outer}.{module}.{part}"] = f"{row}/{name}/{each}"
    return rows


def coding(code, wrapper, config, method, size, *, nested, clips=1):
    """A VAE's module, its inputs and its rows. `size` are a clip's channels, frames, rows and columns."""
    rows = coder_rows(method, levels=4, per_level=2 + (method == "decode"), nested=nested)
    module = on_gpu(Coding(code, wrapper, config, method))
    return module, {"clips": [fake(*size, dtype=torch.float32) for _ in range(clips)]}, rows


VIDEOS = (
    (1, 16, 24),
    (1, 40, 56),
    (5, 40, 56),
    (9, 40, 56),
    (9, 72, 32),
    (17, 48, 88),
    (25, 24, 24),
)
"""Frames, rows and columns of pixels."""
WIDE_VIDEOS = ((1, 480, 832), (81, 480, 832))
LATENTS_2_2 = (
    (1, 2, 3),
    (1, 8, 8),
    (2, 5, 7),
    (3, 5, 7),
    (3, 9, 4),
    (5, 6, 11),
    (7, 3, 3),
    (9, 3, 5),
    (31, 44, 80),
)
VIDEOS_2_2 = (
    (1, 32, 48),
    (1, 80, 112),
    (5, 80, 112),
    (9, 80, 112),
    (9, 144, 64),
    (17, 96, 176),
    (25, 48, 48),
    (1, 704, 1280),
)


def measure_vaes(wan2_1, wan2_2):
    """What the VAEs do that `record_execution` leaves out."""
    first, second = (
        _module(wan2_1, "modules.vae", "official_wan"),
        _module(wan2_2, "modules.vae2_2", "official_wan2_2"),
    )
    found = {"vae_encode": {}, "vae_encode_2_2": {}, "vae_decode_2_2": {}}

    def record(name, code, wrapper, config, method, grid, channels, *, nested, clips=1):
        size = (channels, *grid)
        case = coding(code, wrapper, config, method, size, nested=nested, clips=clips)
        found[name][" ".join(map(str, (*grid, f"x{clips}")))] = {
            "grid": grid,
            "clips": clips,
            **recording._record(*case),
        }

    kinds = (
        ("vae_encode", first, first.WanVAE, VAE_2_1, "encode", 3, (*VIDEOS, *WIDE_VIDEOS)),
        ("vae_encode_2_2", second, second.Wan2_2_VAE, VAE_2_2, "encode", 3, VIDEOS_2_2),
        ("vae_decode_2_2", second, second.Wan2_2_VAE, VAE_2_2, "decode", 48, LATENTS_2_2),
    )
    for name, code, wrapper, config, method, channels, grids in kinds:
        clips = [(grid, 1) for grid in grids] + [(grids[3], 2)]
        for grid, count in clips:
            record(
                *(name, code, wrapper, config, method, grid, channels),
                nested=code is second,
                clips=count,
            )
    return found


def _stand_ins(checkout):
    """Names that the encoders' code imports, or looks up, and does not use here."""
    tokenizers = ModuleType("official_wan.tokenizers")
    tokenizers.HuggingfaceTokenizer = None
    sys.modules[tokenizers.__name__] = tokenizers
    vision = ModuleType("torchvision")
    vision.transforms = ModuleType("torchvision.transforms")
    sys.modules.setdefault("torchvision", vision)
    sys.modules.setdefault("torchvision.transforms", vision.transforms)


def encoders(checkout):
    """The official modules t5 and clip, with stand-ins for what they import."""
    recording._transformer_code(checkout)  # attention
    _stand_ins(checkout)
    _module(checkout, "modules.xlm_roberta", "official_wan")
    current, torch.cuda.current_device = torch.cuda.current_device, lambda: 0
    try:
        return [_module(checkout, f"modules.{name}", "official_wan") for name in ("t5", "clip")]
    finally:
        torch.cuda.current_device = current


class Ranges(TorchFunctionMode):
    """Dispatches torch.arange on the GPU, whose Python binding would first set it up."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        """Replace the binding by the operator."""
        kwargs = kwargs or {}
        if func is torch.arange and kwargs.get("device") is not None:
            return torch.ops.aten.arange(*args, **kwargs)
        return func(*args, **kwargs)


class TextEncoding(nn.Module):
    """What the official `T5EncoderModel.__call__` does until it cuts its result to the prompts' lengths."""

    def __init__(self, code, config, tokens, prompts):
        super().__init__()
        self.model = code.umt5_xxl(
            encoder_only=True, dtype=torch.bfloat16, device="meta", **config
        ).requires_grad_(False)
        self.ids, self.mask = (torch.ones(prompts, tokens, dtype=torch.int64) for _ in range(2))

    def forward(self, device):
        """Encode a prompt, without autocast."""
        with torch.autocast("cuda", enabled=False), Ranges():
            ids, mask = self.ids, self.mask
            ids = ids.to(device)
            mask = mask.to(device)
            seq_lens = mask.gt(0).sum(dim=1).long()
            context = self.model(ids, mask)
            del seq_lens
            return context


T5_ROWS = {
    "pos_embedding": "attn/position_bias",
    "ffn.gate.0": "ffn/gate_proj",
    "ffn.gate.1": "ffn/act",
    "ffn.fc1": "ffn/up_proj",
    "ffn.fc2": "ffn/down_proj",
    **{name: name.replace(".", "/") for name in ("norm1", "attn", "norm2", "ffn")},
    **{f"attn.{name}": f"attn/{name}" for name in "qkvo"},
}
CLIP_ROWS = {
    "mlp.0": "mlp/up_proj",
    "mlp.1": "mlp/act",
    "mlp.2": "mlp/down_proj",
    "attn.proj": "attn/o",
    **{name: name for name in ("norm1", "attn", "norm2", "mlp")},
}


def _block_rows(module, inside, blocks, parts, stage):
    """The row of each module of an encoder whose blocks are one row."""
    rows = {"": stage}
    for name, _ in module.named_modules():
        local = name.removeprefix(inside)
        if local.startswith(f"{blocks}."):
            part = ".".join(local.split(".")[2:])
            if not part:
                rows[name] = f"{stage}/blocks"
            elif part in parts:
                rows[name] = f"{stage}/blocks/{parts[part]}"
        elif local in ("token_embedding", "norm", "patch_embedding", "pre_norm"):
            rows[name] = f"{stage}/{local}"
    return rows


def text_encoding(code, config, tokens, prompts=1):
    """UMT5's module, its inputs and its rows."""
    module = TextEncoding(code, config, tokens, prompts)
    rows = _block_rows(module, "model.", "blocks", T5_ROWS, "text_encoder")
    return on_gpu(module), {"device": recording.CUDA}, rows


class ImageEncoding(nn.Module):
    """What the official `CLIPModel.visual` does after resizing and normalising the images."""

    def __init__(self, code, config):
        super().__init__()
        with torch.device("meta"):
            self.visual = code.VisionTransformer(**config).to(torch.float16).requires_grad_(False)

    def forward(self, videos):
        """Encode images."""
        with torch.autocast("cuda", dtype=torch.float16):
            return self.visual(videos, use_31_block=True)


def image_encoding(code, config, images):
    """CLIP's vision tower, its inputs and its rows."""
    config = {"patch_size": 14, "pool_type": "token", "activation": "gelu", **config}
    module = ImageEncoding(code, config)
    rows = _block_rows(module, "visual.", "transformer", CLIP_ROWS, "image_encoder")
    size = config["image_size"]
    return on_gpu(module), {"videos": fake(images, 3, size, size, dtype=torch.float32)}, rows


TEXT_TOYS = (
    {"vocab_size": 100, "dim": 64, "dim_attn": 64, "dim_ffn": 96, "num_heads": 4},
    {"vocab_size": 70, "dim": 48, "dim_attn": 96, "dim_ffn": 56, "num_heads": 3},
)
TOKENS = (5, 7, 16, 33, 77, 128, 301, 512)
IMAGE_TOYS = (
    {"image_size": 28, "dim": 64, "mlp_ratio": 4, "num_heads": 2},
    {"image_size": 70, "dim": 48, "mlp_ratio": 2, "num_heads": 3},
)
FULL_IMAGE = {"image_size": 224, "dim": 1280, "mlp_ratio": 4, "num_heads": 16}
"""Source: Wan2.1 wan/modules/clip.py, clip_xlm_roberta_vit_h_14."""
IMAGES = (1, 2, 3, 5)


def measure_encoders(checkout):
    """What the encoders do in two blocks."""
    text, image = encoders(checkout)
    found = {"text_encoder": {}, "image_encoder": {}}
    sizes = [(TEXT_TOYS[i % 2], tokens) for i, tokens in enumerate(TOKENS)]
    sizes = [(config, tokens, 1) for config, tokens in (*sizes, ({}, 512))]
    for config, tokens, prompts in (*sizes, (TEXT_TOYS[0], 16, 2), (TEXT_TOYS[1], 77, 3)):
        case = text_encoding(text, {**config, "encoder_layers": 2}, tokens, prompts)
        found["text_encoder"][f"{config.get('dim', 'full')} {tokens} x{prompts}"] = {
            "config": config,
            "tokens": tokens,
            "prompts": prompts,
            **recording._record(*case),
        }
    sizes = [(config, images) for config in IMAGE_TOYS for images in IMAGES]
    for config, images in (*sizes, (FULL_IMAGE, 1), (FULL_IMAGE, 2)):
        case = image_encoding(image, {**config, "num_layers": 3}, images)
        found["image_encoder"][f"{config['dim']} x{images}"] = {
            "config": config,
            "images": images,
            **recording._record(*case),
        }
    return found


def measure_all(wan2_1, wan2_2):
    """What the official code does now."""
    return {
        "commits": {"Wan2.1": _commit(wan2_1), "Wan2.2": _commit(wan2_2)},
        "torch": torch.__version__,
        **measure_encoders(wan2_1),
        **measure_vaes(wan2_1, wan2_2),
    }


if __name__ == "__main__":
    RECORD.write_text(to_text(measure_all(*sys.argv[1:])))
