"""The smallest change is enough, and one notch less is not."""

import json

import pytest
from attrs import evolve

from wanmeter import ConfigError, WanmeterError, estimate, fit
from wanmeter.estimation.changes import least
from wanmeter.estimation.memory import on_device
from wanmeter.hardware import Device

CASES = [
    ("t2v-1.3b", "480p", 8),
    ("t2v-1.3b", "480p", 24),
    ("t2v-14b", "480p", 16),
    ("t2v-14b", "720p", 32),
    ("ti2v-5b", "720p", 12),
]


def fits(model, workload, gib, change, overrides):
    """Whether a phase of a run with these overrides surely fits."""
    made = estimate(model, workload, profile="diffusers", overrides=overrides)
    phase = next(each for each in made.phases if each.name == change.phase)
    return on_device(phase.peak_bytes, 1).high <= Device.of_capacity(gib).capacity_bytes.value


def test_a_fit_is_shown_on_one_line():
    of = "<Fit of wan2_1_t2v_1_3b on"
    as_it_is = fit("t2v-1.3b", "480p", vram=80)
    assert repr(as_it_is) == f"{of} 80 GiB: fits as it is>"
    changed = fit("t2v-1.3b", "480p", vram=8)
    assert repr(changed) == f"{of} 8 GiB: fits with {' '.join(changed.together)}>"
    lost = [evolve(each, overrides=None) for each in changed.changes[:2]]
    names = " and ".join(each.phase for each in lost)
    hopeless = evolve(changed, changes=(*lost, *changed.changes[2:]))
    assert repr(hopeless) == f"{of} 8 GiB: no change makes {names} fit>"


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_enough_and_one_notch_less_is_not(case):
    model, workload, gib = case
    made = fit(model, workload, vram=gib)
    for change in made.changes:
        assert change.overrides is not None
        assert fits(*case, change, change.overrides)
        *before, last = change.overrides or [""]
        key, _, value = last.partition("=")
        if key == "blocks_to_swap":
            fewer = int(value) - 1
            assert not fits(*case, change, [*before, f"{key}={fewer}"] if fewer else before)
        elif key == "num_frames":
            assert not fits(*case, change, [*before, f"{key}={int(value) + 4}"])
        elif last:  # of tiles, all four keys
            kept = [text for text in before if not text.startswith("tile_")]
            assert not fits(*case, change, kept)


@pytest.mark.parametrize("case", CASES)
def test_all_changes_together_fit(case):
    model, workload, gib = case
    made = fit(model, workload, vram=gib)
    whole = estimate(model, workload, profile="diffusers", overrides=made.together)
    assert on_device(whole.peak_bytes, 1).high <= Device.of_capacity(gib).capacity_bytes.value
    assert (made.changed.phases, made.changed.verdict) == (whole.phases, "fits")


def test_fewer_frames_hold_over_those_that_were_given():
    """An argument holds over overrides, but not over a change."""
    made = fit("t2v-14b", "720p", vram=3, num_frames=81)
    (frames,) = [text for text in made.together if text.startswith("num_frames=")]
    assert f"num_frames={made.changed.plan.workload.num_frames}" == frames
    assert made.changed.verdict == "fits"


@pytest.mark.parametrize(
    "placement",
    [
        ["blocks_to_swap=5"],
        ["quantized=fp8"],
        ["placement=sequential_offload"],
        ["placement=group_offload"],
        ["offload_type=block_level", "num_blocks_per_group=4"],
        ["t5_cpu=true", "tile_sample_min_height=320"],
    ],
)
def test_changes_add_to_a_placement_of_the_user(placement):
    """Even where almost nothing fits, so that every change is tried."""
    made = fit("t2v-14b", "720p", vram=6.5, overrides=placement)
    overrides = [*placement, *made.together]
    whole = estimate("t2v-14b", "720p", profile="diffusers", overrides=overrides)
    assert on_device(whole.peak_bytes, 1).high <= Device.of_capacity(6.5).capacity_bytes.value


def test_what_fits_needs_no_change():
    made = fit("t2v-1.3b", "480p", device="h200")
    assert [change.overrides for change in made.changes] == [(), (), ()]
    assert made.estimate.verdict == "fits"


def test_the_most_frames_fit_and_more_do_not():
    made = fit("t2v-1.3b", "480p", vram=32)
    device = Device.of_capacity(32)
    for frames, verdict in ((made.num_frames, True), (made.num_frames + 4, False)):
        more = estimate("t2v-1.3b", "480p", profile="diffusers", num_frames=frames)
        shown = on_device(more.peak_bytes, 1).high
        assert (shown <= device.capacity_bytes.value) is verdict


def test_the_largest_size_has_the_shape_of_the_run():
    made = fit("t2v-1.3b", "480p", vram=32)
    width, height = made.size
    assert abs(width / height - 832 / 480) < 0.05
    assert width % 16 == height % 16 == 0


def test_nothing_fits_a_tiny_device():
    made = fit("t2v-14b", "720p", vram=0.5)
    assert (made.num_frames, made.size) == (None, None)
    assert made.changes[-1].overrides is None
    assert made.changed is None


def test_a_fit_is_written():
    document = json.loads(fit("t2v-1.3b", "480p", vram=24).to_json())
    assert document["schema"] == "wanmeter.fit/1"
    assert [change["phase"] for change in document["changes"]] == [
        "text_encode",
        "denoise",
        "vae_decode",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, r"^device: none is chosen; write device=NAME or --vram GIB$"),
        ({"device": "h100", "vram": 24}, "given by name"),
        ({"vram": 0}, "a positive number of GiB"),
    ],
)
def test_a_fit_needs_one_device(given, said):
    with pytest.raises(WanmeterError, match=said):
        fit("t2v-1.3b", "480p", **given)


def test_the_profile_is_diffusers_whoever_says_so():
    made = fit("t2v-1.3b", "tiny", vram=8, overrides=["profile=diffusers"])
    assert made == fit("t2v-1.3b", "tiny", vram=8)
    with pytest.raises(
        ConfigError, match=r"^profile: fit runs as diffusers does; leave profile=of"
    ):
        fit("t2v-1.3b", "tiny", vram=8, overrides=["profile=official"])


@pytest.mark.parametrize("threshold", range(1, 12))
def test_the_least_number_that_is_enough(threshold):
    found = least(10, lambda number: number >= threshold)
    assert found == (threshold if threshold <= 10 else None)
