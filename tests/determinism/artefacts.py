"""Make one of everything that wanmeter writes, and print a digest of each.

Run as a script, by the interpreter and in the environment that are on trial; see `matrix.py`.
"""

import hashlib
import json
import locale
import sys
import tempfile
import time
from pathlib import Path

from attrs import evolve
from click.testing import CliRunner

from wanmeter import Report, configure, meter
from wanmeter.backends import PACKAGED, get_backend
from wanmeter.cli.main import main
from wanmeter.cli.output import to_text
from wanmeter.render.figures import draw
from wanmeter.render.page import Page, to_html, to_markdown
from wanmeter.report.hotspots import render_hotspots
from wanmeter.report.table import render

GOLDEN = Path(__file__).parent.parent.parent / "golden"
RUNS = (("wan2_1_t2v_14b", "wan2-1-720p"), ("wan2_1_i2v_14b", "wan2-1-ci-tiny"))
COMMANDS = {
    "formula.txt": ["formula", "--by", "stage", "model=wan2_1_t2v_14b"],
    "formula.py": ["formula", "--format", "python", "--by", "module"],
    "compare.json": ["compare", "--format", "json", "workload.num_frames=5", "vae.bits=16"],
}


def artefacts():
    """Names, and bytes or text."""
    for golden in sorted(GOLDEN.glob("*.json")):
        for name in PACKAGED:
            report = meter(*golden.stem.split("--"), name)
            text = report.to_json(provenance=False)
            if text != golden.read_text(encoding="utf-8"):
                sys.exit(f"{golden.stem} by {name} is not the golden")
            yield golden.name, text  # both backends use the same name, so their bytes must be equal
    for model, workload in RUNS:
        for name in PACKAGED:
            # By one name, as the name of the backend is all that may differ.
            run = configure(model, workload, evolve(get_backend(name), name="any"))
            report = Report.of(run)
            yield f"{model}: report.json", report.to_json()
            yield f"{model}: report.csv", report.to_csv()
            yield f"{model}: table", to_text(render(report, depth=9))
            yield f"{model}: hotspots", to_text(render_hotspots(report, top=20))
            figures = list(draw(run))
            for figure in figures:
                yield f"{model}: {figure.name}.svg", figure.to_bytes("svg")
                yield f"{model}: {figure.name}.png", figure.to_bytes("png")
            page = Page.of(run)
            yield f"{model}: page.md", to_markdown(page)
            yield f"{model}: page.html", to_html(page, figures)
    for title, command in COMMANDS.items():
        yield title, CliRunner().invoke(main, command, catch_exceptions=False).output
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sweep.csv"
        frames = ",".join(map(str, range(5, 85, 4)))
        sweep = ["sweep", f"num_frames={frames}", "guidance=true,false", "-o", str(path)]
        CliRunner().invoke(main, sweep, catch_exceptions=False)
        yield path.name, path.read_bytes()


def digests():
    """A digest of each artefact; artefacts of one name must be equal."""
    found = {}
    for name, content in artefacts():
        data = content.encode() if isinstance(content, str) else content
        digest = hashlib.sha256(data).hexdigest()
        if found.setdefault(name, digest) != digest:
            sys.exit(f"{name} differs between the backends")
    return found


if __name__ == "__main__":
    locale.setlocale(locale.LC_ALL, "")  # what an application may have done
    time.tzset()
    json.dump(digests(), sys.stdout)
