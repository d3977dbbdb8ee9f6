"""YAML into dataclasses: every type, and every mistake with its file and line."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 (read at run time)
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from exporter.web.strict_yaml import ConfigError, load, loads


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


def even(text: str) -> int:
    if int(text) % 2:
        raise ValueError("expected an even number")
    return int(text)


@dataclass(frozen=True)
class Inner:
    name: str
    ratio: float = 0.5


@dataclass(frozen=True)
class Outer:
    count: int = 1
    on: bool = field(default=True, metadata={"key": "enabled"})
    text: str | None = None
    file: Path | None = None
    colour: Colour = Colour.RED
    mode: Literal["fast", "slow"] = "slow"
    pairs: tuple[Annotated[int, even], ...] = ()
    inner: Inner | None = None
    many: Mapping[str, Inner] = field(default_factory=dict)
    lists: tuple[tuple[str, ...], ...] = ()

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ValueError("count is negative")


FILE = Path("/etc/virtcast/virtcast.yml")


def read(text: str, kind: type[Any] = Outer) -> Any:
    return loads(text, kind, FILE)


def test_every_type() -> None:
    assert read("""
count: -0
enabled: no
text: "12"
file: keys/a.key
colour: blue
mode: fast
pairs: [2, 4]
inner: {name: a, ratio: 1}
many:
  x: {name: b, ratio: 1e-3}
  9: {name: c}
lists: [[a], []]
""") == Outer(
        count=0,
        on=False,
        text="12",
        file=Path("/etc/virtcast/keys/a.key"),
        colour=Colour.BLUE,
        mode="fast",
        pairs=(2, 4),
        inner=Inner("a", 1.0),
        many={"x": Inner("b", 0.001), "9": Inner("c")},
        lists=(("a",), ()),
    )


def test_defaults_where_nothing_is_said() -> None:
    assert read("") == read("# a comment only\n") == read("many:\npairs:\ninner: null\ntext: ~\n") == Outer()


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        (
            "count: 1\nconut: 2",
            2,
            'unknown key "conut"; known keys: count, enabled, text, file, colour, mode, pairs, inner, ',
        ),
        ("on: true", 1, 'unknown key "on"'),
        ("count: 1\n\ncount: 2", 3, 'duplicate key "count"'),
        ("count: one", 1, "expected a whole number, not a string"),
        ("count: 1.5", 1, "expected a whole number, not a number"),
        ("count: 1:30", 1, "expected a whole number"),
        ("count: 0x10", 1, "expected a whole number"),
        ('count: "1"', 1, "expected a whole number, not a string"),
        ("inner: {name: a, ratio: nan}", 1, "expected a number, not a string"),
        ("inner: {name: a, ratio: .inf}", 1, "expected a number"),
        ("count:", 1, "expected a whole number, not nothing"),
        ("count: [1]", 1, "expected a whole number, not a list"),
        ("count: true", 1, "expected a whole number, not true or false"),
        ("enabled: 1", 1, "expected true or false, not a number"),
        ("text: 12", 1, "expected a string, not a number (quote it)"),
        ("text: yes", 1, "expected a string, not true or false (quote it)"),
        ("text: 2031-01-01", 1, "expected a string, not a date (quote it)"),
        ("text: {}", 1, "expected a string, not a mapping"),
        ("colour: green", 1, "expected one of red, blue"),
        ("mode: [fast]", 1, "expected one of fast, slow"),
        ("pairs:\n  - 2\n  - 3\n", 3, "expected an even number"),
        ("pairs:\n  - 2\n  - []\n", 3, "expected a value, not a list"),
        ("pairs: 2", 1, "expected a list, not a number"),
        ("count: 1\ninner:\n  ratio: 1\n", 3, 'the key "name" is missing'),
        ("many:\n  x:\n    name: a\n  y:\n    nmae: b\n", 5, 'unknown key "nmae"; known keys: name, ratio'),
        ("many: [a]", 1, "expected a mapping, not a list"),
        ("\ncount: -1", 2, "count is negative"),
        ("- a", 1, "expected a mapping, not a list"),
        ("? [a]\n: b", 1, "a key must be a plain word"),
        ("count: 1\n<<: {count: 2}", 2, 'unknown key "<<"'),
        ("count: 1\n  text: a", 2, "mapping values are not allowed here"),
        ("count: [1", 1, "expected ',' or ']'"),
        ("a: *nowhere", 1, "undefined alias"),
        ('text: "\\uD800"', 1, "half of a surrogate pair"),
        ('"\\uD800": 1', 1, "a key must be a plain word"),
        ('file: "a\\0"', 1, "a path must not hold control characters"),
        ('text: "\\U99999999"', None, "not YAML"),
        ("lists: " + "[" * 5000, None, "nested too deeply"),
        ("count: 1\n---\ncount: 2", 2, "but found another document"),
        ("text: !!python/name:os.system x", 1, "expected a string, not this"),
        ("text: \x07", None, "special characters are not allowed"),
    ],
)
def test_mistakes(text: str, line: int | None, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    shown = str(caught.value)
    assert shown.startswith(f"{FILE}:{line}: " if line else f"{FILE}: ")
    assert message in shown
    assert "\n" not in shown


def test_required_key_of_an_empty_file() -> None:
    with pytest.raises(ConfigError, match=r'virtcast\.yml:1: the key "name" is missing'):
        read("", Inner)


@pytest.mark.parametrize(
    "text",
    [
        "count: hunter2",
        "text: *hunter2",
        "text: !hunter2!x y",
        "$2y$10$hunter2: x",
        "hunter2 hunter2: x",
        "$hunter2: x\n$hunter2: x",
        '"\\hunter2"',
        "text: 'hunter2",
        "text: @hunter2",
        "text: %hunter2",
        "text: >hunter2",
        "%YAML hunter2",
        "count: 1\n hunter2: x",
    ],
)
def test_messages_do_not_repeat_values(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_aliases_do_not_multiply() -> None:
    text = f"lists: [&a [{'x,' * 1000}], {'*a,' * 200}]"
    with pytest.raises(ConfigError, match="more than 100000 values"):
        read(text)


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yml"
    path.write_text("text: ü\nfile: b", encoding="utf-8")
    assert load(path, Outer) == Outer(text="ü", file=tmp_path / "b")
    path.write_bytes(b"text: \xff")
    with pytest.raises(ConfigError, match=r"a\.yml: is not UTF-8"):
        load(path, Outer)
    with pytest.raises(ConfigError, match=r"missing\.yml: No such file or directory"):
        load(tmp_path / "missing.yml", Outer)
