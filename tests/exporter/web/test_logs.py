"""One message, one line, whatever is in it."""

from __future__ import annotations

import contextlib
import json
import logging
import re
import shlex
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.web import logs
from exporter.web.logs import FORMATS, Burst, Json, Logfmt, configure_logging, hide

if TYPE_CHECKING:
    from collections.abc import Iterator

HOSTILE = (
    'guest\ntime=2031-01-01T00:00:00.000Z level=ERROR msg="forged" a=\x1b[31m\u2028\u202e\x85\0\ud800"\\'
)


def record(message: str = "hello", level: int = logging.INFO, **extra: Any) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {
            "name": "a",
            "levelno": level,
            "levelname": logging.getLevelName(level),
            "filename": "a.py",
            "lineno": 7,
        }
        | {"msg": message, "created": 1_924_992_000.25, "msecs": 250.0}
    )
    vars(made).update(extra)
    return made


def test_logfmt() -> None:
    line = Logfmt().format(record("guest agent is silent", logging.WARNING, domain="a", seconds=1.5))
    start = "time=2031-01-01T00:00:00.250Z level=WARN source=a.py:7 "
    assert line == start + 'msg="guest agent is silent" domain=a seconds=1.5'


def test_json() -> None:
    assert json.loads(Json().format(record("hello", domain='"x"', n=1))) == {
        "time": "2031-01-01T00:00:00.250Z",
        "level": "INFO",
        "source": "a.py:7",
        "msg": "hello",
        "domain": '"x"',
        "n": "1",
    }


@pytest.mark.parametrize("name", FORMATS)
def test_hostile_values_stay_on_their_line_and_in_their_field(name: str) -> None:
    line = FORMATS[name]().format(record(HOSTILE, domain=HOSTILE))
    assert line.isprintable()
    fields = json.loads(line) if name == "json" else dict(part.split("=", 1) for part in shlex.split(line))
    assert list(fields) == ["time", "level", "source", "msg", "domain"]
    assert fields["level"] == "INFO"


@settings(max_examples=50)
@given(st.text(), st.text())
def test_any_text_is_one_line_that_reads_back(message: str, value: str) -> None:
    line = Logfmt().format(record("%s", domain=value, args=(message,)))
    assert line.isprintable()
    found = re.fullmatch(r"time=\S+ level=INFO source=a.py:7 msg=(\S+|\".*\") domain=(\S+|\".*\")", line)
    assert found
    assert [_unquoted(text) for text in found.groups()] == [message, value]


def _unquoted(text: str) -> str:
    return json.loads(text) if text.startswith('"') else text


def test_empty_value_is_visible() -> None:
    assert Logfmt().format(record(domain="")).endswith(' domain=""')


def test_key_cannot_forge_a_field() -> None:
    made = record()
    vars(made)["a=b c\n"] = "1"
    assert Logfmt().format(made).endswith(" a_b_c_=1")


def test_values_are_bounded() -> None:
    for kind in FORMATS.values():
        assert len(kind().format(record("x" * 100_000, a="y" * 100_000))) < 10_000


def test_an_exception_is_told_by_types_and_places_without_its_text() -> None:
    with pytest.raises(KeyError) as caught:
        _raise(HOSTILE)
    line = Logfmt().format(record(exc_info=caught._excinfo))
    assert line.isprintable()
    assert "exc=" in line
    assert re.search(r"KeyError at .*web/test_logs\.py:\d+ _raise; after RuntimeError", line)
    assert "forged" not in line


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_hidden_is_in_no_line(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_hidden", {})
    hide("open sesame", "abc")
    line = FORMATS[name]().format(record("said open sesame", err="x" * 4090 + "open sesame", kept="abc"))
    assert "open" not in line
    assert "said <secret>" in line
    assert "abc" in line, "too short to be hidden"


def test_only_the_latest_secrets_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_hidden", {})
    for number in range(1000):
        hide(f"token {number}")
    assert "token 999" in logs._hidden
    assert len(logs._hidden) == 200


def test_an_exception_that_nothing_caught_is_a_line_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with configured("info"):
        thread = threading.Thread(target=_raise, args=("open sesame",))
        thread.start()
        thread.join()
    (line,) = capsys.readouterr().err.splitlines()
    assert 'msg="unexpected exception" exc="KeyError at ' in line
    assert "sesame" not in line


def _raise(text: str) -> None:
    raise KeyError(text) from RuntimeError(text)


@contextlib.contextmanager
def configured(level: str) -> Iterator[None]:
    """The log on standard error, as long as the block lasts."""
    root = logging.getLogger()
    before, handlers = root.level, root.handlers[:]
    root.handlers.clear()  # those of pytest are not ours to close
    try:
        configure_logging(level, "logfmt")
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(before)


def test_levels_and_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    with configured("warn"):
        logging.getLogger("exporter.x").info("quiet")
        logging.getLogger("exporter.x").warning("loud")
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1
    assert "level=WARN source=test_logs.py:" in err


def test_burst_leaves_out_and_tells_how_many() -> None:
    burst = Burst(most=2, seconds=10)

    def passes(seconds: float, line: int = 7, level: int = logging.WARNING) -> tuple[bool, int]:
        made = record(level=level, created=1000 + seconds, lineno=line, pathname="a.py")
        return burst.filter(made), getattr(made, "suppressed", 0)

    assert [passes(n) for n in range(4)] == [(True, 0), (True, 0), (False, 0), (False, 0)]
    assert passes(4, line=8) == (True, 0), "another message"
    assert passes(5, level=logging.DEBUG) == (True, 0)
    assert passes(10) == (True, 2)
    assert passes(11) == (True, 0)
    assert passes(12) == (False, 0)
