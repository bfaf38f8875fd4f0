"""The formulas of docs/formulas.md, evaluated, are what the layers cost."""

import re
from itertools import product
from math import prod
from pathlib import Path

import pytest
from attrs import asdict, evolve, fields
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.strategies import bits, small
from wanmeter import (
    VECTOR_OPS,
    Composite,
    Layer,
    Leaf,
    Precision,
    StageCost,
    configure,
    meter,
)
from wanmeter.conventions import ACTIVATION_OPS
from wanmeter.layers import Conv3d, CrossAttention, Decorator, Mlp, Passes, SelfAttention
from wanmeter.models.components.specs import VaeSpec
from wanmeter.models.components.vae import VaeDecode, VaeEncode
from wanmeter.models.element_sizes import precision_of

PAGE = (Path(__file__).parent.parent / "docs" / "formulas.md").read_text()


def tables(text):
    """All tables of a text, each a list of rows by column; cells without their code marks."""
    for block in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
        head, _, *rows = (
            [cell.strip() for cell in line[1:-1].split("|")] for line in block.split("\n")[:-1]
        )
        yield [dict(zip(head, row, strict=True)) for row in rows]


def sections(title):
    """What stands under each heading of the lowest level in one chapter, and the heading above it."""
    chapter = re.search(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, flags=re.M | re.S).group(1)
    found = {}
    for group in re.split(r"^### ", chapter, flags=re.M)[1:]:
        for section in re.split(r"^#### ", group, flags=re.M)[1:]:
            name, _, body = section.partition("\n")
            assert name not in found
            found[name] = (group.partition("\n")[0], body)
    return found


