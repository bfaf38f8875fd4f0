"""A table of workloads, costed batch by batch on a Dask cluster, and read by DuckDB and Polars.

Needs: pip install 'wanmeter[sweep]' distributed duckdb polars
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars
import pyarrow as pa
from dask.distributed import Client
from pyarrow import parquet

import wanmeter

MODEL = "wan2_1_t2v_1_3b"


def costed(batch: pa.RecordBatch) -> pa.Table:
    """The rows of a batch, each a workload, with their costs. Any engine that takes Arrow can call this."""
    columns = {name: batch[name].to_numpy(zero_copy_only=False) for name in batch.schema.names}
    return wanmeter.sweep(MODEL, zipped=True, **columns).to_arrow(decimals=True)


def written(batch: pa.RecordBatch, path: Path) -> int:
    """Cost a batch and write it to a file; the number of rows."""
    table = costed(batch)
    parquet.write_table(table, path)
    return len(table)


def main() -> None:
    """Cost 12,800 requests in four batches, on two workers."""
    frames = [4 * (n % 40) + 5 for n in range(12_800)]
    requests = pa.table(
        {"num_frames": frames, "num_inference_steps": [n % 50 + 1 for n in range(12_800)]}
    )
    with (
        TemporaryDirectory() as folder,
        Client(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
    ):
        batches = requests.to_batches(max_chunksize=3_200)
        paths = [Path(folder) / f"part-{i}.parquet" for i in range(len(batches))]
        rows = sum(cluster.gather(cluster.map(written, batches, paths)))
        parts = f"{folder}/*.parquet"
        ((total,),) = duckdb.sql(f"select sum(flops) from '{parts}'").fetchall()
        mean = polars.scan_parquet(parts).select(polars.col("flops").mean()).collect().item()
    print(f"{rows:,} requests: {total:,} FLOPs, {mean / 1e15:.1f} PFLOP on average")


if __name__ == "__main__":
    main()
