"""Any input gives a valid answer or one clear error, without side effects.

Some inputs of each kind by default; `nox -s fuzz` tries 10,000 of each.
"""

import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st
from omegaconf import OmegaConf

from tests.hostile import inputs
from tests.hostile.guard import CANARY, SECRET, watched
from wanmeter import (
    DocumentError,
    Report,
    WanmeterError,
    Workload,
    configure,
    load_model_dir,
    meter,
    structure,
)
from wanmeter.cli.ending import MAX_ERROR_CHARACTERS
from wanmeter.cli.main import main
from wanmeter.documents import MAX_BYTES
from wanmeter.errors import printable
from wanmeter.verify import verify
from wanmeter.verify.json_text import to_json
from wanmeter.verify.reading import read_verification

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

INPUTS = int(os.environ.get("WANMETER_INPUTS", "50"))

hostile = settings(
    max_examples=INPUTS,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.large_base_example,
        HealthCheck.filter_too_much,
    ],
)


@pytest.fixture(autouse=True)
def so_many(request):
    """As many inputs as wanted were tried, even if strategies discard some."""
    before = tried.total()
    yield
    if hasattr(request.function, "hypothesis"):
        assert tried.total() - before >= INPUTS


tried = Counter()


def outcome(call, *, allowed=(), environment=False):
    """What a call gives, or the error that it was refused with: one of ours, in one line that is short."""
    tried["inputs"] += 1
    with watched(allowed=allowed, environment=environment):
        try:
            answer = call()
        except WanmeterError as error:
            refused = str(error)
            event(type(error).__name__)
        else:
            event("answered")
            return answer
    assert refused
    assert environment or SECRET not in refused
    assert len(refused) < 100_000
    return None


def check_report(report, text=None, *, environment=False):
    """A valid answer: exact ints, parents that are their children's sums, and the same again."""
    text = text or report.to_json()
    again = Report.from_json(text)
    assert again == report
    assert environment or SECRET not in text


@given(overrides=inputs.overrides)
@hostile
def test_overrides(overrides):
    def call():
        return CliRunner().invoke(main, ["dump", "--", *overrides], prog_name="wanmeter")

    done = outcome(call, environment=True)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    assert done.exit_code in (0, 2)
    if done.exit_code == 0:
        assert done.stderr == ""
        check_report(Report.from_json(done.stdout), done.stdout, environment=True)
    else:
        assert done.stdout == ""
        assert done.stderr.startswith("Error: ")
        assert done.stderr.count("\n") == 1
        assert len(done.stderr) < MAX_ERROR_CHARACTERS + 50
        assert printable(done.stderr[:-1]) == done.stderr[:-1]


@given(
    configuration=inputs.configurations, wrapped=st.sets(st.sampled_from(sorted(inputs.SECTIONS)))
)
@hostile
def test_configurations_of_a_python_program(configuration, wrapped):
    for section in wrapped & set(configuration):
        # What OmegaConf does not take stays as it is.
        with contextlib.suppress(Exception):
            configuration[section] = OmegaConf.create(configuration[section])
    run = outcome(lambda: structure(configuration), environment=True)
    if run is not None:
        check_report(Report.of(run), environment=True)


@st.composite
def yaml_files(draw):
    """A configuration as a YAML file of another application."""
    configuration = draw(inputs.edited(inputs.CONFIGURATION, inputs.values))
    try:
        text = yaml.safe_dump(json.loads(json.dumps(configuration)))
    except (ValueError, yaml.YAMLError):  # what YAML cannot say
        text = ""
    lines = text.splitlines()
    return "\n".join([*lines, draw(st.sampled_from(("", "", *inputs.YAML)))])


def as_applications_read(text):
    """A YAML file as each reader that takes it reads it: wanmeter itself reads none."""
    for read in (yaml.safe_load, OmegaConf.create):
        try:
            yield read(text)
        except Exception:
            event("refused by the application's reader")


@given(text=yaml_files())
@hostile
def test_configuration_files(text):
    configurations = list(as_applications_read(text))
    assume(configurations)  # what an application's reader refuses never comes to us: no input
    for configuration in configurations:
        run = outcome(
            lambda configuration=configuration: structure(configuration), environment=True
        )
        if run is not None:
            check_report(Report.of(run), environment=True)


