"""The tables that say how right the numbers are, computed from records and published tables: no torch."""

from functools import cache

from tests.execution import test_official as official
from tests.execution import test_official_components as components
from tests.execution import test_official_transformers as transformers
from tests.reference.cases import CASES, case_name, run_of
from tests.reference.compared import REFERENCE, compared
from wanmeter.hardware import device
from wanmeter.published import Errors, validate_memory, validate_time

memory, time = cache(validate_memory), cache(validate_time)

EXECUTIONS = (
    official.test_transformer_equals_the_official_one,
    official.test_vae_decode_equals_the_official_one,
    transformers.test_transformer_equals_the_official_one,
    components.test_vae_encode_equals_the_official_one,
    components.test_vae_decode_equals_the_official_one,
    components.test_text_encoder_equals_the_official_one,
    components.test_image_encoder_equals_the_official_one,
)
"""Tests that require an execution to equal a record; each recorded pass is a case of one of them."""


@cache
def accuracy():
    """The README's table: what was compared with what, the difference, and the command that repeats it."""
    differences = [
        abs(cost - recorded)
        for case in CASES
        for *_, cost, recorded in compared(run_of(*case), REFERENCE["cases"][case_name(*case)])
    ]
    seconds, in_band = time().statistics["known"], time().statistics["band"]
    gib, blind = memory().statistics["known"], memory().statistics["blind"]
    return table(
        ("what", "compared with", "difference", "check it with"),
        [
            (
                "FLOPs and parameters, module by module",
                "PyTorch's `FlopCounterMode` on diffusers' and transformers' modules",
                f"{max(differences)} in all {len(differences):,} numbers of {len(CASES)} passes",
                "`wanmeter verify all`",
            ),
            (
                "each kernel's bytes, and what is alive at each moment",
                "a trace of the official code",
                f"0 bytes in all {equal_executions()} passes",
                "`pytest tests/execution`",
            ),
            (
                "the same of diffusers",
                "a trace on your machine",
                "0 bytes, or it fails",
                "`wanmeter verify execution`",
            ),
            (
                "peak memory on a GPU",
                f"the authors' tables, {gib.rows} cells",
                f"{percent(gib.mean_absolute, 2)} on average, {percent(gib.largest_absolute)} at most;"
                f" {percent(blind.mean_absolute, 2)} where no choice was made in view of them",
                "`wanmeter validate memory`",
            ),
            (
                "seconds on a GPU",
                f"the authors' tables, {seconds.rows} cells",
                f"{percent(seconds.mean_absolute)} on average, {percent(seconds.largest_absolute)} at most;"
                f" {in_band.exact} within a band that claims 80 %",
                "`wanmeter validate time`",
            ),
        ],
    )


def equal_executions():
    """How many recorded passes an execution equals, to the byte. A difference raises."""
    passes = 0
    for test in EXECUTIONS:
        ((_, cases),) = [mark.args for mark in test.pytestmark]
        for case in cases:
            test(*([case] if isinstance(case, str) else case))
            passes += 1
    return passes


def errors_of_time():
    """The errors of predicted seconds, in groups of cells, and what else is known of them."""
    validation = time()
    band, others = validation.statistics["band"], Errors.of(row.error for row in validation.others)
    held = sum(row.band_error == 0 for row in validation.others)
    first = {}
    for row in validation.rows:
        if row.n_gpus == 1 and "Wan2.1@" in row.source:
            first.setdefault(row.device, row.id.removesuffix("-seconds"))
    fitted = validate_time(calibrate_on=first.values()).statistics
    return "\n".join(
        (
            _errors(validation, {"known": "all"}),
            "",
            f"{band.exact} of the {band.rows} are within their bands, which claim 80 %; the median",
            f"half-width is {percent(validation.median_half_width)}. No rate is fitted for a cell. With one factor on",
            "a GPU's attention rates, from its first cell of Wan2.1 on one GPU, the other cells of Wan2.1 are off by",
            f"{percent(fitted['Wan2.1'].mean_absolute)}, and those of Wan2.2 by"
            f" {percent(fitted['Wan2.2'].mean_absolute)}, on average. Among the {others.rows} other runs the",
            f"largest error is {percent(others.largest_absolute)}; {held} are within their bands.",
        )
    )


def errors_of_memory():
    """The errors of predicted peaks."""
    names = {
        "known": "workspace as assumed",
        "blind": "where the workspace changes nothing",
        "band": "nothing known: how far outside of the band",
    }
    return _errors(memory(), names)


def _errors(validation, names):
    rows = [
        (
            names.get(name) or (device(name).title if "_" in name else name),
            str(errors.rows),
            percent(errors.mean_absolute, 2),
            percent(errors.largest_absolute),
        )
        for name, errors in validation.statistics.items()
        if name in names or name != "band"
    ]
    return table(("", "cells", "mean error", "largest"), rows, right=(1, 2, 3))


def table(columns, rows, right=()):
    """A Markdown table."""
    marks = ["--:" if n in right else "---" for n in range(len(columns))]
    return "\n".join("| " + " | ".join(row) + " |" for row in (columns, marks, *rows))


def percent(share, digits=1):
    """A share as the pages write it: 3.3 %."""
    return f"{100 * share:.{digits}f} %"
