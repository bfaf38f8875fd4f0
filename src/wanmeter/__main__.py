"""The command `wanmeter`, and `python -m wanmeter`. An interrupt while modules are imported ends it too."""

import sys

INTERRUPTED = 130
"""A shell's exit code of a command that an interrupt ended."""


def run() -> None:
    """Run the command."""
    try:
        from wanmeter.cli.main import main

        main(prog_name="wanmeter")
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


if __name__ == "__main__":
    run()
