"""`wanmeter calibrate`: measures the user's own GPU, and writes a device's file."""

from datetime import UTC, datetime
from typing import IO

import click

from wanmeter.calibration import Unmeasured, calibrate, to_yaml
from wanmeter.cli.completion import files
from wanmeter.cli.output import emit_stream
from wanmeter.cli.progress import progress
from wanmeter.errors import MissingExtraError, OutputError

HELP = """Measure what your own GPU sustains, and write a file that device=FILE takes.

Each operator runs for some seconds on end, at the shapes of a 14B transformer and a VAE, on the GPU that PyTorch finds
first (CUDA_VISIBLE_DEVICES chooses). Nothing else should use it meanwhile. Attention is measured with each kernel that
is installed: PyTorch's own, flash_attn, flash_attn_interface, sageattention. What was not measured is listed, with the
reason. Needs torch and a CUDA device.
"""

EXAMPLES = """
\b
Examples:
  wanmeter calibrate -o my_gpu.yaml
  wanmeter calibrate --seconds 30 -o my_gpu.yaml
  wanmeter estimate model=t2v-14b workload=480p device=my_gpu.yaml
"""

ENDING = ".yaml"
"""By which `device=` tells a file from a name."""


@click.command("calibrate", help=HELP, epilog=EXAMPLES)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    shell_complete=files,
    help="The device's file, which ends in .yaml; written completely or not at all.",
)
@click.option(
    "--seconds",
    type=click.IntRange(1, 600),
    metavar="N",
    default=5,
    show_default=True,
    help="How long to measure each operator, at least.",
)
def calibrate_command(output: str, seconds: int) -> None:
    """Calibrate."""
    if not output.endswith(ENDING):
        raise OutputError(output, f"a device's file ends in {ENDING}")
    try:
        from wanmeter.calibration.real import CudaMachine
    except ModuleNotFoundError as error:
        raise MissingExtraError.of("calibrating", error, "verify") from error

    machine = CudaMachine()
    unmeasured: list[Unmeasured] = []

    def write(file: IO[bytes]) -> None:
        with progress("Calibrating") as doing:
            today = datetime.now(UTC).date()
            made = calibrate(
                machine,
                seconds=seconds,
                day=today,
                starting=lambda each, every: doing(each.rate, every.index(each), len(every)),
            )
        unmeasured.extend(made.unmeasured)
        file.write(to_yaml(made).encode())

    emit_stream(write, output)  # a file that cannot be written is refused before anything runs
    for each in unmeasured:
        click.echo(f"Not measured: {each.rate}: {each.reason}", err=True)
