"""Parts of the series that a query finds: each series is in exactly one, now and at any other time.

PromQL has no hash of a label. What a regular expression can tell is whether a value has an odd number of
characters of some set. Such conditions halve any set of names about evenly, and what does not match one is
the other half, whatever names come later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from exporter.web.label_names import is_classic
from forecaster.config.resources import RESOURCES
from forecaster.promql.selectors import with_matchers
from forecaster.series.labels import VM
from forecaster.series.promql_text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Labels that may tell series apart, where the backend does not say which there are: the normalised layer's.
LABELS = (*VM, *sorted({each.display.part for each in RESOURCES if each.display.part}))
# For each bit of a character's code, the letters, digits and "-./:_" that have it, as they stand in a class.
MEMBERS = (
    "/13579ACEGIKMOQSUWY_acegikmoqsuwy-",
    "./2367:BCFGJKNORSVWZ_bcfgjknorsvwz",
    "./4-7D-GL-OT-W_d-gl-ot-w-",
    "./8-:H-OX-Z_h-ox-z-",
    "0-:P-Z_p-z",
    ".-:a-z-",
    "A-Z_a-z",
)
BITS = ((0, 1, 2, 3), (4, 5, 6))  # those first that tell digits apart
PERIODS = (1, 2, 4, 8, 16)  # together they tell the first 16 characters apart


class Condition(NamedTuple):
    """Whether an odd number of the characters of a label's value have the bit set: of those whose place,
    counted from 0, leaves the remainder `place` when divided by `period`.
    """

    label: str
    bit: int
    period: int
    place: int

    @property
    def pattern(self) -> str:
        """A regular expression for all of a value for which that is so; RE2 and Python read it."""
        member, other = f"[{MEMBERS[self.bit]}]", f"[^{MEMBERS[self.bit]}]"
        before, after = self.place, self.period - 1 - self.place
        rounds = f"(?:{_any(before)}{other}{_any(after)})*"  # without a member
        one = f"{rounds}{_any(before)}{member}"  # up to the next member
        cut = f"(?:{_any(0, before)}|{_any(before)}{other}{_any(0, after)})"  # the last round may be cut off
        rest = f"(?:{_any(0, after)}|{_any(after)}{rounds}{cut})" if self.period > 1 else rounds
        return f"(?:{one}{_any(after)}{one}{_any(after)})*{one}{rest}"


Part = tuple[tuple[Condition, bool], ...]  # the conditions, and whether each one holds
WHOLE: Part = ()


def conditions(label: str) -> Iterator[Condition]:
    """All conditions on a label, the most telling first."""
    for period in PERIODS:
        for bits in BITS:
            # The later half of the places follows from these and from the shorter periods.
            for place in range(max(1, period // 2)):
                yield from (Condition(label, bit, period, place) for bit in bits)


def nothing(label: str) -> Part:
    """A part without series."""
    condition = next(conditions(label))
    return (condition, True), (condition, False)


def labels_of(query: str, told: Sequence[str]) -> list[str]:
    """The labels to try, in this order: those of the layer, then what the query or the backend names."""
    named = told or re.findall(r"[a-zA-Z_]\w*", query)
    known = [each for each in LABELS if not told or each in told]
    return [each for each in dict.fromkeys((*known, *named)) if is_classic(each) and each != "__name__"]


def query_of(query: str, part: Part) -> str:
    """The query for the series of a part.

    A bare selector gets matchers, so that the backend reads no other series. Of any other query it computes
    all and gives a part: which labels its selectors have in common with its result, no dialect tells.
    """
    if not part:
        return query
    matchers = [
        f"{condition.label}{'=~' if holds else '!~'}{quoted(condition.pattern)}" for condition, holds in part
    ]
    return with_matchers(query, matchers) or _filtered(query, part)


def _filtered(query: str, part: Part) -> str:
    """The result's series that agree with one that has the part's marks."""
    found, wanted = f"(\n{query}\n)", "vector(1)"
    marks = [f"virtcast_part_{number}" for number in range(len(part))]
    for mark, (condition, holds) in zip(marks, part, strict=True):
        found = _marked(found, mark, "no")
        found = f'label_replace({found}, "{mark}", "yes", "{condition.label}", {quoted(condition.pattern)})'
        wanted = _marked(wanted, mark, "yes" if holds else "no")
    found = f"({found} and on ({', '.join(marks)}) {wanted})"
    for mark in marks:
        found = _marked(found, mark, "")
    return found


def _marked(query: str, label: str, value: str) -> str:
    return f'label_replace({query}, "{label}", "{value}", "", "")'


def _any(least: int, most: int | None = None) -> str:
    """So many characters, whichever."""
    if not (least if most is None else most):
        return ""
    return rf"[\s\S]{{{least}}}" if most is None else rf"[\s\S]{{{least},{most}}}"
