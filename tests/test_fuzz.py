"""A short run of `make fuzz`, and that it can find what it is for."""

from __future__ import annotations

import pytest

from fuzz import __main__ as fuzzing
from fuzz.__main__ import SUBJECTS, Fuzz
from fuzz.subject import CANARY, Subject, simply

SECONDS = 10.0


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_odd_inputs_find_nothing() -> None:
    fuzz = Fuzz(SUBJECTS, seed=1)
    fuzz.run(SECONDS)
    assert fuzz.found == []
    assert fuzz.tried.keys() == {"metadata", "agent answers", "configuration", "requests", "PromQL answers"}


def _raising(data: bytes) -> str:
    raise KeyError(len(data))


def _telling(data: bytes) -> str:
    return f"cannot use {CANARY}: {len(data)}"


def _quadratic(data: bytes) -> str:
    return str(sum(range(len(data) ** 2 // 100)))


def test_what_does_not_end_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(data: bytes) -> str:
        while data:
            pass
        return ""

    monkeypatch.setattr(fuzzing, "LONGEST", 0.1)
    fuzz = Fuzz((Subject("x", (b"a" * 40,), simply(endless), grows=False),), seed=1)
    fuzz.run(0.5)
    assert "does not end" in fuzz.found[0]


@pytest.mark.parametrize(
    ("read", "what"), [(_raising, "KeyError"), (_telling, "shows a secret"), (_quadratic, "65536 bytes")]
)
def test_what_it_is_for_is_found(read: object, what: str) -> None:
    fuzz = Fuzz((Subject("x", (b"a" * 40,), simply(read)),), seed=1)  # type: ignore[arg-type]
    fuzz.run(2.0)
    assert any(what in line for line in fuzz.found)


def test_expected_exceptions_are_no_finding_and_the_same_seed_gives_the_same_inputs() -> None:
    seen: list[bytes] = []

    def read(data: bytes) -> str:
        seen.append(data)
        raise KeyError

    def tried(number: int) -> list[bytes]:
        seen.clear()
        fuzz = Fuzz((Subject("x", (b"abc", b"def"), simply(read), (KeyError,), grows=False),), seed=1)
        moments = iter(range(number))
        fuzz.run(number - 2, clock=lambda: float(next(moments)))
        assert fuzz.found == []
        return seen[:]

    assert tried(30) == tried(30)
    assert len(set(tried(30))) > 10
