"""Sweeps: every row equals `meter`, however large; rows that cannot be run are refused by number."""

import itertools
import random
import tracemalloc

import numpy as np
import pytest
from attrs import asdict, evolve, fields

from tests.strategies import EVERY_MODEL
from wanmeter import (
    InvalidValueError,
    Meter,
    Report,
    TextEncoderSpec,
    UnknownNameError,
    Workload,
    configure,
    meter,
    sweep,
)
from wanmeter.cost import COUNTS
from wanmeter.records import written
from wanmeter.sweeping.axes import MAX_ALONG, MAX_BLOCK_ROWS
from wanmeter.sweeping.table import Sweep
from wanmeter.sweeping.wide import WIDE, as_ints

FIELDS = [field.name for field in fields(Workload) if not field.metadata.get("optional")]


def at_random(model, count, seed=0):
    """Columns of workloads that the model can run."""
    draw = random.Random(seed)
    rows = []
    while len(rows) < count:
        row = {
            "batch_size": draw.choice([1, 2, 3, 7, 400]),
            "num_frames": 4 * draw.choice([0, 1, 2, 3, 20, 40, 255]) + 1,
            "height": 16 * draw.randint(1, 90),
            "width": 16 * draw.choice([1, 16, 33, 1024]),
            "num_inference_steps": draw.randint(1, 1000),
            "guidance": draw.random() < 0.5,
            "text_len": draw.randint(1, 600),
            "num_reference_images": draw.choice([0, 0, 1, 3]) if "vace" in model else 0,
        }
        try:
            configure(model, Workload(**row))
        except InvalidValueError:
            continue
        rows.append(row)
    return {name: [row[name] for row in rows] for name in FIELDS}


@pytest.mark.parametrize("model", EVERY_MODEL)
def test_every_field_of_every_row_is_what_meter_says(model):
    columns = at_random(model, 25)
    swept = sweep(model, zipped=True, **columns)
    assert len(swept) == 25
    for i in range(len(swept)):
        workload = Workload(**{name: columns[name][i] for name in FIELDS})
        assert {name: swept[name][i] for name in FIELDS} == written(workload)
        report = meter(model, workload)
        for name, count in asdict(report.total).items():
            assert swept[name][i] == count
        for stage in report.stages:
            for name, count in asdict(stage.cost).items():
                assert swept[f"{stage.path}/{name}"][i] == count


@pytest.mark.parametrize(
    "steps",
    [
        range(1, 40),
        np.arange(1, 40),
        np.arange(1, 40, dtype=np.uint8),
        [np.int64(n) for n in range(1, 40)],
    ],
    ids=["range", "array", "bytes", "numpy's ints"],
)
def test_values_come_in_many_ways(steps):
    swept = sweep("wan2_1_t2v_1_3b", num_inference_steps=steps, by_stage=False)
    assert swept["num_inference_steps"].tolist() == list(range(1, 40))
    assert swept["flops"][38] == meter("wan2_1_t2v_1_3b", num_inference_steps=39).total.flops


def test_a_grid_is_every_combination_the_last_axis_fastest():
    swept = sweep(
        "wan2_1_t2v_1_3b", num_frames=[5, 9], size=[(832, 480), (480, 832)], guidance=[True, False]
    )
    rows = list(zip(*(swept[n].tolist() for n in ("num_frames", "width", "guidance")), strict=True))
    assert rows == [(f, w, g) for f in (5, 9) for w in (832, 480) for g in (True, False)]
    assert set(swept["num_inference_steps"]) == {50}


def test_without_axes_it_is_the_workload():
    swept = sweep("wan2_1_t2v_1_3b", "wan2-1-720p", by_stage=False)
    assert swept["flops"].tolist() == [meter("wan2_1_t2v_1_3b", "wan2-1-720p").total.flops]
    assert not [name for name in swept.columns if "/" in name]


def test_counts_past_64_bits_are_exact_beside_those_that_fit():
    swept = sweep("wan2_1_t2v_14b", "wan2-1-720p", batch_size=[1, 14, 15, 10**6])
    wanted = [
        meter("wan2_1_t2v_14b", "wan2-1-720p", batch_size=n).total.flops for n in (1, 14, 15, 10**6)
    ]
    assert wanted[1] < 2**63 < wanted[2]
    assert swept["flops"].tolist() == wanted
    assert swept.columns["flops"].dtype == WIDE
    assert swept["params"].dtype == np.int64


