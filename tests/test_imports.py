"""The architecture: what imports what, how large modules are, and what stays unloaded."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import wanmeter

PACKAGE = Path(wanmeter.__file__).parent
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the bottom up: a module imports only from its own layer or from the layers before it.
LAYERS = [
    ["errors", "arithmetic", "version"],
    ["validation", "json_input", "documents"],
    ["cost", "conventions"],
    ["layers"],
    ["backends"],
    ["wan"],
    ["configs", "options", "config"],
    ["composition"],
    ["model_dir"],
    ["report"],
    ["metering"],
    ["closed_form"],
    ["verify"],
    ["figures"],
    ["page"],
    ["cli"],
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}


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
    return ".".join(("wanmeter", *parts))


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_point_downward(path):
    name = name_of(path)
    if name in ("wanmeter.__init__", "wanmeter.__main__"):
        pytest.skip("the two entrances stand above everything")
    for imported in imports_of(path):
        if imported.split(".")[0] == "wanmeter":
            assert LEVEL[layer_of(imported)] <= LEVEL[layer_of(name)], f"{name} imports {imported}"


CLOSED_FORMS = sorted((PACKAGE / "backends" / "wan2_1").glob("*.py"))


def test_the_backends_do_not_know_each_other():
    shared = set(imports_of(PACKAGE / "backends" / "shared.py"))
    assert not any(name.startswith("wanmeter.backends.wan2_1") for name in shared)
    for path in CLOSED_FORMS:
        assert "wanmeter.backends.shared" not in set(imports_of(path)), path


def test_the_closed_forms_use_no_primitive():
    """Their agreement with the composed layers is evidence only while they share no formula."""
    assert CLOSED_FORMS
    for path in CLOSED_FORMS:
        layers = {name for name in imports_of(path) if name.startswith("wanmeter.layers")}
        assert layers <= {"wanmeter.layers.base"}, path


NUMERIC = {"numpy": ("axes", "sweep", "files"), "pyarrow": ("files",), "sympy": ("formula",)}
"""Which modules of `closed_form` need what the extra `sweep` brings."""


def test_torch_stays_in_verify_and_hydra_in_composition():
    for path in MODULES:
        roots = {name.split(".")[0] for name in imports_of(path)}
        if roots & {"torch", "diffusers", "transformers", "PIL"}:
            assert path.is_relative_to(PACKAGE / "verify" / "real"), path
        if "matplotlib" in roots:
            assert path.is_relative_to(PACKAGE / "figures"), path
        if "jinja2" in roots:
            assert path == PACKAGE / "page" / "render.py", path
        if "hydra" in roots:
            assert path == PACKAGE / "composition.py", path
        for root in roots & {"numpy", "pyarrow", "sympy"}:
            assert path.stem in NUMERIC[root], path


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
