"""Formulas in LaTeX: they fit a column, and say what their letters are."""

import re

import pytest
from click.testing import CliRunner
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser

from wanmeter import Meter, configure
from wanmeter.cli.main import main
from wanmeter.symbolic import Regime
from wanmeter.symbolic.formula import formulas
from wanmeter.symbolic.latex import to_latex
from wanmeter.symbolic.variables import VARIABLES

COLUMN_INCHES = 3.34
"""A column of ACM's two; IEEE's has 3.5."""


def printed(*arguments):
    done = CliRunner().invoke(main, ["formula", "--format", "latex", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def lines_of(text):
    """The lines of the equations."""
    body = text.partition("\\begin{align*}\n")[2].partition("\n\\end{align*}")[0]
    return [line.removesuffix(r" \\") for line in body.splitlines()]


def inches(line):
    """The width of a line of mathematics in 10 points."""
    font = FontProperties(size=10, math_fontfamily="cm")
    return MathTextParser("path").parse(f"${line.removeprefix('&')}$", 72, font).width / 72


@pytest.mark.parametrize("field", ["flops", "bytes_read", "activation_bytes"])
@pytest.mark.parametrize("model", ["wan2_1_i2v_14b", "wan2_2_t2v_a14b"])
def test_every_line_fits_a_column(model, field):
    """As matplotlib sets it, in TeX's own fonts."""
    stages = "[transformer,transformer_2]" if "a14b" in model else "[transformer]"
    every = printed(f"model={model}", "--by", "stage", "--field", field)
    general = printed(
        f"model={model}", f"stages={stages}", "--by", "stage", "--symbols", "all", "--field", field
    )
    for line in lines_of(every) + lines_of(general):
        assert line.startswith("&")
        assert inches(line) <= COLUMN_INCHES, line


def test_lines_together_are_the_equation():
    """An equation that fits is one line; of one that does not, nothing gets lost."""
    lines = lines_of(printed("model=t2v-14b", "stages=[transformer]", "--symbols", "all"))
    assert len(lines) == 2
    whole = " ".join(line.removeprefix("&").removeprefix(r"\quad ") for line in lines)
    assert whole == (
        r"\mathrm{total} = 2 B d g T (d M + 7 d + 2 L (d M + 3 d N + f N + M N + N^{2})"
        " + 4096 M + 128 N + 256)"
    )
    assert len(lines_of(printed("model=t2v-14b", "stages=[text_encoder]"))) == 1


def test_options_of_a_maximum_begin_lines():
    lines = lines_of(printed("model=t2v-14b", "stages=[vae_decode]", "--field", "activation_bytes"))
    assert lines == [
        r"&\mathrm{total} = \max(256 B (- 18 H W + 97 N),",
        r"&\quad 64 B (14751 H W + 196 N))",
    ]


def test_the_letters_that_are_there_are_explained():
    text = printed("model=t2v-14b", "stages=[transformer]", "--symbols", "all")
    legend = " ".join(text.partition("\\end{align*}\n")[2].splitlines())
    assert legend.startswith(r"\noindent where $B$: batch, videos; ")
    assert r"$F$: latent frames, $(\texttt{num\_frames} - 1) / 4 + 1$; " in legend
    assert r"$H$: latent height, $\texttt{height} / 8$; " in legend
    assert r"$N$: tokens of the video: $F H W / 4$; " in legend
    assert r"$L$: \texttt{num\_layers}, transformer blocks; " in legend
    equation = "".join(lines_of(text)).replace(r"\mathrm{total}", "")
    letters = set(re.findall(r"[A-Za-z]", equation.replace(r"\quad", "")))
    explained = set(re.findall(r"\$(\w)\$:", legend))
    assert letters | set("FHW") == explained <= {each.letter for each in VARIABLES.values()}


def test_words_that_are_also_variables_stay_words():
    text = printed("model=t2v-a14b", "stages=[transformer,transformer_2]")
    legend = " ".join(text.partition("\\end{align*}\n")[2].splitlines())
    assert "$T_{1}$: high noise steps, steps of the first expert; " in legend


def test_a_number_has_no_legend():
    text = printed("model=t2v-1.3b", "--field", "params")
    assert lines_of(text) == [r"&\mathrm{total} = 7173202739"]
    assert text.endswith("\\end{align*}\n")


def test_the_first_line_is_a_comment_that_says_where_it_holds():
    head = printed("model=t2v-14b", "stages=[transformer]").splitlines()[0]
    assert head == (
        "% flops of wan2_1_t2v_14b; transformer only; layer_impl=shared; latent frames: 3 or more;"
        " with guidance; no reference images"
    )


def test_names_are_latex_whatever_they_are():
    run = configure("wan2_1_t2v_1_3b")
    form = Meter(run).form(Regime.of(run.workload, run.geometry))
    assert formulas(form, "params", "run").keys() == {"total"}
    text = to_latex({r"a & 50% #1 $x^2 {~\}": 1}, form)
    assert r"a \& 50\% \#1 \$x\hat{}2 \{\sim{}\backslash{}\}" in text
