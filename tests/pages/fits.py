"""What `wanmeter fit` finds for many devices: the table of the page on memory."""

from tests.pages.accuracy import table
from wanmeter import fit
from wanmeter.units import GIB

RUNS = {
    "T2V-1.3B 832x480": ("t2v-1.3b", "480p"),
    "T2V-14B 832x480": ("t2v-14b", "480p"),
    "T2V-14B 1280x720": ("t2v-14b", "720p"),
    "T2V-A14B 1280x720": ("t2v-a14b", "720p"),
    "TI2V-5B 1280x704": ("ti2v-5b", None),
}
DEVICES = (8, 12, 16, 24, 32, 48, 80)
"""GiB that PyTorch reports."""

SHORT = {
    "offload_model": lambda _: "offload",
    "blocks_to_swap": lambda number: f"swap {number}",
    "tile_sample_min_height": lambda side: f"tiles {side}",
    "offload_type": lambda _: "leaves",
    "num_frames": lambda number: f"{number} frames",
    "t5_cpu": lambda _: "t5_cpu",
}
"""How a change is written; those that come with another are left out."""


def fits():
    """A row for each run and device: the smallest change of each phase, and what it takes."""
    phases = ("text_encode", "denoise", "vae_decode")  # the second expert needs what the first does
    columns = ("model, size", "GiB", *phases, "peaks, GiB", "host", "a step")
    rows = []
    for name, run in RUNS.items():
        for vram in DEVICES:
            changes = {change.phase: change for change in fit(*run, vram=vram).changes}
            peaks = [changes[phase].memory.peak_bytes.high / GIB for phase in phases]
            rows.append(
                (
                    name,
                    str(vram),
                    *[_short(changes[phase].overrides) for phase in phases],
                    " / ".join(f"{peak:.2f}" for peak in peaks),
                    f"{max(each.host_bytes for each in changes.values()) / GIB:.1f}",
                    f"{max(each.step_moved_bytes for each in changes.values()) / GIB:.1f}",
                )
            )
    return table(columns, rows, right=(1, 6, 7))


def _short(overrides):
    if overrides is None:
        return "none is enough"
    said = [text.partition("=") for text in overrides]
    return ", ".join(SHORT[key](value) for key, _, value in said if key in SHORT) or "-"
