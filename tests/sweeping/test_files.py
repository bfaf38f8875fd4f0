"""Files of sweeps: CSV and Parquet hold every count exactly, or refuse it by row."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from wanmeter import InvalidValueError, configure, meter
from wanmeter.sweeping.axes import MAX_BLOCK_ROWS
from wanmeter.sweeping.files import write_csv, write_parquet
from wanmeter.sweeping.table import Sweep
from wanmeter.version import __version__


def sweep_of(*batches):
    run = configure("wan2_1_t2v_14b", "wan2-1-720p")
    return Sweep(run, {"batch_size": batches, "num_frames": [5, 81]})


@pytest.mark.parametrize("batches", [(1, 2), (1, 20), (1, 10**12), (1, 2**62)])
def test_csv_has_every_count_exactly(batches):
    file = io.BytesIO()
    write_csv(sweep_of(*batches), file)
    rows = list(csv.DictReader(io.StringIO(file.getvalue().decode())))
    assert [row["guidance"] for row in rows] == ["true"] * 4
    for row in rows:
        asked = {name: int(row[name]) for name in ("batch_size", "num_frames")}
        report = meter("wan2_1_t2v_14b", "wan2-1-720p", **asked)
        assert int(row["flops"]) == report.total.flops
        assert int(row["vae_decode/bytes_read"]) == report["vae_decode"].cost.bytes_read


def test_parquet_has_64_bits_and_says_what_they_mean(tmp_path):
    path = tmp_path / "sweep.parquet"
    with path.open("wb") as file:
        write_parquet(sweep_of(1, 2), file)
    table = pq.read_table(path)
    assert table.num_rows == 4
    report = meter("wan2_1_t2v_14b", "wan2-1-720p", batch_size=2, num_frames=81)
    assert table["flops"][3].as_py() == report.total.flops
    about = table.schema.metadata
    assert b"multiply-accumulate" in about[b"wanmeter.flops"]
    assert json.loads(about[b"wanmeter.model"])["name"] == "wan2_1_t2v_14b"
    assert about[b"wanmeter.layer_impl"] == b"shared"
    assert about[b"wanmeter.version"] == __version__.encode()


def test_parquet_has_decimals_where_64_bits_are_too_few():
    """Only the last third of the blocks does not fit in 64 bits: all have one schema."""
    third = MAX_BLOCK_ROWS
    run = configure("wan2_1_t2v_14b", "wan2-1-720p")
    sweep = Sweep(run, {"batch_size": [1, 2, 10**9], "text_len": range(1, third + 1)})
    file = io.BytesIO()
    write_parquet(sweep, file, wide=sweep.wide)
    read = pq.read_table(file)
    assert read.schema.field("flops").type == pa.decimal128(38, 0)
    assert read.schema.field("params").type == pa.int64()
    for row in (0, third, 2 * third, 3 * third - 1):
        asked = {name: read[name][row].as_py() for name in ("batch_size", "text_len")}
        report = meter("wan2_1_t2v_14b", "wan2-1-720p", **asked)
        assert read["flops"][row].as_py() == report.total.flops


def test_what_parquet_cannot_hold_is_refused_by_its_row():
    """10^18 FLOPs of a video, 4 x 10^18 videos and 10^6 times its steps have 43 digits."""
    axes = {"num_inference_steps": [50, 50 * 10**6], "batch_size": [1, 4 * 10**18]}
    run = configure("wan2_1_t2v_14b", "wan2-1-720p")
    with pytest.raises(InvalidValueError, match=r"row 4: flops: got .* CSV takes larger ones"):
        write_parquet(Sweep(run, axes), io.BytesIO())
    axes = {"num_frames": [2, 3, 4, 5, 9], "batch_size": [1, 2**60], "num_inference_steps": [10**9]}
    with pytest.raises(InvalidValueError, match=r"row 8: "):
        write_parquet(Sweep(run, axes, skip_invalid=True), io.BytesIO())
