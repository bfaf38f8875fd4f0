"""`Algebra`: the variables that expressions share, with their numbers, names and lower bounds."""

from wanmeter.symbolic.bounds import LowerBounds
from wanmeter.symbolic.polynomial import Floor, Polynomial, Symbol, Variable


class Algebra:
    """The variables of some expressions. Expressions of different algebras do not combine."""

    def __init__(self) -> None:
        """Start without variables."""
        self.variables: list[Variable] = []
        self.bounds = LowerBounds(self.variables)
        self._names: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, variable: Variable) -> int:
        """The number of a variable; a new variable is added."""
        name = self._name(variable)
        if name not in self._numbers:
            self._numbers[name] = len(self.variables)
            self._names.append(name)
            self.variables.append(variable)
        return self._numbers[name]

    def written(self, terms: Polynomial) -> str:
        """A polynomial as text. Equal polynomials have equal texts."""
        products = (
            "*".join([str(count), *(self._names[number] for number in monomial)])
            for monomial, count in sorted(terms.items())
        )
        return " + ".join(products) or "0"

    def _name(self, variable: Variable) -> str:
        """The text of a variable. Variables are equal if their texts are."""
        if isinstance(variable, Symbol):
            return variable.name
        if isinstance(variable, Floor):
            return f"(({self.written(variable.dividend)}) // {variable.divisor})"
        return f"max({', '.join(map(self.written, variable.options))})"
