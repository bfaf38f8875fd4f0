"""What holds for every report."""

from wanmeter import StageCost


def children_of(parent, modules):
    """The rows directly below a row."""
    return [row for row in modules if row.path.rpartition("/")[0] == parent.path]


def parents_are_what_their_children_give(modules):
    """A row without children is an operator; any other is the sum of its children, held bytes included."""
    for parent in modules:
        children = children_of(parent, modules)
        if not children:
            assert parent.kind is not None, parent.path
            continue
        assert parent.kind is None, parent.path
        held = (row.cost.holding(row.held_bytes) for row in children)
        assert parent.cost == sum(held, StageCost()), parent.path
