"""Configuration files: YAML decoded into frozen dataclasses. Every error names the file and line.

    @dataclass(frozen=True)
    class Resource:
        query: str                                  # required: it has no default
        step: Annotated[int, seconds] = 300         # seconds("5m") is 300; its ValueError gets file and line
        labels: tuple[str, ...] = ()
        kind: Literal["gauge", "counter"] = "gauge"
        password_file: Path | None = None           # relative to the configuration file
        on: bool = field(default=True, metadata={"key": "enabled"})  # where the YAML key is another word

    @dataclass(frozen=True)
    class Config:
        resources: Mapping[str, Resource] = field(default_factory=dict)

        def __post_init__(self) -> None: ...        # checks across keys; its ValueError gets file and line

    config = load(path, Config)    # ConfigError: 'virtcast.yml:3: unknown key "stp"; known keys: query, step'

Types: str, int, float, bool, Path, Enum, Literal, `X | None`, tuple[X, ...], Mapping[str, X], dataclasses,
and Annotated[X, parse], where `parse` turns the text of a scalar into an X. A collection or dataclass without
a value is empty. Messages never repeat a value: it may be a secret. The types are needed at run time, so
import them outside TYPE_CHECKING.
"""

from __future__ import annotations

import dataclasses
import re
import types
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

import yaml

from exporter.web.message import WebError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T")

_TAG = "tag:yaml.org,2002:"
_INTEGER = re.compile(r"[-+]?[0-9]+")  # YAML 1.1 would read 1:30 as 90, 010 as 8
_NUMBER = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")  # and 1e3 as a string
_BOOLEAN = re.compile(r"true|yes|on|false|no|off", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z0-9_.-]{1,40}|<<")
_SURROGATE = re.compile("[\ud800-\udfff]")
_MOST_VALUES = 100_000  # an alias repeats a value, and another one the repetitions
_TRUE = frozenset(("true", "yes", "on"))


class ConfigError(WebError):
    """A configuration file that cannot be used. The message starts with "FILE:LINE: " if a line is wrong."""


def load(path: Path, kind: type[T]) -> T:
    """The content of the file as a `kind`, a dataclass."""
    return loads(_text(path), kind, path)


def loads(text: str, kind: type[T], path: Path) -> T:
    """`text` as a `kind`. Messages name `path`; relative paths are relative to its directory."""
    decoder = _Decoder(path)
    node = decoder.compose(text)
    return decoder.value(node, kind)  # type: ignore[no-any-return]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8") from error


