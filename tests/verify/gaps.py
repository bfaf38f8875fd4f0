"""Measures what an eager run adds to the cost, and writes the tables of docs/verification.md.

Run it where the extra `verify` is: `python -m tests.verify.gaps`.
"""

from attrs import evolve

from tests.pages.page import PROJECT, with_part
from wanmeter import configure
from wanmeter.units import GIB
from wanmeter.verify import verify

PAGE = PROJECT / "docs" / "verification.md"

MODELS = {"1.3B": "wan2_1_t2v_1_3b", "14B": "wan2_1_t2v_14b"}
WORKLOADS = {"ci-tiny": "wan2-1-ci-tiny", "480p": "wan2-1-480p", "720p": "wan2-1-720p"}


def measured():
    """The tables of `io` and `memory` by (model, workload, precision of the VAE)."""
    found = {}
    for model, model_name in MODELS.items():
        for workload, workload_name in WORKLOADS.items():
            run = configure(model_name, workload_name)
            for bits in (32, 16):
                if bits == 16:  # what does not depend on the VAE is measured already
                    run = evolve(run, stages=["vae_decode"])
                vae = evolve(run.vae, bits=bits, weight_bits=bits)
                io, memory = verify(evolve(run, vae=vae), targets=["io", "memory"])
                found[model, workload, bits] = io, memory
    return found


def markdown(found):
    """The measured part of the page."""
    return "\n".join(
        (
            "### Bytes moved in one pass\n",
            table(traffic_rows(found), ("cost", *CAUSES, "eager run", "ratio")),
            "### Peak in one pass\n",
            table(peak_rows(found), ("cost", "float32", "kept", "eager run", "ratio")),
            "### 14B at 720p, module by module\n",
            table(module_rows(found), ("cost", *CAUSES, "eager run", "ratio"), first="module"),
            "### 14B at 720p, what is alive at the peak\n",
            peak_list(found),
        )
    )


CAUSES = ("casts", "copies", "float32", "matrix", "unfused")

STAGES = (
    ("transformer", 32, "transformer, bfloat16"),
    ("text_encoder", 32, "text encoder, bfloat16"),
    ("vae_decode", 32, "VAE decoding, float32"),
    ("vae_decode", 16, "VAE decoding, bfloat16"),
)


def rows_of(found, row_of):
    """A row a stage, a model and a workload; what does not depend on the model stands once."""
    rows = []
    for stage, bits, name in STAGES:
        for model in MODELS if stage == "transformer" else ("14B",):
            for workload in WORKLOADS:
                label = (
                    f"{name}, {model}, {workload}"
                    if stage == "transformer"
                    else f"{name}, {workload}"
                )
                rows.append((label, *row_of(found[model, workload, bits], stage)))
    return rows


def traffic_rows(found):
    def row_of(sections, stage):
        (made,) = [t for t in sections[0].tables if t.title.startswith(f"{stage}: bytes moved")]
        return made.rows[-1][1:]

    return rows_of(found, row_of)


def peak_rows(found):
    def row_of(sections, stage):
        (row,) = [row for row in sections[1].tables[0].rows if row[0] == stage]
        return row[1:]

    return rows_of(found, row_of)


def module_rows(found):
    io, _ = found["14B", "720p", 32]
    (made,) = [t for t in io.tables if t.title.startswith("transformer: bytes moved")]
    return made.rows


def peak_list(found):
    _, memory = found["14B", "720p", 32]
    lines = []
    for made in memory.tables:
        if made.title == "transformer: the modelled peak":
            lines += ["| in the cost | GiB |", "|---|--:|"]
            lines += [
                f"| {what.replace('transformer/', '')} | {gib(size)} |" for what, size in made.rows
            ]
            lines.append("")
        if made.title == "transformer: tensors alive at the traced peak":
            lines += [
                "| in the eager run: made in | by | type | shape | GiB |",
                "|---|---|---|---|--:|",
            ]
            lines += [
                f"| {row.replace('transformer/', '')} | `{by}` | {dtype} | {shape}"
                f"{f', {count} times' if count > 1 else ''} | {gib(size)} |"
                for row, by, dtype, shape, count, size in made.rows
            ]
    return "\n".join(lines) + "\n"


def table(rows, columns, first="GiB"):
    lines = [f"| {first} | {' | '.join(columns)} |", f"|---|{'--:|' * len(columns)}"]
    for label, *sizes, ratio in rows:
        cells = [gib(size) for size in sizes]
        lines.append(f"| {label} | {' | '.join(cells)} | {ratio:.3f} |")
    return "\n".join(lines) + "\n"


def gib(size):
    """GiB to three decimals, signed; `<0.001` if it rounds to zero, `-` if it is zero."""
    if size < 0:
        return f"-{gib(-size)}"
    thousandths = (2000 * size + GIB) // (2 * GIB)
    if not thousandths:
        return "<0.001" if size else "-"
    return f"{thousandths // 1000:,}.{thousandths % 1000:03}"


def page_with(tables):
    """The page, its measured part replaced."""
    return with_part(PAGE.read_text(), "measured", tables)


if __name__ == "__main__":
    PAGE.write_text(page_with(markdown(measured())))
