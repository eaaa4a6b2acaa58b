"""The fuzzing process itself, which libFuzzer ends without a word to Python; `python -m tests.fuzz` starts it."""

import logging
import sys

import atheris

with atheris.instrument_imports(include=["ocpp_sdk"]):
    import structlog

    from tests.fuzz.targets import TARGETS


def one_input(data: bytes) -> None:
    """Two bytes choose target and variant, the others are what it gets."""
    if len(data) > 2:
        TARGETS[data[0] % len(TARGETS)](data[2:], data[1])


def _drop(*_: object) -> str:
    raise structlog.DropEvent


if __name__ == "__main__":
    structlog.configure(processors=[_drop])
    logging.disable()
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
