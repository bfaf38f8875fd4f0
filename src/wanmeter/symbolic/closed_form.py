"""Closed forms: the cost of a pipeline, derived by evaluating its layers' own formulas on symbols."""

from attrs import frozen

from wanmeter.cost import COUNTS, StageCost
from wanmeter.errors import ClosedFormError, WanmeterError
from wanmeter.layers import Visit, walk
from wanmeter.models import Geometry, Run
from wanmeter.symbolic.algebra import Algebra
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

    @property
    def stages(self) -> tuple[Visit, ...]:
        """The rows of the stages."""
        return tuple(row for row in self.modules if not row.depth)


def derive(run: Run, regime: Regime) -> ClosedForm:
    """The closed form of a run in one regime, whatever the run's workload.

    Raises:
        ClosedFormError: a formula branches on the workload, or leaves the arithmetic of
            `wanmeter.arithmetic`. No packaged layer does.
    """
    algebra = Algebra()
    try:
        pipeline = run.pipeline(regime.workload(algebra, run.geometry))
        return ClosedForm(
            regime=regime,
            geometry=run.geometry,
            algebra=algebra,
            total=pipeline.cost,
            modules=tuple(walk(pipeline)),
        )
    except ClosedFormError:
        raise
    except WanmeterError as error:
        raise ClosedFormError(f"{run.layer_impl.name} refuses symbols: {error}") from error
    except Exception as error:  # a third party's layers may raise anything if a count is no int
        raise ClosedFormError(f"{type(error).__name__}: {error}") from error


def expressions(cost: StageCost) -> list[Whole]:
    """The fields of a cost, as expressions."""
    return [getattr(cost, name) for name in COUNTS]
