"""The software bill of materials (CycloneDX 1.6, JSON) of the wheel, from the packages installed here.

    python deploy/packaging/sbom.py > virtcast.cdx.json

lists virtcast and what its extras `exporter` and `forecaster` need, with versions and licences. It has
neither a date nor a random number: the same packages give the same text.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from importlib.metadata import Distribution, distribution
from typing import Any

from packaging.requirements import Requirement

EXTRAS = ("exporter", "forecaster")
SPACE = uuid.UUID("6d3c1f0e-6f0b-5f7e-9a53-5a3f0c5b6f11")  # of our serial numbers: chosen once, at random
_CLASSIFIER = "License :: OSI Approved :: "


def bill() -> dict[str, Any]:
    """The document, with what it needs in the order of names."""
    found: dict[str, Distribution] = {}
    _visit(Requirement(f"virtcast[{','.join(EXTRAS)}]"), found)
    root, *parts = sorted(found, key=lambda name: (name != "virtcast", name))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(found[root], "application")},
        "components": [_component(found[name], "library") for name in parts],
        "dependencies": [
            {
                "ref": _url(found[name]),
                "dependsOn": sorted(_url(found[each]) for each in _needs(found[name], found)),
            }
            for name in (root, *parts)
        ],
    }
    serial = uuid.uuid5(SPACE, json.dumps(document, sort_keys=True))
    return {**document, "serialNumber": f"urn:uuid:{serial}"}


def _visit(wanted: Requirement, found: dict[str, Distribution]) -> None:
    name = _canonical(wanted.name)
    if name in found:
        return
    found[name] = distribution(name)
    for each in found[name].requires or ():
        needed = Requirement(each)
        if _applies(needed, wanted.extras):
            _visit(needed, found)


def _needs(of: Distribution, found: dict[str, Distribution]) -> set[str]:
    needed = map(Requirement, of.requires or ())
    extras = set(EXTRAS) if _canonical(of.name) == "virtcast" else set()
    return {_canonical(each.name) for each in needed if _applies(each, extras)} & found.keys()


def _applies(needed: Requirement, extras: set[str]) -> bool:
    return needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _component(of: Distribution, kind: str) -> dict[str, Any]:
    return {
        "type": kind,
        "bom-ref": _url(of),
        "name": of.name,
        "version": of.version,
        "purl": _url(of),
        "licenses": licences(of),
    }


def licences(of: Distribution) -> list[dict[str, Any]]:
    """What its metadata say: the SPDX expression, else the classifiers, else a line of the free text."""
    if expression := _field(of, "License-Expression"):
        return [{"expression": expression}]
    named = [
        each.removeprefix(_CLASSIFIER)
        for each in of.metadata.get_all("Classifier", ())
        if _CLASSIFIER in each
    ]
    text = (_field(of, "License") or "unknown").strip().splitlines()[:1]
    return [{"license": {"name": each}} for each in named or text]


def _field(of: Distribution, name: str) -> str | None:
    return next(map(str, of.metadata.get_all(name) or ()), None)


def _url(of: Distribution) -> str:
    return f"pkg:pypi/{_canonical(of.name)}@{of.version}"


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


if __name__ == "__main__":
    json.dump(bill(), sys.stdout, indent=2)
    sys.stdout.write("\n")
