"""The group of commands: imported on use, listed in the order in which people ask, ended in one line."""

from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem

from wanmeter.cli.ending import ended
from wanmeter.errors import UnknownNameError

COMMANDS = {
    "show": "Show what a run costs: FLOPs, bytes and memory.",
    "estimate": "Estimate how long a run takes on a device, and its memory.",
    "fit": "Find what to change so that a run fits a device.",
    "compare": "Show what differs between two runs.",
    "sweep": "Cost many workloads, to a file.",
    "plot": "Draw what a run costs.",
    "report": "Write a page that says what a run costs.",
    "dump": "Write every number of a run, as JSON or CSV.",
    "formula": "Print a cost as an expression.",
    "list": "List models, workloads, devices and keys.",
    "validate": "Compare predictions with published measurements.",
    "verify": "Compare a cost with the real models.",
    "calibrate": "Measure your own GPU.",
}
"""The commands in the order of the help, and what each does. Each is in a module of its name, or here already."""


EXECUTES = ("device=", "profile=", "placement=")
"""How overrides begin that only an estimate takes."""


class WanmeterGroup(click.Group):
    """Imports a command when it is used, and ends every failure in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands as the help does."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Find a command by its name."""
        if cmd_name in COMMANDS and cmd_name not in self.commands:
            module = import_module(f"wanmeter.cli.{cmd_name}")
            command: click.Command = getattr(module, f"{cmd_name}_command")
            return command
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first argument names; one that is none is told the nearest."""
        name = args[0]
        if name not in COMMANDS and not ctx.resilient_parsing and not name.startswith("-"):
            if "=" in name:
                raise click.UsageError(f"{name}: a command comes first: `wanmeter show {name}`")
            from wanmeter.keys import meant

            if any(letter.isdigit() for letter in name) and (whole := meant(name)) is not None:
                command = "estimate" if whole.startswith(EXECUTES) else "show"
                raise click.UsageError(
                    f"{name}: a command comes first: write `wanmeter {command} {whole}`"
                )
            raise UnknownNameError("command", name, tuple(COMMANDS), "`wanmeter --help`")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what each command does, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the name of a command, without importing any, or an option."""
        names = [
            CompletionItem(name, help=told)
            for name, told in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Parse the options before the command: `--help` writes already."""
        with ended():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with ended():
            return super().invoke(ctx)
