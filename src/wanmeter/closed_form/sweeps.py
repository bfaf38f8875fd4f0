"""Sweeps and their files. Needs the extra `sweep`."""

from wanmeter.errors import MissingExtraError

try:
    from wanmeter.closed_form.files import write_csv, write_parquet
    from wanmeter.closed_form.sweep import Rows, Skipped, Sweep, sweep
except ModuleNotFoundError as error:
    raise MissingExtraError("sweeping", (str(error.name).partition(".")[0],), "sweep") from error

__all__ = ["Rows", "Skipped", "Sweep", "sweep", "write_csv", "write_parquet"]