def test_chunks_are_joined_where_they_meet():
    """They are of about equal lengths."""
    steps = range(1, MAX_ALONG + 3)
    swept = sweep("wan2_1_t2v_1_3b", num_inference_steps=steps, by_stage=False)
    assert swept["num_inference_steps"].tolist() == list(steps)
    half = len(steps) // 2
    for i in (0, half - 1, half, len(steps) - 1):
        report = meter("wan2_1_t2v_1_3b", num_inference_steps=i + 1)
        assert swept["flops"][i] == report.total.flops


def test_memory_does_not_grow_with_the_rows():
    def highest(rows):
        axes = {
            "num_frames": range(1, 162, 4),
            "num_inference_steps": range(1, 101),
            "text_len": range(1, rows // 4100 + 1),
        }
        table = Sweep(configure("wan2_1_t2v_1_3b"), axes, by_stage=False)
        next(iter(table))  # closed forms are cached
        tracemalloc.start()
        assert sum(map(len, table)) == len(table)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    assert highest(20 * MAX_BLOCK_ROWS) < 1.3 * highest(4 * MAX_BLOCK_ROWS)


@pytest.mark.parametrize(
    ("axes", "problem"),
    [
        (
            {"num_frames": [81, 82]},
            "row 2: workload.num_frames: got 82; .* nearest valid: 81 and 85",
        ),
        ({"height": [480, 481]}, "row 2: workload.height: got 481; .* nearest valid: 480 and 496"),
        ({"width": [16 * 1025]}, "row 1: workload.width: got 16400; allowed: at most 1024 patches"),
        ({"batch_size": [1, 0]}, "row 2: workload.batch_size: got 0; allowed: a positive integer"),
        ({"text_len": [-1]}, "row 1: workload.text_len: got -1"),
        ({"num_reference_images": [1]}, "takes no reference images"),
        ({"num_frames": [81.0]}, r"sweep\.num_frames: got 81\.0; allowed: integers below 2\^63"),
        ({"num_frames": np.array([81.0])}, "got "),
        ({"text_len": range(2**63, 2**63 + 2)}, r"sweep\.text_len: got 9223372036854775808"),
        ({"num_frames": [True]}, "sweep.num_frames: got True"),
        ({"guidance": [1]}, "sweep.guidance: got 1; allowed: true or false"),
        ({"batch_size": [2**63]}, "sweep.batch_size: got 9223372036854775808"),
        ({"num_frames": []}, r"sweep.num_frames: got \[\]; allowed: one value or more"),
        ({"num_frames": [np.timedelta64(5, "ns")]}, "sweep.num_frames: got "),
        ({"num_frames": np.array([5, 9], dtype="datetime64[ns]")}, "sweep.num_frames: got "),
        ({"batch_size": range(1, 10**11)}, "sweep.batch_size: got range.* at most 10,000,000"),
        ({"batch_size": range(10**30)}, "sweep.batch_size: got range.* at most 10,000,000"),
        ({"batch_size": itertools.count(1)}, "sweep.batch_size: got count.* at most 10,000,000"),
        ({"size": [np.array(5)]}, "sweep.size: got .* allowed: pairs of a width and a height"),
        ({"size": [(832,)]}, "sweep.size: got .* allowed: pairs of a width and a height"),
        (
            {"size": [(832, 480)], "width": [832]},
            r"sweep: got \['size', 'width'\]; allowed: size, or",
        ),
    ],
)
def test_what_cannot_be_run_is_refused(axes, problem):
    with pytest.raises(InvalidValueError, match=problem):
        sweep("wan2_1_t2v_1_3b", **axes)


def test_what_the_workload_has_besides_is_no_rule_for_the_rows():
    """References that no row has do not make rows of few frames invalid."""
    workload = configure("wan2_1_vace_1_3b", num_reference_images=3).workload
    swept = sweep("wan2_1_vace_1_3b", workload, num_reference_images=[0], num_frames=[1, 5, 81])
    assert swept["num_frames"].tolist() == [1, 5, 81]
    report = meter("wan2_1_vace_1_3b", workload, num_reference_images=0, num_frames=1)
    assert swept["flops"][0] == report.total.flops


def test_what_is_divided_on_the_way_does_not_leave_64_bits_either():
    encoder = TextEncoderSpec(num_heads=1, bits=1)
    base = configure("wan2_1_t2v_1_3b", text_len=1_300_000_001, guidance=False)
    run = evolve(base, text_encoder=encoder, workload=evolve(base.workload, num_inference_steps=1))
    swept = Sweep(run, {}).joined()
    cost = Report.of(run)["text_encoder"].cost
    assert cost.activation_bytes < 2**62
    assert swept["text_encoder/activation_bytes"][0] == cost.activation_bytes


def test_the_last_int_that_fits_is_one():
    swept = sweep("wan2_1_t2v_1_3b", batch_size=range(2**63 - 2, 2**63), by_stage=False)
    assert swept["batch_size"].tolist() == [2**63 - 2, 2**63 - 1]
    with pytest.raises(InvalidValueError, match="row 1: workload"):
        sweep("wan2_1_t2v_1_3b", height=range(2**63 - 2, 2**63))


@pytest.mark.parametrize(
    "given", [81, np.int64(81), np.array(81), (n for n in [81]), {81}, {81: 1}.keys(), (81,)]
)
def test_one_value_is_a_list_of_one(given):
    assert sweep("wan2_1_t2v_1_3b", num_frames=given)["num_frames"].tolist() == [81]


def test_a_step_beyond_64_bits_is_one():
    assert sweep("wan2_1_t2v_1_3b", num_frames=range(5, 6, 2**70))["num_frames"].tolist() == [5]


@pytest.mark.parametrize("flag", ["by_stage", "zipped", "skip_invalid"])
@pytest.mark.parametrize("value", ["false", 0, 1, None])
def test_flags_are_true_or_false(flag, value):
    with pytest.raises(InvalidValueError, match=f"^{flag}: got .*; allowed: true or false"):
        sweep("wan2_1_t2v_1_3b", num_frames=[5], **{flag: value})


def test_sizes_can_be_an_array():
    swept = sweep("wan2_1_t2v_1_3b", size=np.array([[832, 480], [1280, 720]]))
    assert swept["width"].tolist() == [832, 1280]


@pytest.mark.parametrize("given", [None, "81", b"81", 81.0, {81: 81}, np.array([[81]])])
def test_what_is_no_list_of_values_is_refused(given):
    with pytest.raises(InvalidValueError, match=r"sweep\.num_frames: got "):
        sweep("wan2_1_t2v_1_3b", num_frames=given)


def test_more_rows_than_any_file_holds_are_refused():
    many = range(1, 10**7)
    with pytest.raises(
        InvalidValueError, match=r"rows of the sweep: got \d+; allowed: below 1,000"
    ):
        sweep("wan2_1_t2v_1_3b", batch_size=many, num_inference_steps=many)


def test_rules_that_join_two_columns_are_kept():
    with pytest.raises(InvalidValueError, match=r"row 3: workload\.num_reference_images: got 2"):
        sweep("wan2_1_vace_1_3b", num_reference_images=[0, 1, 2], num_frames=[1])
    with pytest.raises(InvalidValueError, match=r"row 1: workload\.num_frames: got 1"):
        sweep("wan2_1_flf2v_14b", num_frames=[1, 5])


def test_axes_are_workload_fields():
    with pytest.raises(UnknownNameError, match="unknown axis 'frames'"):
        sweep("wan2_1_t2v_1_3b", frames=[5])
    with pytest.raises(InvalidValueError, match=r"axes: got \{'height': 1, 'num_frames': 2\}"):
        sweep("wan2_1_t2v_1_3b", zipped=True, num_frames=[5, 9], height=[480])


def test_invalid_rows_can_be_left_out_counted_and_listed():
    swept = sweep("wan2_1_t2v_1_3b", num_frames=range(1, 10), skip_invalid=True)
    assert swept["num_frames"].tolist() == [1, 5, 9]
    assert swept.num_skipped == 6
    assert [each.row for each in swept.skipped] == [1, 2, 3, 5, 6, 7]
    assert swept.skipped[0].problem.startswith("workload.num_frames: got 2; allowed: 4k + 1")


def test_nothing_is_left_where_nothing_can_be_run():
    swept = sweep("wan2_1_t2v_1_3b", num_frames=[2, 3], skip_invalid=True)
    assert len(swept) == 0
    assert swept.num_skipped == 2


def test_an_unknown_column_suggests_the_near_one():
    with pytest.raises(UnknownNameError, match="did you mean 'flops'"):
        sweep("wan2_1_t2v_1_3b")["flop"]


@pytest.mark.parametrize("overrides", [None, "vae.bits=16", [5]])
def test_overrides_are_a_list_of_texts(overrides):
    with pytest.raises(InvalidValueError, match=r"overrides: got .*; allowed: a list of strings"):
        sweep("t2v-1.3b", "480p", overrides=overrides, num_frames=[5])


def test_overrides_may_vary_too():
    varied = sweep("t2v-1.3b", "480p", overrides=["num_frames=5,9", "vae.bits=16"])
    listed = sweep("t2v-1.3b", "480p", overrides=["vae.bits=16"], num_frames=[5, 9])
    assert varied["flops"].tolist() == listed["flops"].tolist()
    assert varied["bytes_read"].tolist() == listed["bytes_read"].tolist()


def test_a_sweep_of_the_same_run_keeps_its_closed_forms():
    run = configure("wan2_1_t2v_1_3b")
    one, other, totals = (
        Sweep(run, {"num_frames": [5]}, by_stage=by_stage) for by_stage in (True, True, False)
    )
    assert one.evaluated is other.evaluated
    assert one.evaluated is not totals.evaluated


def test_more_rows_than_memory_holds_are_refused_before_they_are_made():
    message = (
        r"rows of the sweep: got 50000000; allowed: at most 8\.0 GiB, of which \d+\.\d are needed"
    )
    with pytest.raises(InvalidValueError, match=message):
        sweep(
            "wan2_1_t2v_14b",
            num_frames=range(5, 165, 4),
            size=[(832, 480), (1280, 720), (480, 832), (720, 1280), (1024, 1024)],
            num_inference_steps=range(1, 51),
            text_len=range(1, 51),
            batch_size=range(1, 101),
        )


def test_max_bytes_is_what_the_columns_take():
    """Two rows of 40 columns, one of them of a byte a row, and their numbers."""
    rows = sweep("wan2_1_t2v_1_3b", num_frames=[5, 9])
    taken = sum(column.nbytes for column in rows.columns.values()) + rows.numbers.nbytes
    assert len(sweep("wan2_1_t2v_1_3b", num_frames=[5, 9], max_bytes=taken)) == 2
    with pytest.raises(InvalidValueError, match="max_bytes allows more"):
        sweep("wan2_1_t2v_1_3b", num_frames=[5, 9], max_bytes=taken - 1)


@pytest.mark.parametrize("batches", [[1, 10**12], [10**12, 1], [1, 10**18], [10**18, 1]])
def test_a_count_that_does_not_vary_in_a_block_may_become_wider(batches):
    """Steps fill blocks, in which the text encoder's cost is one value: of 64 bits, then of more, or before."""
    swept = sweep("wan2_1_t2v_1_3b", batch_size=batches, num_inference_steps=range(1, 40_001))
    for row, batch in ((0, batches[0]), (40_000, batches[1])):
        report = meter("wan2_1_t2v_1_3b", batch_size=batch, num_inference_steps=1)
        flops = report["text_encoder"].cost.flops
        assert swept["text_encoder/flops"][row : row + 40_000 : 9_999].tolist() == [flops] * 5


@pytest.mark.parametrize(
    ("model", "axes", "rows"),
    [
        ("wan2_1_t2v_1_3b", {"num_reference_images": [0, 1]}, 1),
        ("wan2_2_t2v_a14b", {"num_inference_steps": [-1]}, 0),
        ("wan2_1_t2v_1_3b", {"num_frames": [-5]}, 0),
    ],
)
def test_rows_that_are_left_out_decide_nothing(model, axes, rows):
    assert len(sweep(model, skip_invalid=True, **axes)) == rows


def test_columns_are_read_only():
    axes = {"num_frames": [5, 9], "text_len": range(1, 301)}
    joined = sweep("wan2_1_t2v_1_3b", **axes)
    (block,) = Sweep(configure("wan2_1_t2v_1_3b"), axes)
    for rows in (joined, block):
        for column in (*rows.columns.values(), rows.numbers):
            with pytest.raises(ValueError, match="read-only"):
                column[0] = 1


@pytest.mark.parametrize("model", ["wan2_1_t2v_14b", "wan2_2_t2v_a14b", "wan2_1_vace_1_3b"])
def test_rows_of_more_than_a_block_are_exact(model):
    """Their expressions are narrowed to the ranges of the axes; some of the lengths cannot be run."""
    axes = {
        "num_frames": [1, 2, 3, 4, 5, 6, 7, 8, 9, 81],
        "guidance": [True, False],
        "num_inference_steps": [1, 2, 50],
        "batch_size": [1, 3, 10**3],
        "text_len": range(1, 2002),
    }
    swept, costs, base = sweep(model, skip_invalid=True, **axes), Meter(model), configure(model)
    assert swept.num_skipped > MAX_BLOCK_ROWS < len(swept)
    picked = random.Random(0).sample(range(len(swept)), 60)
    found = {name: as_ints(column[picked]) for name, column in swept.columns.items()}
    for row in range(len(picked)):
        workload = evolve(base.workload, **{name: found[name][row] for name in axes})
        assert {name: found[name][row] for name in COUNTS} == asdict(costs.cost(workload))
        for stage, cost in costs.stages(workload).items():
            assert {name: found[f"{stage}/{name}"][row] for name in COUNTS} == asdict(cost)


def test_a_table_without_rows_has_none():
    swept = sweep("wan2_1_t2v_1_3b", zipped=True, num_frames=[], num_inference_steps=[])
    assert len(swept) == 0
    assert "transformer/flops" in swept.columns
