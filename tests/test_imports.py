"""The architecture: what imports what, how large modules are, what names Wan, and what stays unloaded."""

import ast
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import wanmeter

PACKAGE = Path(wanmeter.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the bottom up: a module imports only from its own layer or from the layers before it.
LAYERS = [
    ["errors", "arithmetic", "version"],
    ["units", "notebook", "terminal", "validators", "json_input", "records", "documents"],
    ["conventions"],
    ["cost"],
    ["layers"],
    ["backends"],
    ["models"],
    ["symbolic"],
    ["configs"],
    ["hardware"],
    ["naming"],
    ["structuring"],
    ["keys"],
    ["composition"],
    ["configuring"],
    ["model_folder"],
    ["execution"],
    ["report"],
    ["estimation"],
    ["sweeping"],
    ["api"],
    ["verify"],
    ["published"],
    ["calibration"],
    ["render"],
    ["cli"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# Within the models: what families share, then the families, then what knows them all.
MODEL_LAYERS = [
    ["workload", "geometry", "config_file", "transformer_options", "official_run"],
    ["components/specs"],
    ["element_sizes", "settings"],
    ["pipeline"],
    ["reference"],
    ["components"],
    ["family"],
    ["wan2_1"],
    ["wan2_2"],
    ["registry"],
    ["run"],
]


def layer_of(dotted):
    return dotted.split(".")[1] if "." in dotted else None


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module


def name_of(path):
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(("wanmeter", *parts)).removesuffix(".__init__")


PATHS = {name_of(path): path for path in MODULES}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downward(path):
    name = name_of(path)
    if name in ("wanmeter", "wanmeter.__main__"):
        pytest.skip("the two entrances stand above everything")
    for imported in imports_of(path):
        if imported.split(".")[0] == "wanmeter":
            assert LEVEL[layer_of(imported)] <= LEVEL[layer_of(name)], f"{name} imports {imported}"


def level_in_models(dotted):
    """The layer of a module within `models`; `None` for the package itself, which is above all."""
    inner = dotted.removeprefix("wanmeter.models.").replace(".", "/")
    levels = [
        (len(prefix), level)
        for level, prefixes in enumerate(MODEL_LAYERS)
        for prefix in prefixes
        if inner == prefix or inner.startswith(f"{prefix}/")
    ]
    return max(levels)[1]  # the longest prefix says most


def test_families_know_nothing_that_knows_families():
    for name, path in PATHS.items():
        if name.startswith("wanmeter.models."):
            for imported in imports_of(path):
                if imported.startswith("wanmeter.models"):
                    assert imported != "wanmeter.models", name
                    assert level_in_models(imported) <= level_in_models(name), (name, imported)


def test_there_are_no_circles():
    """Not even under `TYPE_CHECKING`."""
    graph = {
        name: {each for each in imports_of(path) if each in PATHS} for name, path in PATHS.items()
    }
    assert len(list(TopologicalSorter(graph).static_order())) == len(PATHS)


WAN = re.compile(r"(?i:(?<![a-z])wan(?![a-z]))|Wan[A-Z0-9]")
"""The family's name, as a word or at the head of one; the project's own is another."""


@pytest.mark.parametrize("text", ["Wan2.1", "wan2_1", "WanModel", "a wan", "WAN", "wan.blocks"])
def test_the_families_name_is_found(text):
    assert WAN.search(text)


@pytest.mark.parametrize("text", ["wanmeter", "wanted", "wants", "swan", "WanmeterError"])
def test_other_words_are_not_it(text):
    assert not WAN.search(text)


def said_by(path):
    """All names and strings of a module, but for docstrings, and what the command line's help shows."""
    tree = ast.parse(path.read_text())
    left_out = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for each in body if isinstance(body, list) else ():
            if isinstance(each, ast.Expr) and isinstance(each.value, ast.Constant):
                left_out.add(id(each.value))  # of a module, class, function, or of a name above it
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "EXAMPLES":
            left_out.add(id(node.value))
    for node in ast.walk(tree):
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if text and id(node) not in left_out:
            yield node.value
        for field in ("id", "name", "attr", "arg", "module", "asname"):
            if isinstance(value := getattr(node, field, None), str):
                yield value


OWN_ROOMS = ("models", "backends", "configs", "published")
"""Families live in the first three; what others published about them is in the last."""


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if layer_of(name_of(p)) not in OWN_ROOMS],
    ids=name_of,
)
def test_only_its_own_rooms_name_wan(path):
    """So that other families can be added: what is particular to one is behind `Family`."""
    assert not [text for text in said_by(path) if WAN.search(text)]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.jinja")), ids=lambda path: path.name)
def test_pages_name_no_family(path):
    assert not WAN.search(path.read_text())


CLOSED_FORMS = sorted((PACKAGE / "backends" / "wan2_1").glob("*.py"))


def test_the_backends_do_not_know_each_other():
    shared = set(imports_of(PACKAGE / "backends" / "shared.py"))
    assert not any(name.startswith("wanmeter.backends.wan2_1") for name in shared)
    for path in CLOSED_FORMS:
        assert "wanmeter.backends.shared" not in set(imports_of(path)), path


def test_the_closed_forms_use_no_primitive():
    """Their agreement with the composed layers is evidence only while they share no formula."""
    assert CLOSED_FORMS
    definitions = {
        f"wanmeter.layers.{name}" for name in ("base", "operator", "precision", "shapes")
    }
    for path in CLOSED_FORMS:
        layers = {name for name in imports_of(path) if name.startswith("wanmeter.layers")}
        assert layers <= definitions, path


NUMERIC = {
    "numpy": [PACKAGE / "sweeping"],
    "pyarrow": [PACKAGE / "sweeping"],
    "pandas": [PACKAGE / "sweeping" / "rows.py"],
    "sympy": [PACKAGE / "symbolic" / name for name in ("formula.py", "latex.py")],
}
"""Where what the extra `sweep` brings is needed, and what takes its columns."""


def test_torch_stays_in_verify_and_calibration_and_hydra_in_composition():
    calibration = PACKAGE / "calibration" / "real.py"
    for path in MODULES:
        roots = {name.split(".")[0] for name in imports_of(path)}
        if roots & {"torch", "diffusers", "transformers", "PIL"}:
            assert path.is_relative_to(PACKAGE / "verify" / "real") or path == calibration, path
        if "matplotlib" in roots:
            assert path.is_relative_to(PACKAGE / "render" / "figures"), path
        if "jinja2" in roots:
            assert path == PACKAGE / "render" / "page" / "render.py", path
        if "hydra" in roots:
            assert path == PACKAGE / "composition.py", path
        for root in roots & set(NUMERIC):
            assert any(map(path.is_relative_to, NUMERIC[root])), path


def test_modules_are_short():
    for path in MODULES:
        assert len(path.read_text().splitlines()) <= 300, path


def test_importing_every_public_name_loads_nothing_heavy():
    use = "[getattr(wanmeter, name) for name in wanmeter.__all__]"
    script = f"import json, sys, wanmeter; {use}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert not loaded & {
        "pyarrow",
        "sympy",
        "hydra",
        "omegaconf",
        "rich",
        "numpy",
        "torch",
        "matplotlib",
        "cattrs",
        "click",
        "yaml",
    }


def test_importing_the_library_loads_nothing_of_it():
    script = "import json, sys, wanmeter; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    ours = [name for name in json.loads(done.stdout) if name.startswith("wanmeter.")]
    assert ours == []


def test_public_names_are_sorted_and_exist():
    names = wanmeter.__all__
    assert len(names) == len(set(names))
    assert all(hasattr(wanmeter, name) for name in names)
