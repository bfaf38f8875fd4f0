"""`verify`: compares a run's numbers with the real models', target by target."""

from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from typing import Unpack

from attrs import evolve

from wanmeter.backends import LayerBackend
from wanmeter.configuring import Configuration, Model, configure
from wanmeter.errors import InvalidValueError, MeasurementError, MissingExtraError, UnknownNameError
from wanmeter.models import Workload
from wanmeter.verify.consistency import consistency_section
from wanmeter.verify.costed_run import CostedRun, one_pass
from wanmeter.verify.environment import environment
from wanmeter.verify.verification import Section, Verification

COMPONENT_OF = {
    "layers": "transformer",
    "text-encoder": "text_encoder",
    "image-encoder": "image_encoder",
    "vae": "vae",
}
"""The targets that compare modules, and the component that each looks at."""

TARGETS = (
    "layers",
    "end2end",
    "core",
    "text-encoder",
    "image-encoder",
    "vae",
    "io",
    "memory",
    "execution",
)
"""All targets, in the order of `all`."""

NEEDED = ("torch", "diffusers", "transformers", "ftfy")
"""What every target but `core` needs: the packages of the extra `verify`."""


def verify(
    model: Model | None = None,
    workload: str | Workload | None = None,
    layer_impl: str | LayerBackend | None = None,
    *,
    targets: Iterable[str] = TARGETS,
    layer_impls: Sequence[str] = (),
    starting: Callable[[str, Sequence[str]], object] = lambda target, every: None,
    **configuration: Unpack[Configuration],
) -> Verification:
    """Compare what a run costs with what the real models do, on the meta device.

    Args:
        model: as in `wanmeter.configure`.
        workload: as in `wanmeter.configure`.
        layer_impl: as in `wanmeter.configure`.
        targets: names from `TARGETS`.
        layer_impls: names of the backends to compare; the run's own if left out.
        starting: is called before each target, with all of them.
        configuration: further arguments of `wanmeter.configure`.

    Raises:
        UnknownNameError: a target or a backend that does not exist.
        InvalidValueError: the run has none of the targets' stages.
        MissingExtraError: the real models' packages are not installed, or too old.
        MeasurementError: the real models cannot run this.
    """
    chosen = tuple(targets)
    for target in chosen:
        if type(target) is not str or target not in TARGETS:
            raise UnknownNameError("target", target, TARGETS)
    run = configure(model, workload, layer_impl, **configuration)
    missing = tuple(name for name in NEEDED if find_spec(name) is None)
    if missing and set(chosen) - {"core"}:
        raise MissingExtraError("verification", missing, "verify")
    runs = [evolve(run, layer_impl=name) for name in layer_impls] or [run]
    costed = [CostedRun.of(each) for each in runs]
    try:
        sections = tuple(_sections(chosen, costed, starting))
    except ImportError as error:  # the installed version is too old
        raise MissingExtraError("verification", NEEDED, "verify") from error
    except RuntimeError as error:  # torch cannot create tensors of these shapes
        raise MeasurementError(str(error).splitlines()[0]) from error
    if all(section.absent for section in sections):
        present = (
            f"targets of the run's stages: {', '.join(row.path for row in costed[0].report.stages)}"
        )
        raise InvalidValueError("target", ", ".join(chosen), present)
    return Verification(
        run=run,
        layer_impls=tuple(each.layer_impl for each in costed),
        sections=sections,
        environment=environment(),
    )


def _sections(
    targets: Sequence[str],
    costed: Sequence[CostedRun],
    starting: Callable[[str, Sequence[str]], object],
) -> Iterable[Section]:
    if set(targets) <= {"core"}:
        for target in targets:
            starting(target, targets)
            yield consistency_section(target, costed)
        return
    starting(targets[0], targets)
    # Slow to import, and not needed for `core`.
    from wanmeter.verify.execution import execution_section
    from wanmeter.verify.flops_and_params import end_to_end_section, modules_section
    from wanmeter.verify.memory import memory_section
    from wanmeter.verify.real.measure import RealRun
    from wanmeter.verify.real.traced_run import TracedRun
    from wanmeter.verify.traffic import traffic_section

    run = costed[0].run
    real, traced = RealRun(run), TracedRun(one_pass(run))
    for target in targets:
        starting(target, targets)
        if component := COMPONENT_OF.get(target):
            present = (row.path for row in costed[0].report.stages)
            stages = [stage for stage in present if run.component(stage) == component]
            if stages:
                yield modules_section(target, stages, costed, real)
            else:
                note = f"{run.model.name} has none in this run"
                yield Section(name=target, note=note, absent=True)
        elif target == "end2end":
            yield end_to_end_section(target, costed, real)
        elif target == "core":
            yield consistency_section(target, costed)
        elif target == "io":
            yield traffic_section(target, costed, traced)
        elif target == "memory":
            yield memory_section(target, costed, traced)
        else:
            yield execution_section(target, costed, traced)