@given(data=st.data())
@hostile
def test_model_directories(data):
    root = Path(tempfile.mkdtemp())
    try:
        folder = data.draw(inputs.model_folders(root))
        files = [folder / name for name in ("config.json", "model_index.json")]
        files += [folder / part / "config.json" for part in ("transformer", "text_encoder")]
        files += [folder / part / "config.json" for part in ("image_encoder", "vae")]
        model = outcome(lambda: load_model_dir(folder), allowed=files)
        if model is not None:
            run = outcome(lambda: configure(model, "wan2-1-ci-tiny"))
            if run is not None:
                check_report(Report.of(run))
    finally:
        shutil.rmtree(root)


@given(text=inputs.documents(inputs.REPORT))
@hostile
def test_reports(text):
    report = outcome(lambda: Report.from_json(text))
    if report is not None:
        # Nothing was misread: what was read says the very same.
        assert json.loads(report.to_json()) == json.loads(text)
        check_report(report)


@pytest.mark.parametrize("piece", ["[]", "{}", '{"a":{}}', "1", '"a"', "[" * 500 + "]" * 500])
def test_as_much_as_is_read_takes_neither_long_nor_much_memory(tmp_path, piece):
    path = tmp_path / "report.json"
    path.write_text(
        '{"schema": [' + ",".join([piece] * (MAX_BYTES // (len(piece) + 1) - 20)) + "]}"
    )
    with pytest.raises(DocumentError, match="not a report"), watched(allowed=[path]):
        Report.from_file(path)


RUN = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=["transformer"])
VERIFICATION = json.loads(to_json(verify(RUN, targets=["core"], layer_impls=["shared", "wan2_1"])))


@given(text=inputs.documents(VERIFICATION))
@hostile
def test_verifications(text):
    with tempfile.NamedTemporaryFile() as file:
        file.write(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        file.flush()
        path = Path(file.name)
        verification = outcome(lambda: read_verification(path, RUN), allowed=[path])
    if verification is not None:
        # But for the tables beside the checks: they are for people, and are not taken from a file.
        said, read = json.loads(text), json.loads(to_json(verification))
        for section in (*said["sections"], *read["sections"]):
            del section["tables"]
        assert read == said


@given(fields=inputs.workloads)
@hostile
def test_workloads(fields):
    def call():
        return meter("wan2_1_vace_1_3b", "wan2-1-ci-tiny", **fields)

    report = outcome(call)
    if report is not None:
        check_report(report)
        other = meter("wan2_1_vace_1_3b", "wan2-1-ci-tiny", "wan2_1", **fields)
        assert other.to_json(provenance=False) == report.to_json(provenance=False)


@given(fields=inputs.workloads)
@hostile
def test_workloads_made_by_hand(fields):
    whole = {"num_frames": 5, "height": 256, "width": 256, "num_inference_steps": 1} | fields
    whole.pop("steps", None)  # Python's own TypeError: the call would be wrong, not a value
    workload = outcome(lambda: Workload(**whole))
    if workload is not None:
        assert all(type(getattr(workload, name)) in (int, bool) for name in inputs.FIELDS)


def test_the_guard_sees_what_it_is_there_to_see(tmp_path):
    """A guard that cannot fail guards nothing."""
    (tmp_path / "named").write_text("a")
    offences = [
        lambda: (tmp_path / "written").write_text("a"),
        lambda: (tmp_path / "named").read_text(),
        lambda: Path("/etc/passwd").read_text(),
        lambda: subprocess.run(["true"], check=True),
        lambda: os.system("true"),
        lambda: (tmp_path / "folder").mkdir(),
        lambda: eval(f"'{CANARY}'"),
        lambda: OmegaConf.to_container(
            OmegaConf.create({"a": f"${{oc.env:{CANARY}}}"}), resolve=True
        ),
    ]
    for offence in offences:
        with pytest.raises(AssertionError), watched():
            offence()
    with watched(allowed=[tmp_path / "named"]):
        (tmp_path / "named").read_text()
