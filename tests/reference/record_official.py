"""Measures the official Wan2.1 and Wan2.2 code on the meta device, and writes what it gives.

    python -m tests.reference.record_official WAN2_1_CHECKOUT WAN2_2_CHECKOUT

Needs the extra `verify`, and einops. The checkouts' attention needs a GPU; PyTorch's takes its place.
"""

import ast
import json
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

RECORD = Path(__file__).with_name("official.json")

A14B = {"dim": 5120, "ffn_dim": 13824, "num_heads": 40, "num_layers": 40}
TRANSFORMERS = {
    "wan2_2_t2v_a14b": {"model_type": "t2v", **A14B},
    "wan2_2_i2v_a14b": {"model_type": "i2v", "in_dim": 36, **A14B},
    "wan2_2_ti2v_5b": {
        "model_type": "ti2v",
        "in_dim": 48,
        "out_dim": 48,
        "dim": 3072,
        "ffn_dim": 14336,
        "num_heads": 24,
        "num_layers": 30,
    },
}
SIZES = ((1, 256, 256), (5, 256, 256), (81, 832, 480), (121, 1280, 704), (33, 96, 416))
"""Frames, width and height."""
STEPS = (*range(1, 61), 100, 999, 1000, 1001)
SHIFTS = (1.0, 3.0, 5.0, 8.0, 12.0)
BOUNDARIES = (0.875, 0.9)


def _module(checkout, name, package):
    """One module of a checkout, without what its package imports."""
    path = Path(checkout, "wan", *name.split(".")).with_suffix(".py")
    spec = spec_from_file_location(f"{package}.{name.rpartition('.')[2]}", path)
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _attention(q, k, v, **_):
    from torch.nn.functional import scaled_dot_product_attention

    q, k, v = (each.transpose(1, 2).to(q.dtype) for each in (q, k, v))
    return scaled_dot_product_attention(q, k, v).transpose(1, 2)


def _counted(module, *args, **kwargs):
    """FLOPs and parameters of one call."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        module(*args, **kwargs)
    return counter.get_total_flops()


def _transformer(checkout, package, config, grid):
    import torch

    stand_in = ModuleType(f"{package}.attention")
    stand_in.flash_attention = _attention
    sys.modules[package] = ModuleType(package)
    sys.modules[package].__path__ = []
    sys.modules[stand_in.__name__] = stand_in
    code = _module(checkout, "modules.model", package)
    # Wan2.1's model has another cross-attention for i2v, and the 5B's type only Wan2.2 knows.
    config = {**config, "model_type": "t2v"}
    with torch.device("meta"):
        model = code.WanModel(**config).eval()
        frames, rows, columns = grid
        latents = torch.empty(config.get("in_dim", 16), *grid)  # with the image's, if there are any
        text = torch.empty(512, 4096)
        time = torch.empty(1, dtype=torch.long)
    model.freqs = model.freqs.to("meta")
    tokens = frames * rows * columns // 4
    flops = _counted(model, [latents], t=time, context=[text], seq_len=tokens)
    return {"flops": flops, "params": sum(each.numel() for each in model.parameters())}


def _vae(checkout, method, shape):
    import torch

    code = _module(checkout, "modules.vae2_2", "official")
    with torch.device("meta"):
        model = code.WanVAE_(
            dim=160,
            dec_dim=256,
            z_dim=48,
            dim_mult=[1, 2, 4, 4],
            temperal_downsample=[False, True, True],
        ).eval()
        given = torch.empty(1, *shape)
        scale = [torch.empty(48), torch.empty(48)]
    flops = _counted(getattr(model, method), given, scale)
    return {"flops": flops, "params": sum(each.numel() for each in model.parameters())}


def _high_noise_steps(checkout):
    """For each boundary and shift, the steps whose time is at least the boundary."""
    code = _module(checkout, "utils.fm_solvers_unipc", "official")
    found = {}
    for boundary in BOUNDARIES:
        for shift in SHIFTS:
            counts = []
            for steps in STEPS:
                solver = code.FlowUniPCMultistepScheduler(
                    num_train_timesteps=1000, shift=1, use_dynamic_shifting=False
                )
                solver.set_timesteps(steps, device="cpu", shift=shift)
                counts.append(sum(t.item() >= boundary * 1000 for t in solver.timesteps))
            found[f"{boundary} {shift}"] = counts
    return found


def _sizes(checkout):
    """The official function that gives the size of a 5B video made from an image."""
    # Its module imports packages for writing videos: only the function is run.
    tree = ast.parse(Path(checkout, "wan", "utils", "utils.py").read_text())
    wanted = [node for node in tree.body if getattr(node, "name", "") == "best_output_size"]
    names = {}
    exec(compile(ast.Module(wanted, []), "utils.py", "exec"), names)
    best_output_size = names["best_output_size"]
    images = [(w, h) for w in (300, 720, 832, 1024, 1921) for h in (299, 480, 1104, 1280, 2000)]
    return [
        [w, h, area, *best_output_size(w, h, 32, 32, area)]
        for w, h in images
        for area in (704 * 1280, 480 * 832)
    ]


def _commit(checkout):
    command = ["git", "-C", checkout, "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def measure_all(wan2_1, wan2_2):
    """What the official code gives now."""
    transformers, vae = {}, {}
    for name, config in TRANSFORMERS.items():
        side = 16 if name.endswith("5b") else 8
        for frames, width, height in SIZES:
            grid = ((frames - 1) // 4 + 1, height // side, width // side)
            for form, checkout in (("per_token", wan2_2), ("per_sample", wan2_1)):
                transformers[f"{name} {frames} {width} {height} {form}"] = _transformer(
                    checkout, f"official_{form}", config, grid
                )
    for frames, width, height in SIZES:
        grid = ((frames - 1) // 4 + 1, height // 16, width // 16)
        vae[f"encode {frames} {width} {height}"] = _vae(
            wan2_2, "encode", (3, frames, height, width)
        )
        vae[f"decode {frames} {width} {height}"] = _vae(wan2_2, "decode", (48, *grid))
    return {
        "commits": {"Wan2.1": _commit(wan2_1), "Wan2.2": _commit(wan2_2)},
        "transformers": transformers,
        "vae": vae,
        "steps": list(STEPS),
        "high_noise_steps": _high_noise_steps(wan2_2),
        "best_output_size": _sizes(wan2_2),
    }


def to_text(record):
    """The record as JSON, an entry a line."""
    parts = []
    for name, value in record.items():
        entries = value.items() if isinstance(value, dict) else ()
        lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(each)}" for key, each in entries)
        parts.append(f"{json.dumps(name)}: " + (f"{{\n{lines}\n}}" if lines else json.dumps(value)))
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    RECORD.write_text(to_text(measure_all(*sys.argv[1:])))
