"""Public sweeps of realistic grids beside copies of their columns: prints a table.

Each grid has a process of its own. Seconds are the processor's, on one core, the system's among them. A first call
also imports modules, composes the configuration and derives closed forms, and its memory is new to the process, as that
of the first copy is. The next calls and copies fill memory again.
"""

import subprocess
import sys
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import numpy as np

import wanmeter

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


def copy(columns: list[Any], places: list[Any]) -> None:
    """Copy columns, each into its place."""
    for place, column in zip(places, columns, strict=True):
        place[:] = column


def measure(name: str) -> None:
    """Sweep a grid some times, copy the columns that vary each time, and print a row of the table."""
    axes, how = CASES[name]
    sweeps, copies, places, rows = [], [], [], 0
    for _ in range(CALLS):
        seconds, swept = timed(wanmeter.sweep, "t2v-14b", **how, **axes)
        rows = len(swept)
        varying = [column for column in swept.columns.values() if column.strides != (0,)]
        places = places or [np.empty_like(column) for column in varying]
        sweeps.append(seconds)
        copies.append(timed(copy, varying, places)[0])
        del swept, varying  # before the next takes memory
    each = (sweeps[0], copies[0], median(sweeps[1:]), median(copies[1:]))
    rates = [f"{rows / seconds / 1e6:.1f}" for seconds in each]
    print(f"| {name} | {rows:,} | {' | '.join(rates)} |")


def main() -> None:
    """Print the table; or with the name of a grid, its row."""
    if names := sys.argv[1:]:
        measure(*names)
        return
    columns = ("grid", "rows", "first call", "first copy", "next calls", "next copies")
    print(f"| {' | '.join(columns)} |\n|---|{'--:|' * 5}", flush=True)
    for name in CASES:
        subprocess.run([sys.executable, "-m", "benchmarks.sweeps", name], check=True)
    print("\nMillions of rows a second.")


if __name__ == "__main__":
    main()