def evaluate(cell, names):
    """A cell's code, with the names that the page explains and no others."""
    helpers = {"B": lambda elements, bits: (elements * bits + 7) // 8, "ops": VECTOR_OPS}
    helpers |= {"prod": prod, "min": min, "len": len, "__builtins__": {}}
    return eval(cell.strip("`"), helpers | names)


def defined(rows, names):
    """`names` and what the rows of a table define, one after the other, in terms of them."""
    for name, cell in (row.values() for row in rows):
        assert name.strip("`") not in names, f"{name} is defined twice"
        names = {**names, name.strip("`"): evaluate(cell, names)}
    return names


def stated(layer):
    """A layer's own fields."""
    return {field.name: getattr(layer, field.name) for field in fields(type(layer))}


def own(layer):
    """A layer's own fields, and its element sizes."""
    names = stated(layer)
    precision = element_sizes(**names)
    return names | {"bits": precision.bits, "weight_bits": precision.weight_bits}


def element_sizes(
    *, precision=None, conv=None, factory=None, spec=None, chunk=None, settings=None, **_
):
    """The precision of a layer, by its own fields or those of what it is made of."""
    holders = [holder for holder in (conv, factory, chunk and chunk.make) if holder]
    if holders:
        return holders[0].precision
    return precision or (precision_of(spec) if spec else Precision())


def final(base):
    """The final classes below `base` in wanmeter's layers and Wan's, by name."""
    found = {}
    for cls in base.__subclasses__():
        found |= final(cls)
        if "__final__" in vars(cls) and cls.__module__.startswith(PACKAGES):
            found[cls.__name__] = cls
    return found


PACKAGES = ("wanmeter.layers.", "wanmeter.models.")
LEAVES, COMPOSITES = final(Leaf), final(Composite)
LEAF_SECTIONS, COMPOSITE_SECTIONS = sections("Leaves"), sections("Composites")

even = small.map(lambda half: 2 * half)
BY_TYPE = {int: small, bool: st.booleans(), tuple[int, int, int]: st.tuples(small, small, small)}
BY_NAME = {
    "precision": st.builds(Precision, bits=bits, weight_bits=bits),
    "act_fn": st.sampled_from(sorted(ACTIVATION_OPS)),
    "num_heads": st.sampled_from([12, 24]),
    "num_kv_heads": st.sampled_from([1, 2, 3, 4, 6, 12]),
    "head_dim": even,
    "SinusoidalEmbedding.dim": even,
    "Pointwise.ops": st.integers(0, 9),
    "cached_frames": st.integers(0, 3),
    "kept_frames": st.integers(0, 3),
    "averaged": st.integers(0, 9),
    "conv": st.deferred(lambda: instances(Conv3d)),
}


def instances(cls):
    """Any valid instance of a leaf."""
    strategies = BY_NAME | {name.removeprefix(f"{cls.__name__}."): s for name, s in BY_NAME.items()}
    names = {field.name: field.type for field in fields(cls)}
    return st.builds(
        cls,
        **{n: strategies[n] if n in strategies else BY_TYPE[type_] for n, type_ in names.items()},
    )


def choices(name, value):
    """All values that stand for one value of a field: of a switch, a function, a layer with switches."""
    if isinstance(value, bool):
        return (False, True)
    if isinstance(value, Layer):
        return tuple(variants(value))
    return tuple(ACTIVATION_OPS) if name == "act_fn" else (value,)


def variants(layer):
    """The layer with every choice of every switch."""
    switched = {name: choices(name, value) for name, value in stated(layer).items()}
    for chosen in product(*switched.values()):
        yield evolve(layer, **dict(zip(switched, chosen, strict=True)))


def test_every_layer_is_on_the_page_and_nothing_else_is():
    assert set(LEAF_SECTIONS) == set(LEAVES)
    assert set(COMPOSITE_SECTIONS) == set(COMPOSITES)
    for _, body in LEAF_SECTIONS.values():
        assert "\nSource: " in body


@pytest.mark.parametrize("name", sorted(LEAVES))
@settings(max_examples=50)
@given(data=st.data())
def test_a_leaf_costs_what_its_formula_gives(name, data):
    kind, body = LEAF_SECTIONS[name]
    (rows,) = tables(body)
    for layer in variants(data.draw(instances(LEAVES[name]))):
        names = defined(rows, own(layer))
        assert kind.lower() == layer.kind
        assert {field: names.get(field, 0) for field in asdict(StageCost())} == asdict(layer.cost)


def unwrapped(layer):
    """The layers that decorators wrap; a layer that is none, itself."""
    if isinstance(layer, Passes):
        return [core for variant, _ in layer.repeated for core in unwrapped(variant)]
    return unwrapped(layer.layer) if isinstance(layer, Decorator) else [layer]


def composites(root):
    """Every composite of a tree, the root included."""
    for layer in unwrapped(root):
        if isinstance(layer, Composite):
            yield layer
            for child in layer.children:
                yield from composites(child.layer)


def examples():
    """Composites of every class, with parts that are there and parts that are not."""
    size = {"batch_size": 2, "tokens": 7, "dim": 24, "num_heads": 4, "precision": Precision(bits=3)}
    grouped = {"attention_type": "gqa", "num_kv_heads": 2, "need_cache_kv": True}
    yield SelfAttention(**size, **grouped, position_buckets=5)
    yield CrossAttention(**size, context_tokens=5, image_tokens=3, qk_norm=False)
    yield Mlp(batch_size=2, tokens=7, dim=5, ffn_dim=11, gated=True, borrowed=True)
    video = {"num_frames": 13, "height": 128, "batch_size": 2, "guidance": True}
    for model in ("wan2_1_t2v_1_3b", "wan2_1_i2v_14b", "wan2_1_flf2v_14b"):
        yield configure(model, "wan2-1-ci-tiny", **video).pipeline()
    yield configure(
        "wan2_1_vace_1_3b", "wan2-1-ci-tiny", **video, num_reference_images=1
    ).pipeline()
    yield configure("wan2_1_vace_1_3b", "wan2-1-ci-tiny", transformer="wan2_1_dit_core").pipeline()
    for model, chosen in (
        ("wan2_2_t2v_a14b", {"num_inference_steps": 7}),
        ("wan2_2_t2v_a14b", {"overrides": ["transformer.time_embedding=per_sample"]}),
        ("wan2_2_i2v_a14b", {"num_inference_steps": 3, "high_noise_steps": 0}),
        ("wan2_2_i2v_a14b", {"num_inference_steps": 3, "high_noise_steps": 3}),
        ("wan2_2_ti2v_5b", {}),
        ("wan2_2_ti2v_5b", {"image": True}),
    ):
        run = configure(model, "wan2-1-ci-tiny", **video, **chosen)
        yield run.pipeline(run.scheduled(run.workload))
    vae = VaeSpec(dim=8, decoder_dim=12, z_dim=3, bits=3)
    for patch_size, residual in product((1, 2), (False, True)):
        spec = evolve(vae, patch_size=patch_size, residual=residual)
        yield VaeEncode(spec=spec, batch_size=2, video=(13, 32, 64))
        yield VaeDecode(spec=spec, batch_size=2, latents=(4, 2, 3))


def test_a_composite_has_the_parts_of_its_table_and_keeps_alive_what_it_says():
    met = {name: set() for name in COMPOSITE_SECTIONS}
    for layer in (layer for root in examples() for layer in composites(root)):
        *definitions, parts = tables(COMPOSITE_SECTIONS[type(layer).__name__][1])
        names = own(layer)
        for rows in definitions:
            names = defined(rows, names)
        rows = {row["part"].strip("`"): row for row in parts}
        children = {child.name: child for child in layer.children}
        assert list(children) == [name for name in rows if name in children]
        for name, child in children.items():
            row = rows[name]
            core = type(unwrapped(child.layer)[0]).__name__
            assert core in row["layer"].split(" or ")
            assert child.copies == evaluate(row.get("copies", "1"), names)
            if "calls" in row:
                assert child.layer.calls == evaluate(row["calls"], names)
            if row["held_bytes"].startswith("`"):
                assert child.held_bytes == evaluate(row["held_bytes"], names), (layer, name)
        met[type(layer).__name__] |= set(children)
    for name, (_, body) in COMPOSITE_SECTIONS.items():
        *_, parts = tables(body)
        assert met[name] == {row["part"].strip("`") for row in parts}, name


def test_the_worked_example_is_what_a_pass_costs():
    text = PAGE.partition("## Worked example\n")[2]
    definitions, terms = tables(text)
    names = defined(definitions, {})
    report = meter("wan2_1_t2v_14b", "wan2-1-720p", num_inference_steps=1, guidance=False)
    given = asdict(report.model) | asdict(report.workload)
    assert all(names[name] == value for name, value in given.items() if name in names)
    flops = {}
    for row in terms:
        first, *others = re.findall(r"`(.*?)`", row["rows of the report"])
        paths = [first, *(first.rpartition("/")[0] + other for other in others)]
        flops[first] = evaluate(row["formula"], names)
        assert row["FLOPs"] == f"{flops[first]:,}"
        assert flops[first] == sum(report[f"transformer/{path}"].cost.flops for path in paths)
    total = sum(flops.values())
    assert total == report["transformer"].cost.flops == 6_523_436_592_005_120
    assert names["tokens"] == 75_600
    said = " ".join(text.split())
    assert f"{names['tokens']:,} tokens" in said
    assert f"Their sum is {total:,} FLOPs" in said
    assert f"100 such passes: {100 * total:,}." in said
