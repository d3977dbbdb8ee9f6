"""What the metadata of a domain state about its monitoring: how sensitive, which limits, when it is muted.

<virtcast:sensitivity>low</virtcast:sensitivity>   low, normal, high, or a number from 0.5 to 2
<virtcast:limit resource="vm_memory">80%</virtcast:limit>
<virtcast:maintenance-window>Sun 02:00-04:00 UTC</virtcast:maintenance-window>
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from exporter.snapshot.maintenance import Window, windows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from xml.etree.ElementTree import Element

# The forecaster divides its anomaly threshold by it: 1.3 leaves two fifths of the alerts, 0.85 nearly doubles
# them.
SENSITIVITIES = {"low": 1 / 1.3, "normal": 1.0, "high": 1 / 0.85}
LEAST_SENSITIVE, MOST_SENSITIVE = 0.5, 2.0
MOST_LIMITS = 20  # of one domain; there are fewer resources
LARGEST = 1e18  # of a limit: no disk has more bytes
_RESOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_NUMBER = re.compile(r"(\d{1,19}(?:\.\d{1,19})?)(%?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Overrides:
    """Absent is None or empty. `limits` are by the forecaster's name of the resource, in its unit.

    `invalid` tells whether anything was stated that cannot be used; it is left out.
    """

    sensitivity: float | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    windows: tuple[Window, ...] = ()
    invalid: bool = False

    @classmethod
    def from_xml(cls, elements: Iterable[Element]) -> Overrides:
        """From the elements within virtcast's metadata. Of several with one meaning the first counts."""
        sensitivity: float | None = None
        limits: dict[str, float] = {}
        shut: tuple[Window, ...] = ()
        invalid = False
        for element in elements:
            name, text = element.tag.rsplit("}", 1)[-1], (element.text or "").strip()
            try:
                if name == "sensitivity" and sensitivity is None:
                    sensitivity = _sensitivity(text)
                elif name == "limit":
                    _add(limits, element.get("resource", ""), text)
                elif name == "maintenance-window" and text and not shut:
                    shut = windows(text)
            except ValueError:
                invalid = True
        return cls(sensitivity, limits, shut, invalid)


def _sensitivity(text: str) -> float:
    value = SENSITIVITIES[text] if text in SENSITIVITIES else _number(text)
    if not LEAST_SENSITIVE <= value <= MOST_SENSITIVE:
        raise ValueError("a sensitivity out of bounds")
    return value


def _add(limits: dict[str, float], resource: str, text: str) -> None:
    value = _number(text)
    if not _RESOURCE.fullmatch(resource) or not 0 < value <= LARGEST or len(limits) == MOST_LIMITS:
        raise ValueError("no limit")
    limits.setdefault(resource, value)


def _number(text: str) -> float:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise ValueError("no number")
    return float(match[1]) / (100 if match[2] else 1)
