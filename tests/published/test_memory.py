"""Every cell of the tables becomes a row, whose overrides are what is predicted."""

from tests.published.made_up import predict
from wanmeter.published import Prediction, official_cells, validate_memory
from wanmeter.published.overrides import overrides


def test_each_row_is_the_cell_and_its_prediction():
    made = validate_memory(predict)
    for cell, row in zip(official_cells(), made.rows, strict=True):
        letters = len(" ".join(overrides(cell)))
        assert (row.id, row.source) == (f"{cell.id}-gib", cell.source)
        assert (row.width, row.height, row.published) == (cell.width, cell.height, cell.gib)
        assert row.overrides == overrides(cell)
        assert (row.low, row.predicted, row.high) == (letters - 1, letters, letters + 1)
    assert made.quantity == "gib"


def test_predictions_are_asked_with_the_overrides_of_each_cell():
    asked = []
    validate_memory(asked.append)
    assert asked == [overrides(cell) for cell in official_cells()]


def test_each_cell_is_told_before_it_is_predicted():
    told = []
    validate_memory(lambda overrides: None, starting=lambda cell, every: told.append((cell, every)))
    ids = [cell.id for cell in official_cells()]
    assert told == [(each, ids) for each in ids]


def test_a_model_that_is_not_covered_has_rows_without_a_prediction():
    """Here all but those on H20."""

    def some(overrides):
        return predict(overrides) if "device=h20_96gb" in overrides else None

    made = validate_memory(some)
    assert [row.covered for row in made.rows] == [row.gpu == "H20" for row in made.rows]
    assert made.statistics["known"].rows == sum(cell.gpu == "H20" for cell in official_cells())


def test_perfect_predictions_have_no_error():
    published = {overrides(cell): cell.gib for cell in official_cells()}

    def perfect(overrides):
        gib = published[tuple(overrides)]
        return Prediction(predicted=gib, low=gib, high=gib, phase="denoise")

    statistics = validate_memory(perfect).statistics
    assert statistics["known"] == statistics["blind"] == statistics["band"]
    assert (statistics["known"].exact, statistics["known"].largest_absolute) == (70, 0.0)


def test_estimates_are_as_near_as_is_said():
    """As near as the documentation says; where the choice of workspace changes nothing, nearer."""
    statistics = validate_memory().statistics
    assert statistics["known"].rows == statistics["band"].rows == 70
    assert statistics["known"].mean_absolute <= 0.4 / 100
    assert statistics["known"].largest_absolute <= 2 / 100
    assert statistics["blind"].largest_absolute <= 0.3 / 100
    assert statistics["band"].largest_absolute <= 1 / 100
