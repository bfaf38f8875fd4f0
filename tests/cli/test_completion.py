"""What a shell offers at TAB, as click's scripts ask for it."""

import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from wanmeter.backends import PACKAGED
from wanmeter.cli.completion import EXECUTION, known_keys
from wanmeter.cli.group import COMMANDS
from wanmeter.cli.main import main
from wanmeter.configs import option_names
from wanmeter.estimation.choosing import SECTIONS as EXECUTION_SECTIONS
from wanmeter.estimation.choosing import execution_keys
from wanmeter.keys import full_key


def answered(*words, shell="bash"):
    """What the shell's script reads."""
    env = {
        "_WANMETER_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "\n".join(["wanmeter", *words]),
        "COMP_CWORD": str(len(words)),
    }
    done = CliRunner().invoke(main, [], prog_name="wanmeter", env=env)
    assert done.exit_code == 0, done.output
    return done.stdout.split()


def offered(*words):
    """The completions of the last word, of a line in which bash has split words at `=`."""
    return [line.removeprefix("plain,") for line in answered(*words)]


def test_commands_are_offered_in_the_order_of_the_help():
    assert offered("") == list(COMMANDS)
    assert offered("est") == ["estimate"]


@pytest.mark.parametrize("group", ["model", "workload", "device", "profile", "placement"])
def test_options_of_a_group_are_offered_after_its_equals_sign(group):
    assert tuple(offered("estimate", group, "=")) == option_names(group)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["estimate", "device", "=", "h10"], ["h100_sxm_80gb"]),
        (["estimate", "model", "=", "t2v"], ["t2v_14b", "t2v_1_3b", "t2v_a14b"]),
        (["estimate", "model", "=", "T2V-1"], ["T2V-14b", "T2V-1_3b"]),
        (["show", "model", "=", "t2v-14b", "workload", "=", "720"], ["720p", "720p-portrait"]),
        (["estimate", "num_fr"], ["num_frames="]),
        (["estimate", "uly"], ["ulysses_degree="]),
        (["show", "uly"], []),
        (["show", "dev"], []),
        (["show", "model", "=", "t2v-14b", "work"], ["workload="]),
        (["show", "layer_impl", "="], list(PACKAGED)),
        (["plot", "--layer-impl", "b"], ["both"]),
        (["estimate", "profile.att"], ["profile.attention="]),
        (
            ["compare", "device", "=", "h100", "device", "=", "a1"],
            ["a100_sxm_40gb", "a100_sxm_80gb"],
        ),
        (["list", "keys", "pro"], ["profile"]),
        (["list", "devices", "h10"], ["h100_sxm_80gb"]),
        (["verify", "la"], ["layers"]),
        (["show", "nothing", "="], []),
    ],
)
def test_words_are_completed(words, found):
    assert offered(*words) == found


def test_a_device_may_be_a_file():
    assert answered("estimate", "device", "=", "my_") == ["file,my_"]


def test_a_shell_that_keeps_words_whole_gets_them_whole():
    """Zsh and fish do not split at `=`; nor does bash without it in COMP_WORDBREAKS."""
    assert offered("estimate", "device=h10") == ["device=h100_sxm_80gb"]
    assert "device=h100_sxm_80gb" in answered("estimate", "device=h10", shell="zsh")


def test_keys_that_are_offered_are_keys_and_all_of_them():
    assert tuple(EXECUTION_SECTIONS) == EXECUTION
    run, every = known_keys(executes=False), known_keys()
    for key in run.keys() - {"size", "image_size"}:
        assert full_key(key)
    assert set(execution_keys()) <= every.keys() - run.keys()


def test_completion_loads_neither_models_nor_hydra():
    script = (
        "import sys; from wanmeter.cli.main import main\n"
        "try: main([], prog_name='wanmeter')\n"
        "except SystemExit: pass\n"
        "heavy = ('hydra', 'omegaconf', 'rich', 'wanmeter.models', 'wanmeter.layers')\n"
        "sys.exit(', '.join(name for name in heavy if name in sys.modules))"
    )
    words = {"COMP_WORDS": "wanmeter estimate model=t2v", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | words | {"_WANMETER_COMPLETE": "bash_complete"},
        capture_output=True,
        text=True,
    )
    assert done.stderr.strip() == ""
    assert "model=t2v_14b" in done.stdout


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash here")
def test_bash_completes_with_the_script_that_is_documented(tmp_path):
    program = tmp_path / "wanmeter"
    program.write_text(
        f"#!{sys.executable}\nfrom wanmeter.cli.main import main\nmain(prog_name='wanmeter')\n"
    )
    program.chmod(0o755)
    script = """
        eval "$(_WANMETER_COMPLETE=bash_source wanmeter)"
        complete -p wanmeter
        compopt() { echo "compopt $1 $2"; }
        COMP_WORDS=(wanmeter estimate device = h10) COMP_CWORD=4
        _wanmeter_completion wanmeter; echo "${COMPREPLY[@]}"
        COMP_WORDS=(wanmeter estimate num_fr) COMP_CWORD=2 COMPREPLY=()
        _wanmeter_completion wanmeter; echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", script],
        env=os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
    )
    registered, device, space, key = done.stdout.splitlines()
    assert registered == "complete -o nosort -F _wanmeter_completion wanmeter"
    assert device == "h100_sxm_80gb"
    assert space == "compopt -o nospace"
    assert key == "num_frames="
