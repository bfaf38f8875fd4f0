"""The overrides of a cell: as the tables' footnotes say, and what they leave open as `MEMORY_ASSUMPTIONS` say."""

import pytest

from wanmeter import configure
from wanmeter.hardware import device_option
from wanmeter.published import official_cells
from wanmeter.published.overrides import (
    DEVICES,
    MEMORY_ASSUMPTIONS,
    TIME_ASSUMPTIONS,
    WORKSPACE_KEY,
    overrides,
    with_nothing_known,
)

CELLS = pytest.mark.parametrize("cell", official_cells(), ids=lambda cell: cell.id)
WORKLOAD = ("model", "size", "num_frames", "image", "image_size")


def keys(cell):
    return dict(text.split("=", 1) for text in overrides(cell))


def test_a_cell_in_full():
    (cell,) = [each for each in official_cells() if each.id == "wan2_1_i2v_14b-i2v-1280x720-h100-8"]
    assert overrides(cell) == (
        "model=wan2_1_i2v_14b",
        "size=1280x720",
        "num_frames=81",
        "image_size=832x1104",
        "device=h100_sxm_80gb",
        "profile=official",
        "placement=official",
        "parallel.ulysses_degree=8",
        "parallel.ring_degree=1",
        "profile.attention=fa2",
        "profile.tf32=true",
        "profile.conv_workspace=inout",
    )


@CELLS
def test_no_key_is_set_twice(cell):
    assert len(keys(cell)) == len(overrides(cell))


@CELLS
def test_the_device_is_one_that_the_cell_names(cell):
    """Of the two cards in a row either will do."""
    named = {device_option(each) for each in cell.gpu.split("/")}
    assert keys(cell)["device"] in named
    assert DEVICES[cell.gpu] == keys(cell)["device"]


@CELLS
def test_the_degrees_make_the_number_of_gpus(cell):
    degrees = [int(keys(cell).get(f"parallel.{each}_degree", 1)) for each in ("ulysses", "ring")]
    assert degrees[0] * degrees[1] == cell.n_gpus


def test_only_the_small_model_on_eight_gpus_runs_ring_attention():
    """Its 12 heads are not shared evenly by 8; the others' are by any number of GPUs here."""
    for cell in official_cells():
        heads = configure(cell.model).model.num_heads
        ulysses = int(keys(cell).get("parallel.ulysses_degree", 1))
        assert heads % ulysses == 0
        assert (ulysses == cell.n_gpus) == (heads % cell.n_gpus == 0)


@CELLS
def test_the_run_is_the_cells(cell):
    """Image-to-video is costed at the size that the example image gives, anything else as published."""
    given = [text for text in overrides(cell) if text.split("=")[0] in WORKLOAD]
    run = configure(overrides=given)
    size = (run.workload.width, run.workload.height)
    from_image = {480: (544, 720), 704: (1280, 704), 720: (832, 1104)}[cell.height]
    assert size == (from_image if cell.task == "i2v" else (cell.width, cell.height))
    assert run.model.name == cell.model
    assert run.workload.num_frames == cell.num_frames
    assert ("vae_encode" in run.family.stages_of(run.model, run.workload)) == (cell.task == "i2v")


def test_the_workspace_of_each_gpu_in_each_table():
    """Chosen after seeing the tables' memory."""
    found = {
        (cell.table, keys(cell)["device"]): keys(cell)[WORKSPACE_KEY] for cell in official_cells()
    }
    assert found == {
        ("wan2.1", "rtx_4090"): "in",
        ("wan2.1", "a100_sxm_80gb"): "in",
        ("wan2.1", "h20_96gb"): "inout",
        ("wan2.1", "h100_sxm_80gb"): "inout",
        ("wan2.2", "rtx_4090"): "in",
        ("wan2.2", "a100_sxm_80gb"): "inout",
        ("wan2.2", "h20_96gb"): "inout",
        ("wan2.2", "h100_sxm_80gb"): "inout",
    }


@CELLS
def test_fa2_is_said_where_the_code_would_pick_another_kernel(cell):
    hopper = keys(cell)["device"] in ("h20_96gb", "h100_sxm_80gb")
    assert keys(cell).get("profile.attention") == (
        "fa2" if hopper and cell.table == "wan2.1" else None
    )


@CELLS
def test_with_nothing_known_only_the_workspace_is_left_out(cell):
    left = with_nothing_known(overrides(cell))
    assert set(overrides(cell)) - set(left) == {f"{WORKSPACE_KEY}={keys(cell)[WORKSPACE_KEY]}"}
    assert with_nothing_known(left) == left


@pytest.mark.parametrize("text", [*MEMORY_ASSUMPTIONS, *TIME_ASSUMPTIONS])
def test_an_assumption_says_if_it_was_chosen_in_view_of_the_tables(text):
    marks = ("CHOSEN after seeing", "FITTED on these tables", "ASSUMED")
    assert sum(mark in text for mark in marks) == 1


def test_every_choice_is_an_assumption():
    for key in (WORKSPACE_KEY, "image_size", "parallel"):
        assert any(text.startswith(f"{key}: ") for text in MEMORY_ASSUMPTIONS)
    for key in ("profile.attention", "profile.tf32", "image_size", "parallel"):
        assert any(text.startswith(f"{key}: ") for text in TIME_ASSUMPTIONS)
