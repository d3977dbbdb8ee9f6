"""Parses XML in which others may have written. What is nested too deep is unreadable, as malformed XML is."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEEPEST = 256  # elements within each other; libxml2 refuses more when libvirt reads them


class _Bounded(ET.TreeBuilder):
    """Builds a tree that is not too deep."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str], /) -> Element:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ET.ParseError("nested too deep")
        return super().start(tag, attributes)

    def end(self, tag: str, /) -> Element:
        self._depth -= 1
        return super().end(tag)


def parsed(text: str) -> Element | None:
    """The root; None if it cannot be parsed. The time is linear in the length of the text."""
    try:
        return ET.fromstring(text, ET.XMLParser(target=_Bounded()))  # noqa: S314 (expat limits entities)
    except (ET.ParseError, ValueError):  # ValueError: a lone surrogate
        return None


def required(text: str) -> Element:
    """The root. Raises ValueError if the text cannot be parsed."""
    root = parsed(text)
    if root is None:
        raise ValueError("libvirt's XML cannot be parsed")
    return root
