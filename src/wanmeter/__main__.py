"""`python -m wanmeter`."""

from wanmeter.cli.main import main

if __name__ == "__main__":
    main(prog_name="wanmeter")
