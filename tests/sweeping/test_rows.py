"""Rows become tables of Arrow, pandas, Polars and DuckDB; columns take memory once."""

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pytest

from wanmeter import meter, sweep
from wanmeter.sweeping.numbers import WIDE, as_type
from wanmeter.sweeping.rows import Column

BATCHES = [1, 10**9]
SWEPT = sweep("wan2_1_t2v_14b", "wan2-1-720p", batch_size=BATCHES)
FLOPS = [meter("wan2_1_t2v_14b", "wan2-1-720p", batch_size=n).total.flops for n in BATCHES]


def test_a_wide_column_is_ints_by_name_and_decimals_in_arrow():
    assert SWEPT.columns["flops"].dtype == WIDE
    assert SWEPT["flops"].tolist() == FLOPS
    table = SWEPT.to_arrow()
    assert table.schema.field("flops").type == pa.decimal128(38, 0)
    assert [int(value.as_py()) for value in table["flops"]] == FLOPS
    assert table["params"].type == pa.int64()


def test_python_ints_of_38_digits_are_decimals_too():
    """Beyond 2^104, columns are Python's ints."""
    swept = sweep("wan2_1_t2v_1_3b", batch_size=[10**11], num_inference_steps=[10**10])
    assert swept.columns["flops"].dtype == object
    assert 2**104 < swept["flops"][0] < 10**38
    assert int(swept.to_arrow()["flops"][0].as_py()) == swept["flops"][0]


def test_pandas_has_the_same_numbers():
    frame = SWEPT.to_pandas()
    assert [int(value) for value in frame["flops"]] == FLOPS
    assert frame["params"].dtype == np.int64


def test_duckdb_and_polars_read_the_table():
    swept = SWEPT.to_arrow()
    ((total,),) = duckdb.sql("select sum(flops) from swept").fetchall()
    assert int(total) == sum(FLOPS)
    assert int(polars.from_arrow(swept)["flops"].sum()) == sum(FLOPS)


def test_rows_say_what_they_are():
    assert repr(SWEPT) == f"<Rows: 2 x {len(SWEPT.columns)} columns>"
    some = sweep("wan2_1_t2v_1_3b", num_frames=[2, 5], skip_invalid=True)
    assert repr(some) == f"<Rows: 1 x {len(some.columns)} columns, 1 skipped>"


def test_a_column_of_one_value_takes_no_memory():
    column = Column(6)
    for _ in range(3):
        column.extend(np.array([[7]]), (1, 2))
    assert column.done().tolist() == [7] * 6
    assert column.done().strides == (0,)


@pytest.mark.parametrize("length", [1, 6, 7])
def test_a_column_takes_values_types_and_shapes_as_they_come(length):
    """A constant, another constant, a grid, and limbs: or as much of these as there is room for."""
    blocks = [
        (np.array([[7]]), (1, 1)),
        (np.array([[8]]), (1, 1)),
        (np.array([[1], [2]]), (2, 2)),
        (as_type(np.array([[5]]), WIDE), (1, 1)),
    ]
    wanted = [7, 8, 1, 1, 2, 2, 5]
    column, filled = Column(length), 0
    for values, shape in blocks:
        if filled < length:
            column.extend(values, shape)
            filled += shape[0] * shape[1]
    done = column.done()
    assert len(done) == length
    assert (done["low"] if done.dtype == WIDE else done).tolist() == wanted[:length]
