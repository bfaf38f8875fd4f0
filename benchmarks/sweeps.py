"""Public sweeps of realistic grids beside copies of their columns: prints a table.

Each grid has a process of its own. Seconds are the processor's, on one core. A first call also composes the
configuration and derives closed forms, and memory is new to the process. A copy has no arithmetic: into new memory, as
a sweep fills it, or into memory in use.
"""

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import numpy as np

import wanmeter
from wanmeter.sweeping.rows import Rows

SIZES = [(832, 480), (1280, 720), (480, 832), (720, 1280), (1024, 1024)]
PLAN = {"num_frames": range(5, 165, 4), "size": SIZES, "num_inference_steps": range(1, 51)}
TEXTS = {"text_len": range(1, 1001)}

CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "costs; 1,000 lengths of text last": ({**PLAN, **TEXTS}, {}),
    "costs; 1,000 lengths of text first": ({**TEXTS, **PLAN}, {}),
    "costs; 100 batches last, beyond 64 bits": ({**PLAN, "batch_size": range(1, 101)}, {}),
    "costs; 1,000 batches last, beyond 64 bits": ({**PLAN, "batch_size": range(1, 1001)}, {}),
    "seconds and peaks; 1,000 lengths of text last": ({**PLAN, **TEXTS}, {"device": "h100"}),
}
CALLS = 6


def timed(call: Callable[..., Any], *given: Any, **named: Any) -> tuple[float, Any]:
    """Seconds of the processor that a call takes, and what it returns."""
    started = process_time()
    result = call(*given, **named)
    return process_time() - started, result


def copies(rows: Rows) -> tuple[float, float]:
    """Seconds of copying the columns that vary: into new memory, and again into the same."""
    varying = [column for column in rows.columns.values() if column.strides != (0,)]
    into = [np.empty_like(column) for column in varying]

    def copy() -> None:
        for place, column in zip(into, varying, strict=True):
            place[:] = column

    return timed(copy)[0], timed(copy)[0]


def measure(name: str) -> None:
    """Sweep a grid some times, copy what came of it, and print a row of the table."""
    axes, how = CASES[name]
    seconds, rows = [], 0
    for _ in range(CALLS):
        taken, swept = timed(wanmeter.sweep, "t2v-14b", **how, **axes)
        rows = len(swept)
        seconds.append((taken, *copies(swept)))
        del swept  # before the next takes memory
    first = seconds[0][0]
    rates = [rows / each / 1e6 for each in (first, *map(median, zip(*seconds[1:], strict=True)))]
    print(f"| {name} | {rows:,} | {' | '.join(f'{rate:.1f}' for rate in rates)} |")


def main() -> None:
    """Print the table; or with the name of a grid, its row."""
    if names := sys.argv[1:]:
        measure(*names)
        return
    columns = ("grid", "rows", "first call", "next", "copy, new memory", "copy, memory in use")
    print(f"| {' | '.join(columns)} |\n|---|{'--:|' * 5}", flush=True)
    for name in CASES:
        subprocess.run([sys.executable, "-m", "benchmarks.sweeps", name], check=True)
    print("\nMillions of rows a second.")


if __name__ == "__main__":
    main()
