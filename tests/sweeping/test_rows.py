"""Rows become tables of Arrow, pandas, Polars and DuckDB; columns take memory once."""

import duckdb
import numpy as np
import polars
import pyarrow as pa
import pytest

from wanmeter import meter, sweep
from wanmeter.sweeping.rows import Column
from wanmeter.sweeping.wide import WIDE, as_ints, as_type

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


def test_python_ints_of_126_bits_are_limbs():
    """Their bound is beyond what limbs are evaluated for."""
    swept = sweep("wan2_1_t2v_1_3b", batch_size=[10**11], num_inference_steps=[10**10])
    assert swept.columns["flops"].dtype == WIDE
    wanted = meter("wan2_1_t2v_1_3b", batch_size=10**11, num_inference_steps=10**10).total.flops
    assert 2**98 < wanted == swept["flops"][0]
    assert int(swept.to_arrow()["flops"][0].as_py()) == wanted


def test_tables_of_several_sweeps_may_have_one_schema():
    one, other = (
        sweep("wan2_1_t2v_14b", batch_size=[batch]).to_arrow(decimals=True) for batch in BATCHES
    )
    assert pa.concat_tables([one, other]).num_rows == 2
    assert one.schema.field("batch_size").type == pa.int64()


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


TYPES = (np.dtype(np.int64), WIDE, np.dtype(object))


@pytest.mark.parametrize("first", TYPES)
@pytest.mark.parametrize("then", TYPES)
def test_one_value_may_be_followed_by_the_same_of_another_type(first, then):
    column = Column(4)
    for dtype in (first, then):
        column.extend(as_type(np.array([[7]]), dtype), (1, 2))
    assert as_ints(column.done()).tolist() == [7] * 4
