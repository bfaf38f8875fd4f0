"""`wanmeter validate`: the table, or the document."""

import json

from click.testing import CliRunner

from wanmeter.cli.validate import validate_command
from wanmeter.published import Validation, validate_memory


def run(*arguments):
    return CliRunner().invoke(validate_command, arguments, prog_name="wanmeter validate")


def test_the_table_is_shown():
    done = run("memory")
    assert done.exit_code == 0, done.output
    assert "of 70 rows covered" in done.stdout
    assert done.stderr == ""


def test_json_is_all_there_is_on_standard_output():
    done = run("memory", "--format", "json")
    assert json.loads(done.stdout)["schema"] == "wanmeter.validation/1"


def test_to_a_file(tmp_path):
    path = tmp_path / "memory.json"
    done = run("memory", "-o", str(path))
    assert (done.exit_code, done.output) == (0, "")
    assert Validation.from_file(path) == validate_memory()


def test_another_quantity_is_refused():
    done = run("watts")
    assert done.exit_code == 2
    assert "'watts' is not one of 'memory', 'time'" in done.stderr
