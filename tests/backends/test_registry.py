"""Backends by name: built in, or registered by a package; unknown and double names are refused."""

from importlib.metadata import EntryPoint

import pytest
from attrs import evolve

from wanmeter import (
    BackendError,
    LayerBackend,
    UnknownNameError,
    backend_names,
    configure,
    get_backend,
)
from wanmeter.backends import ENTRY_POINT_GROUP, registry


@pytest.fixture
def register(monkeypatch):
    """Register entry points as installed packages would."""

    def install(**values):
        entries = [
            EntryPoint(name=name.rstrip("_"), value=value, group=ENTRY_POINT_GROUP)
            for name, value in values.items()
        ]
        monkeypatch.setattr(registry, "_entries", lambda: tuple(entries))

    return install


def test_the_built_in_backends():
    assert backend_names() == ("shared", "wan2_1")
    assert [get_backend(name).name for name in backend_names()] == ["shared", "wan2_1"]


def test_an_object_is_its_own_answer():
    backend = get_backend("shared")
    assert get_backend(backend) is backend


def test_the_name_of_a_packaged_backend_is_its_own(register):
    """Its numbers would pass for those of the packaged one."""
    impostor = evolve(get_backend("shared"), mlp=lambda spec: None)
    with pytest.raises(BackendError, match="backend 'shared': another backend than the packaged"):
        get_backend(impostor)
    with pytest.raises(BackendError, match="give it a name of its own"):
        configure("wan2_1_t2v_1_3b", layer_impl=impostor)
    renamed = evolve(impostor, name="sparse")
    assert get_backend(renamed) is renamed
    # The same three factories are the same backend.
    same = evolve(impostor, mlp=get_backend("shared").mlp)
    assert get_backend(same) is same


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(UnknownNameError, match="unknown layer_impl 'foo'; known: shared, wan2_1"):
        get_backend("foo")


def test_a_registered_backend_is_found_by_name(register):
    register(third="wanmeter.backends.shared:SHARED")
    assert backend_names() == ("shared", "third", "wan2_1")
    assert isinstance(get_backend("third"), LayerBackend)


def test_a_name_taken_twice_is_refused(register):
    register(shared="wanmeter.backends.shared:SHARED")
    with pytest.raises(BackendError, match="'shared': 2 backends are registered under this name"):
        backend_names()


def test_a_backend_that_cannot_be_loaded_says_why(register):
    register(gone="no_such_module:BACKEND")
    with pytest.raises(BackendError, match="cannot load no_such_module:BACKEND: No module named"):
        get_backend("gone")


def test_a_registered_object_must_be_a_backend(register):
    register(wrong="wanmeter.version:__version__")
    with pytest.raises(BackendError, match="not a LayerBackend"):
        get_backend("wrong")


def test_an_installed_package_is_found(tmp_path, monkeypatch):
    """As the packaging standard has it: a distribution with an entry point, anywhere on the path."""
    info = tmp_path / "sparse-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: sparse\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[wanmeter.backends]\nsparse = sparse_backend:SPARSE\n")
    (tmp_path / "sparse_backend.py").write_text(
        "from attrs import evolve\n"
        "from wanmeter import get_backend\n"
        "SPARSE = evolve(get_backend('shared'), name='sparse')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert backend_names() == ("shared", "sparse", "wan2_1")
    assert get_backend("sparse").name == "sparse"


@pytest.mark.parametrize("name", [5, None])
def test_a_name_is_a_string(name):
    with pytest.raises(UnknownNameError, match=f"unknown layer_impl {name}"):
        get_backend(name)


def test_of_several_the_one_of_that_name_is_loaded(register):
    nothing = {"alpha": "wanmeter.backends:nothing", "gamma": "wanmeter.backends:nothing"}
    register(**nothing, beta="wanmeter.backends.shared:SHARED")
    assert isinstance(get_backend("beta"), LayerBackend)
