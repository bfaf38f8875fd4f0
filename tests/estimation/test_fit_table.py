"""Each line of the table in the documentation: the change is enough, and one notch less is not."""

from pathlib import Path

import pytest

from wanmeter import estimate
from wanmeter.estimation.changes import TILES
from wanmeter.estimation.memory import on_device
from wanmeter.hardware import Device
from wanmeter.units import GIB

PAGE = Path(__file__).parents[2] / "docs" / "memory.md"
PHASES = ("text_encode", "denoise", "vae_decode")
RUNS = {
    "T2V-1.3B 832x480": ("t2v-1.3b", "480p"),
    "T2V-14B 832x480": ("t2v-14b", "480p"),
    "T2V-14B 1280x720": ("t2v-14b", "720p"),
    "T2V-A14B 1280x720": ("t2v-a14b", "720p"),
    "TI2V-5B 1280x704": ("ti2v-5b", "720p"),
}


def lines():
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0] in RUNS:
            yield cells


LINES = list(lines())


def tiles(side):
    """The overrides of tiles; above the largest, none."""
    strides = dict(TILES)
    if side not in strides:
        return []
    sides = [f"tile_sample_min_{axis}={side}" for axis in ("height", "width")]
    return sides + [f"tile_sample_stride_{axis}={strides[side]}" for axis in ("height", "width")]


def overrides(words):
    """What the words of a cell stand for."""
    texts = []
    for word in words:
        name, _, number = word.partition(" ")
        texts += {
            "offload": ["offload_model=true"],
            "t5_cpu": ["t5_cpu=true"],
            "leaves": ["offload_type=leaf_level", "use_stream=true"],
        }.get(name, [])
        if name == "swap":
            texts.append(f"blocks_to_swap={number}")
        if name == "tiles":
            texts += tiles(int(number))
        if word.endswith(" frames"):
            texts.append(f"num_frames={name}")
    return texts


def one_notch_less(words):
    """The same cell with its last change weaker."""
    *before, last = words
    name, _, number = last.partition(" ")
    if name == "swap":
        return [*before, f"swap {int(number) - 1}"]
    if name == "tiles":
        sides = [side for side, _ in TILES]
        at = sides.index(int(number))
        return [*before, f"tiles {sides[at - 1]}"] if at else before
    if last.endswith(" frames"):
        return [*before, f"{int(name) + 4} frames"]
    return before


def peak(line, phase, words):
    """The highest peak of a phase with these changes."""
    model, workload = RUNS[line[0]]
    made = estimate(model, workload, profile="diffusers", overrides=overrides(words))
    return next(each for each in made.phases if each.name == phase).peak_bytes


def fits(line, phase, words):
    shown = on_device(peak(line, phase, words), 1)
    return shown.high <= Device.of_capacity(int(line[1])).capacity_bytes.value


def test_the_table_is_whole():
    assert [(line[0], line[1]) for line in LINES] == [
        (run, memory) for run in RUNS for memory in ("8", "12", "16", "24", "32", "48", "80")
    ]


@pytest.mark.parametrize("line", LINES, ids=lambda line: f"{line[0]} {line[1]}")
def test_a_line_is_enough_and_one_notch_less_is_not(line):
    peaks = line[5].split(" / ")
    for phase, cell, stated in zip(PHASES, line[2:5], peaks, strict=True):
        words = [] if cell == "-" else cell.split(", ")
        assert fits(line, phase, words), phase
        assert f"{peak(line, phase, words).high / GIB:.2f}" == stated
        if words:
            assert not fits(line, phase, one_notch_less(words)), phase
