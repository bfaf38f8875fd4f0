"""Made-up rows and predictions."""

from hypothesis import strategies as st

from wanmeter.published import Prediction, Row

GIB = st.floats(2**-10, 2**20)


def row(published=10.0, predicted=None, low=None, high=None, number=0):
    """A row of these numbers; without a prediction it is not covered."""
    return Row(
        id=f"row-{number}",
        model="model",
        task="t2v",
        gpu="GPU",
        n_gpus=1,
        width=1280,
        height=720,
        num_frames=81,
        overrides=("model=model",),
        source="a table",
        published=published,
        predicted=predicted,
        low=low,
        high=high,
        phase=None if predicted is None else "denoise",
    )


@st.composite
def covered(draw, number=0):
    """A row whose prediction is within its band."""
    low, predicted, high = sorted(draw(st.tuples(GIB, GIB, GIB)))
    return row(draw(GIB), predicted, low, high, number)


@st.composite
def many(draw, least=0):
    """Rows, some of them not covered."""
    count = draw(st.integers(least, 12))
    kinds = [covered(number) if draw(st.booleans()) else None for number in range(count)]
    return [row(number=i) if each is None else draw(each) for i, each in enumerate(kinds)]


def predict(overrides):
    """Predicts a GiB for each letter: nothing in particular, but something else for each run."""
    letters = float(len(" ".join(overrides)))
    return Prediction(predicted=letters, low=letters - 1, high=letters + 1, phase="vae_decode")