class _Decoder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = 0

    def compose(self, text: str) -> yaml.Node:
        try:
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ConfigError(f"{self._path}:{line}: {_without_quotations(error.problem)}") from None
        except yaml.YAMLError as error:
            raise ConfigError(f"{self._path}: {str(error).splitlines()[0]}") from None
        except (RecursionError, OverflowError, ValueError):  # of a deep nesting, or "\\U99999999"
            raise ConfigError(f"{self._path}: not YAML, or nested too deeply") from None
        return node or yaml.ScalarNode(_TAG + "null", "", yaml.Mark("", 0, 0, 0, None, 0))

    def value(self, node: yaml.Node, kind: Any) -> Any:
        """What `node` says, as a `kind`."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise ConfigError(f"{self._path}: more than {_MOST_VALUES} values")
        if isinstance(node, yaml.ScalarNode) and not _is_text(node.value):
            raise self._error(node, "half of a surrogate pair is no character")
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is not None:
            return _GENERIC[origin](self, node, *arguments)
        if dataclasses.is_dataclass(kind):
            return self._dataclass(node, kind)
        if issubclass(kind, Enum):
            return self._choice(node, {each.value: each for each in kind})
        return self._scalar(node, kind)

    def annotated(self, node: yaml.Node, _kind: Any, parse: Callable[[str], Any]) -> Any:
        if not isinstance(node, yaml.ScalarNode) or _is_null(node):
            raise self._error(node, f"expected a value, not {_described(node)}")
        try:
            return parse(node.value)
        except ValueError as error:
            raise self._error(node, str(error)) from error

    def optional(self, node: yaml.Node, *kinds: Any) -> Any:
        (kind,) = (each for each in kinds if each is not types.NoneType)
        return None if _is_null(node) else self.value(node, kind)

    def literal(self, node: yaml.Node, *choices: str) -> Any:
        return self._choice(node, {each: each for each in choices})

    def sequence(self, node: yaml.Node, kind: Any, _dots: Any) -> Any:
        if _is_null(node):
            return ()
        if not isinstance(node, yaml.SequenceNode):
            raise self._error(node, f"expected a list, not {_described(node)}")
        return tuple(self.value(each, kind) for each in node.value)

    def mapping(self, node: yaml.Node, _key_kind: Any, kind: Any) -> Any:
        return {key.value: self.value(each, kind) for key, each in self._pairs(node)}

    def _dataclass(self, node: yaml.Node, kind: Any) -> Any:
        fields = _keys(kind)
        hints = get_type_hints(kind, include_extras=True)
        given = {}
        for key, value in self._pairs(node):
            if key.value not in fields:
                known = ", ".join(fields)
                raise self._error(key, f"unknown key{_named(key.value)}; known keys: {known}")
            name = fields[key.value].name
            given[name] = self.value(value, hints[name])
        for key_name, field in fields.items():
            if field.name not in given and _is_required(field):
                raise self._error(node, f'the key "{key_name}" is missing')
        try:
            return kind(**given)
        except ValueError as error:
            raise self._error(node, str(error)) from error

    def _pairs(self, node: yaml.Node) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
        if _is_null(node):
            return
        if not isinstance(node, yaml.MappingNode):
            raise self._error(node, f"expected a mapping, not {_described(node)}")
        seen: set[str] = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or not _is_text(key.value):
                raise self._error(key, "a key must be a plain word")
            if key.value in seen:
                raise self._error(key, f"duplicate key{_named(key.value)}")
            seen.add(key.value)
            yield key, value

    def _choice(self, node: yaml.Node, choices: Mapping[Any, Any]) -> Any:
        if not isinstance(node, yaml.ScalarNode) or node.value not in choices:
            known = ", ".join(str(each) or '""' for each in choices)
            raise self._error(node, f"expected one of {known}")
        return choices[node.value]

    def _scalar(self, node: yaml.Node, kind: type) -> Any:
        read = _SCALARS[kind]
        if isinstance(node, yaml.ScalarNode) and read.fits(node):
            value = read.convert(node.value)
            if kind is Path and not node.value.isprintable():
                raise self._error(node, "a path must not hold control characters")
            return self._path.parent / value if kind is Path else value
        quotable = kind is str and isinstance(node, yaml.ScalarNode) and not _is_null(node)
        hint = " (quote it)" if quotable else ""
        raise self._error(node, f"expected {read.name}, not {_described(node)}{hint}")

    def _error(self, node: yaml.Node, message: str) -> ConfigError:
        return ConfigError(f"{self._path}:{node.start_mark.line + 1}: {message}")


_GENERIC: dict[Any, Callable[..., Any]] = {
    Annotated: _Decoder.annotated,
    Literal: _Decoder.literal,
    Mapping: _Decoder.mapping,
    Union: _Decoder.optional,
    types.UnionType: _Decoder.optional,
    tuple: _Decoder.sequence,
}


@dataclasses.dataclass(frozen=True)
class _Read:
    """The name of a scalar type and how it is read. Only strings may be quoted."""

    name: str
    pattern: re.Pattern[str] | None
    convert: Callable[[str], Any]

    def fits(self, node: yaml.ScalarNode) -> bool:
        if self.pattern is None:
            return bool(node.tag == _TAG + "str")
        return node.style is None and self.pattern.fullmatch(node.value) is not None


_SCALARS: dict[type, _Read] = {
    str: _Read("a string", None, str),
    int: _Read("a whole number", _INTEGER, int),
    float: _Read("a number", _NUMBER, float),
    bool: _Read("true or false", _BOOLEAN, lambda text: text.lower() in _TRUE),
    Path: _Read("a path", None, Path),
}
_DESCRIPTIONS = {
    "null": "nothing",
    "str": "a string",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "timestamp": "a date",
    "map": "a mapping",
    "seq": "a list",
}


def _without_quotations(problem: str | None) -> str:
    """PyYAML quotes the names of aliases and tags; a password that begins with * or ! reads like one."""
    return re.sub(r"(alias|handle) '.*'", r"\1", problem or "not YAML", flags=re.DOTALL)


def _named(key: str) -> str:
    """The key, if it is a plausible word: other texts may be a secret in the wrong place."""
    return f' "{key}"' if _WORD.fullmatch(key) else ""


def _is_text(value: str) -> bool:
    """Whether the value can be written in UTF-8: an escape in YAML can be half of a surrogate pair."""
    return not _SURROGATE.search(value)


def _keys(kind: type[DataclassInstance]) -> dict[str, dataclasses.Field[Any]]:
    return {field.metadata.get("key", field.name): field for field in dataclasses.fields(kind) if field.init}


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == _TAG + "null")


def _described(node: yaml.Node) -> str:
    if node.tag == _TAG + "float" and node.value.lower().lstrip("+-") in {".nan", ".inf"}:
        return "one that is not finite"
    return _DESCRIPTIONS.get(node.tag.removeprefix(_TAG), "this")
