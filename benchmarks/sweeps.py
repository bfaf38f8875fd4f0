"""Public sweeps of realistic grids beside a copy of their columns, in one process: prints a table.

A copy has no arithmetic: it is what memory allows. Times are of one core; a first call also derives closed forms.
"""

from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import wanmeter
from wanmeter.sweeping.rows import Rows

SIZES = [(832, 480), (1280, 720), (480, 832), (720, 1280), (1024, 1024)]
PLAN = {"num_frames": range(5, 165, 4), "size": SIZES, "num_inference_steps": range(1, 51)}

CASES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "costs, 1,000 text lengths": ({**PLAN, "text_len": range(1, 1001)}, {}),
    "costs, 1,000 batches, beyond 64 bits": ({**PLAN, "batch_size": range(1, 1001)}, {}),
    "seconds and peaks, 1,000 text lengths": (
        {**PLAN, "text_len": range(1, 1001)},
        {"device": "h100"},
    ),
}
CALLS = 4


def timed(call: Callable[..., Any], *given: Any, **named: Any) -> tuple[float, Any]:
    """Seconds of the processor that a call takes, and what it returns."""
    started = process_time()
    result = call(*given, **named)
    return process_time() - started, result


def copies(rows: Rows) -> list[Any]:
    """A copy of each column."""
    return [column.copy() for column in rows.columns.values()]


def main() -> None:
    """Sweep each grid, and copy what came of it."""
    print("| grid | rows | first call, M rows/s | next | a copy | next / copy |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, (axes, how) in CASES.items():
        taken, copied, rows = [], [], 0
        for _ in range(CALLS):
            seconds, swept = timed(wanmeter.sweep, "t2v-14b", **how, **axes)
            rows = len(swept)
            taken.append(seconds)
            copied.append(timed(copies, swept)[0])
            del swept  # before the next takes memory
        first, after, copy = taken[0], median(taken[1:]), median(copied[1:])
        rates = [f"{rows / seconds / 1e6:.1f}" for seconds in (first, after, copy)]
        print(f"| {name} | {rows:,} | {' | '.join(rates)} | {copy / after:.2f} |")


if __name__ == "__main__":
    main()
