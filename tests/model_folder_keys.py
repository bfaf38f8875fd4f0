"""The keys of a model folder's files, as docs/model-folders.md lists them; `nox -s readme` writes them.

Each file is listed with a published folder that has it, of a model that its class is for.
"""

from tests.folders import diffusers, official
from wanmeter.models.components import diffusers_configs as components
from wanmeter.models.wan2_1 import folders
from wanmeter.models.wan2_2 import folders as wan2_2

# The file, its class, its keys, and the folder of a model that has it.
FILES = [
    *(
        ("config.json", cls, keys, official, {"VaceWanModel": "wan2_1_vace_14b"}.get(cls, "wan2_1_t2v_14b"))
        for cls, keys in folders.OFFICIAL_CLASSES.items()
    ),
    ("model_index.json", "any pipeline", folders.INDEX_KEYS, diffusers, "wan2_1_i2v_14b"),
    *(
        (
            "transformer/config.json",
            cls,
            keys,
            diffusers,
            {"WanVACETransformer3DModel": "wan2_1_vace_14b"}.get(cls, "wan2_1_t2v_14b"),
        )
        for cls, keys in folders.DIFFUSERS_CLASSES.items()
    ),
    ("text_encoder/config.json", "UMT5EncoderModel", components.TEXT_ENCODER_KEYS, diffusers, "wan2_1_t2v_14b"),
    ("image_encoder/config.json", "CLIPVisionModel", components.IMAGE_ENCODER_KEYS, diffusers, "wan2_1_i2v_14b"),
    ("vae/config.json", "AutoencoderKLWan", components.VAE_KEYS, diffusers, "wan2_1_t2v_14b"),
    ("scheduler/scheduler_config.json", "UniPCMultistepScheduler", wan2_2.SCHEDULER_KEYS, diffusers, "wan2_2_t2v_a14b"),
]  # fmt: skip


def kind(key):
    """What a key does: it gives a field, has one value or a few, is read by the reader, or counts nothing."""
    if key.gives:
        return "gives"
    if key.allowed is not None:
        return "only"
    return "read" if key.read else "uncounted"


def tables():
    """A table for each file and class, keys by what they do."""
    lines = []
    titles = {"scheduler/scheduler_config.json": "any scheduler, of Wan2.2"}
    for file, cls, keys, _, _ in FILES:
        lines += [
            f"**`{file}`**, {titles.get(file) or (cls if ' ' in cls else f'`{cls}`')}",
            "",
            "| key | what it does |",
            "|---|---|",
        ]
        lines += [
            f"| `{name}` | {_said(key)} |"
            for name, key in sorted(keys.items())
            if kind(key) != "uncounted"
        ]
        free = ", ".join(
            f"`{name}`" for name, key in sorted(keys.items()) if kind(key) == "uncounted"
        )
        lines += [f"| {free} | changes nothing that is counted |", ""]
    return "\n".join(lines)


def _said(key):
    if key.gives:
        return f"gives `{key.gives}`; {key.default!r} if left out".replace("'", "`")
    if key.allowed is not None:
        return "must be " + " or ".join(f"`{value!r}`" for value in key.allowed)
    return key.read
