"""`python -m wanmeter`: the command line."""

from wanmeter.cli.main import main

main(prog_name="wanmeter")
