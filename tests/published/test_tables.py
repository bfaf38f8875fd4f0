"""The official tables are shipped as they are printed: here is a second transcription of the pictures."""

from collections import Counter

import pytest

from wanmeter.configs import option_names
from wanmeter.published import official_cells

PRINTED = {
    "wan2.1": """
4090       t2v_1_3b 480  261.4/8.19  188.5/18.1  120.8/14.1  112.3/12.2
H20        t2v_14b  720  6935.5/69.1 3488.4/53.9 1775.8/37.9 980.5/29.9
H20        i2v_14b  720  5494.8/76.7 2756.6/59.8 1417.0/41.9 778.2/32.9
A800/A100  t2v_14b  720  3342.6/69.1 1722.0/52.5 886.1/36.6  469.9/28.6
A800/A100  i2v_14b  720  2715.5/76.7 1371.7/58.5 716.1/40.6  389.7/31.6
H800/H100  t2v_14b  720  1837.9/69.1 945.1/53.9  497.0/37.9  287.9/29.9
H800/H100  i2v_14b  720  1491.6/76.7 753.9/59.8  403.9/41.9  238.8/32.9
""",
    "wan2.2": """
4090       ti2v_5b  704  534.7/22.9  231.3/22.6  157.2/22.6
4090       ti2v_5b  704  524.8/22.8  227.3/22.6  160.1/22.6
H20        t2v_a14b 480  1133.9/41.3 306.6/40.9  170.5/26.2
H20        t2v_a14b 720  4048.7/59.8 1067.8/51.7 564.7/37.0
H20        i2v_a14b 480  1117.4/41.0 305.4/40.8  173.4/26.1
H20        i2v_a14b 720  4054.7/59.7 1076.9/51.6 577.0/37.0
A100/A800  t2v_a14b 480  785.7/41.3  215.2/40.9  119.9/26.3
A100/A800  t2v_a14b 720  2735.7/59.8 725.3/51.7  386.7/37.0
A100/A800  i2v_a14b 480  810.0/41.0  215.4/40.7  121.6/26.1
A100/A800  i2v_a14b 720  2810.9/59.7 730.5/51.6  393.4/37.0
H100/H800  t2v_a14b 480  326.9/41.3  91.7/40.9   51.5/26.3
H100/H800  t2v_a14b 720  1041.5/59.8 288.7/51.7  155.1/37.1
H100/H800  i2v_a14b 480  327.8/41.0  92.4/40.8   52.9/26.1
H100/H800  i2v_a14b 720  1055.9/59.7 290.4/51.6  159.0/37.0
""",
}
GPUS = {"wan2.1": (1, 2, 4, 8), "wan2.2": (1, 4, 8)}


def printed(table):
    for line in PRINTED[table].strip().splitlines():
        gpu, model, height, *cells = line.split()
        for n_gpus, cell in zip(GPUS[table], cells, strict=True):
            seconds, gib = map(float, cell.split("/"))
            yield gpu, f"{table.replace('.', '_')}_{model}", int(height), n_gpus, seconds, gib


@pytest.mark.parametrize("table", PRINTED)
def test_every_number_is_as_printed(table):
    cells = [cell for cell in official_cells() if cell.table == table]
    assert list(printed(table)) == [
        (cell.gpu, cell.model, cell.height, cell.n_gpus, cell.seconds, cell.gib) for cell in cells
    ]


def test_there_are_70_cells_each_with_a_name():
    """7 rows of 4 and 14 of 3."""
    assert len(official_cells()) == 7 * 4 + 14 * 3
    assert len({cell.id for cell in official_cells()}) == 70
    assert official_cells()[0].id == "wan2_1_t2v_1_3b-t2v-832x480-4090-1"


def test_a_cell_is_of_a_packaged_model_and_its_task():
    assert {cell.model for cell in official_cells()} <= set(option_names("model"))
    for cell in official_cells():
        assert cell.task in (cell.model.split("_")[2], *("t2v", "i2v") * ("ti2v" in cell.model))
    tasks = Counter(cell.task for cell in official_cells() if cell.model == "wan2_2_ti2v_5b")
    assert tasks == {"t2v": 3, "i2v": 3}


@pytest.mark.parametrize("cell", official_cells(), ids=lambda cell: cell.id)
def test_sizes_and_frames_are_those_of_the_resolution(cell):
    """480P is 832x480 and 720P is 1280x720, of 81 frames; the 5B makes 1280x704 of 121."""
    width = {480: 832, 704: 1280, 720: 1280}[cell.height]
    frames = 121 if cell.height == 704 else 81
    assert (cell.width, cell.num_frames) == (width, frames)


def test_a_source_names_the_picture_and_the_commit():
    assert {cell.source for cell in official_cells()} == {
        "Wan-Video/Wan2.1@9737cba assets/comp_effic.png",
        "Wan-Video/Wan2.2@42bf4cf assets/comp_effic.png",
    }
