"""The parser of pages: it finds what is written on them, and writes nothing else."""

import subprocess

import pytest

from tests.pages.page import blocks, console, parts, printed, with_outputs, with_part, with_titles

PAGE = """# A page

```console
$ wanmeter list backends
stale
$ wanmeter show num_frames=82 | head -n 1
```

<!-- written: sizes -->
old
<!-- end -->

| a | b |

<!-- written: others -->

| 1 | 2 |

<!-- end -->

```toml title="made/by.toml"
stale = 1
```
"""


def test_outputs_are_replaced_and_nothing_else():
    now = with_outputs(PAGE)
    before, after = PAGE.split("stale\n$")[0], PAGE.split("head -n 1\n")[1]
    assert now.startswith(
        f"{before}shared\nwan2_1\n$ wanmeter show num_frames=82 | head -n 1\nError: "
    )
    assert now.endswith(after)
    assert with_outputs(now) == now


def test_a_command_without_output_gets_one():
    assert console("$ wanmeter list backends\n") == "$ wanmeter list backends\nshared\nwan2_1\n"


def test_a_command_may_take_several_lines():
    command = "$ wanmeter list \\\n    backends | \\\n  head -n 1\n"
    assert console(f"{command}stale\n") == f"{command}shared\n"


def test_head_and_tail_take_lines():
    whole = printed("wanmeter list models").splitlines()
    assert printed("wanmeter list models | head -n 3 | tail -n 2").splitlines() == whole[1:3]


def test_lines_have_80_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    lines = printed("wanmeter estimate model=t2v-14b").splitlines()
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("command", ["python -c 1/0", "pip install wanmeter"])
def test_a_program_that_fails_or_is_not_known_is_no_output(command):
    with pytest.raises((subprocess.CalledProcessError, AssertionError)):
        printed(command)


def test_a_table_is_replaced_by_name():
    assert parts(PAGE) == ["sizes", "others"]
    now = with_part(PAGE, "sizes", "\n| new |\n")
    assert now == PAGE.replace("\nold\n", "\n\n| new |\n\n")
    assert with_part(now, "sizes", "| new |") == now


def test_blocks_have_language_title_and_text():
    assert blocks(PAGE)[1] == ("toml", "made/by.toml", "stale = 1\n")


def test_a_figure_is_called_by_its_title(tmp_path):
    (tmp_path / "x.svg").write_text("<svg>\n <title>A &lt; B</title></svg>")
    assert with_titles("see ![stale\nname](x.svg) [y](x.md)", tmp_path) == (
        "see ![A < B](x.svg) [y](x.md)"
    )
