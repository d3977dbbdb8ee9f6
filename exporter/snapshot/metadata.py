"""The <metadata> of a domain: OpenStack Nova's, and virtcast's own.

<virtcast:domain xmlns:virtcast="urn:virtcast:domain:1.0">
  <virtcast:owner>team-shop</virtcast:owner> <virtcast:criticality>high</virtcast:criticality>
  <virtcast:maintenance-window>Sun 02:00-04:00 UTC</virtcast:maintenance-window>
  <virtcast:cost-centre>4711</virtcast:cost-centre>
  <virtcast:apart>database</virtcast:apart> <virtcast:together>shop</virtcast:together>
</virtcast:domain>

What these state about the monitoring of the domain is in `exporter.snapshot.overrides`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from xml.etree import ElementTree as ET

from exporter.snapshot.overrides import Overrides
from exporter.snapshot.parsed import parsed
from exporter.snapshot.text import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

NOVA = ("http://openstack.org/xmlns/libvirt/nova/1.1", "http://openstack.org/xmlns/libvirt/nova/1.0")
VIRTCAST = "urn:virtcast:domain:1.0"

# Why a part of a domain's metadata is not exported.
UNREADABLE, TRUNCATED, OVERSIZED, INVALID = "unreadable", "truncated", "oversized", "invalid"
REASONS = (UNREADABLE, TRUNCATED, OVERSIZED, INVALID)

LONGEST_METADATA = 256 * 1024  # characters: Nova writes some thousand


@dataclass(frozen=True, slots=True)
class Nova:
    """The domain as OpenStack Nova describes it; `created` is Unix time."""

    instance_name: str = ""
    flavor_name: str = ""
    user_name: str = ""
    user_id: str = ""
    project_name: str = ""
    project_id: str = ""
    root_type: str = ""
    root_id: str = ""
    created: float | None = None


@dataclass(frozen=True, slots=True)
class Ownership:
    """The owner of the domain and how critical it is, from virtcast's metadata."""

    owner: str = ""
    criticality: str = ""
    maintenance_window: str = ""
    cost_centre: str = ""


class Group(NamedTuple):
    """Domains of the same name that are to be on different hosts (`apart`), or on one (`together`)."""

    rule: str
    name: str


GROUP_RULES = ("apart", "together")
MOST_GROUPS = 16  # of a domain; more are cut


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata, and the reasons why parts of it are missing."""

    nova: Nova | None = None
    ownership: Ownership | None = None
    groups: tuple[Group, ...] = ()
    overrides: Overrides = field(default_factory=Overrides)
    problems: tuple[str, ...] = ()

    @classmethod
    def from_xml(cls, root: Element) -> Metadata:
        """From the XML of a domain."""
        reader = _Reader()
        found = root.find("./metadata")
        children = [] if found is None else list(found)
        nova = next((one for one in children if _namespace(one) in NOVA), None)
        own = next((one for one in children if _namespace(one) == VIRTCAST), None)
        described = None if nova is None else reader.nova(nova)
        ownership = None if own is None else reader.ownership(own)
        groups = () if own is None else reader.groups(own)
        overrides = Overrides.from_xml(() if own is None else own)
        problems = ((TRUNCATED, reader.truncated), (INVALID, overrides.invalid))
        return cls(described, ownership, groups, overrides, tuple(reason for reason, has in problems if has))

    @classmethod
    def salvaged(cls, text: str) -> Metadata:
        """From the text of XML that malformed metadata of others makes unreadable."""
        root = ET.Element("domain")
        found = ET.SubElement(root, "metadata")
        found.extend(one for part in _ours(text) if (one := parsed(part)) is not None)
        read = cls.from_xml(root)
        return replace(read, problems=(UNREADABLE, *read.problems))


# A tag with a prefix, and a declaration of a namespace in it. Neither crosses the next tag, so that looking
# for all of them takes a time that is linear in the length of the text.
_TAG = re.compile(r"<(/?)([\w.-]++:[\w.-]++)([^<>]*+)>")
_DECLARED = re.compile(r"\sxmlns:([\w.-]++)=(?:'([^'<>]*+)'|\"([^\"<>]*+)\")")


def _ours(text: str) -> Iterator[str]:
    """Elements of the namespaces above, with their content."""
    begin, name = 0, ""
    for tag in _TAG.finditer(text):
        closing, found, rest = tag.groups()
        if name and closing and found == name:
            yield text[begin : tag.end()]
            name = ""
        elif not name and not closing and not rest.endswith("/") and _is_ours(found, rest):
            begin, name = tag.start(), found


def _is_ours(name: str, attributes: str) -> bool:
    prefix = name.partition(":")[0]
    return any(
        declared == prefix and (single or double) in (*NOVA, VIRTCAST)
        for declared, single, double in _DECLARED.findall(attributes)
    )


class _Reader:
    """Reads text and notes whether any of it was too long."""

    def __init__(self) -> None:
        self.truncated = False

    def nova(self, element: Element) -> Nova:
        space = "{" + _namespace(element) + "}"
        user, project = (element.find(f"{space}owner/{space}{one}") for one in ("user", "project"))
        root, flavor = element.find(f"{space}root"), element.find(f"{space}flavor")
        return Nova(
            self._text(element.findtext(f"{space}name")),
            self._attribute(flavor, "name"),
            self._text("" if user is None else user.text),
            self._attribute(user, "uuid"),
            self._text("" if project is None else project.text),
            self._attribute(project, "uuid"),
            self._attribute(root, "type"),
            self._attribute(root, "uuid"),
            _time(element.findtext(f"{space}creationTime")),
        )

    def ownership(self, element: Element) -> Ownership:
        """`virsh metadata --set` writes the inner elements without a namespace, so only their names count."""
        said = {_local(one).replace("-", "_"): one.text for one in element}
        return Ownership(**{each.name: self._text(said.get(each.name)) for each in fields(Ownership)})

    def groups(self, element: Element) -> tuple[Group, ...]:
        """Each once, in the order of their names."""
        told = {Group(_local(one), self._text(one.text)) for one in element if _local(one) in GROUP_RULES}
        found = sorted(group for group in told if group.name)
        self.truncated = self.truncated or len(found) > MOST_GROUPS
        return tuple(found[:MOST_GROUPS])

    def _attribute(self, element: Element | None, name: str) -> str:
        return self._text("" if element is None else element.get(name))

    def _text(self, text: str | None) -> str:
        whole = (text or "").strip()
        cut = bounded(whole)
        self.truncated = self.truncated or cut != whole
        return cut


def _local(element: Element) -> str:
    """The name of an element without its namespace."""
    return element.tag.rsplit("}", 1)[-1]


def _namespace(element: Element) -> str:
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def _time(text: str | None) -> float | None:
    """Nova writes UTC without a time zone."""
    try:
        return datetime.fromisoformat((text or "").strip()).replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None
