"""The JSON readers under atheris: `python -m tests.hostile.readers [libFuzzer options] CORPUS`.

The corpus begins with documents that are right: mutations of these get past the first check.
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["wanmeter"]):
    from wanmeter import Report, WanmeterError, configure, meter
    from wanmeter.documents import MAX_BYTES
    from wanmeter.json_input import parse_object
    from wanmeter.verify import verify
    from wanmeter.verify.json_text import to_json
    from wanmeter.verify.reading import read_verification

RUN = configure("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=["transformer"])


def read(path: Path, data: bytes) -> None:
    """Read an input by each reader; what is accepted must say the very same again."""
    try:
        report = Report.from_json(data, where="input")
    except WanmeterError as error:
        _check(error)
    else:
        again = Report.from_json(report.to_json())
        if again != report or _objects(report.to_json()) != _objects(data):
            raise AssertionError("misread")
    path.write_bytes(data)
    try:
        read_verification(path, RUN)
    except WanmeterError as error:
        _check(error)


def _objects(text: str | bytes) -> object:
    return parse_object(text, where="input", limit=MAX_BYTES, blame=lambda *_: WanmeterError())


def _check(error: WanmeterError) -> None:
    if not 0 < len(str(error)) < 100_000:
        raise AssertionError("an error that says nothing, or too much")


def main() -> None:
    """Make the first inputs, and fuzz."""
    corpus = Path(sys.argv[-1])
    report = meter("wan2_1_t2v_1_3b", "wan2-1-ci-tiny", stages=["transformer"])
    (corpus / "report").write_text(report.to_json())
    verification = to_json(verify(RUN, targets=["core"], layer_impls=["shared", "wan2_1"]))
    (corpus / "verification").write_text(verification)
    path = corpus.parent / "input.json"
    atheris.Setup(sys.argv, lambda data: read(path, data))
    atheris.Fuzz()


if __name__ == "__main__":
    main()
