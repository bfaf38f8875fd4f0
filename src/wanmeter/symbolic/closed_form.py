"""Closed forms: the cost of a pipeline, derived by evaluating its layers' own formulas on symbols."""

from attrs import frozen

from wanmeter.cost import COUNTS, StageCost
from wanmeter.errors import ClosedFormError, WanmeterError
from wanmeter.layers import Layer, Visit, walk
from wanmeter.models import Geometry, Run
from wanmeter.symbolic.algebra import Algebra
from wanmeter.symbolic.dimensions import check, in_symbols
from wanmeter.symbolic.expression import Whole
from wanmeter.symbolic.regimes import Regime


@frozen(kw_only=True)
class ClosedForm:
    """The cost of a pipeline in one regime, module by module, as expressions in the symbols."""

    regime: Regime
    geometry: Geometry
    algebra: Algebra
    total: StageCost
    modules: tuple[Visit, ...]

    def __repr__(self) -> str:
        return f"<ClosedForm of {', '.join([stage.path for stage in self.stages])}; {self.regime}>"

    @property
    def stages(self) -> tuple[Visit, ...]:
        """The rows of the stages."""
        return tuple(row for row in self.modules if not row.depth)


def derive(run: Run, regime: Regime, *, dimensions: bool = False) -> ClosedForm:
    """The closed form of a run in one regime, whatever the run's workload.

    With `dimensions`, those of the model's transformers are symbols too.

    Raises:
        InvalidValueError: with `dimensions`, the run has other stages or a third party's layers.
        ClosedFormError: a formula branches on the workload, or leaves the arithmetic of
            `wanmeter.arithmetic`. No packaged layer does.
    """
    algebra = Algebra()
    pipeline: Layer | None = None
    if dimensions:
        check(run)
        run = in_symbols(run, algebra)
    try:
        pipeline = run.pipeline(regime.workload(algebra, run.geometry))
        return ClosedForm(
            regime=regime,
            geometry=run.geometry,
            algebra=algebra,
            total=pipeline.cost,
            modules=tuple(walk(pipeline)),
        )
    except ClosedFormError as error:
        problem = error.problem
        cause: Exception = error
    except WanmeterError as error:
        problem, cause = f"{run.layer_impl.name} refuses symbols: {error}", error
    except Exception as error:  # a third party's layers may raise anything if a count is no int
        problem, cause = f"{type(error).__name__}: {error}", error
    where = "" if pipeline is None else _culprit(pipeline)
    raise ClosedFormError(f"{where}: {problem}" if where else problem) from cause


def _culprit(layer: Layer, path: str = "") -> str:
    """The path of the part in which a cost fails: the deepest whose own parts do not."""
    try:
        children = layer.children
    except Exception:  # it is this layer that fails, with whatever it raises
        return path
    for child in children:
        try:
            _ = child.layer.cost
        except Exception:
            return _culprit(child.layer, f"{path}/{child.name}" if path else child.name)
    return path


def expressions(cost: StageCost) -> list[Whole]:
    """The fields of a cost, as expressions."""
    return [getattr(cost, name) for name in COUNTS]
