"""Carries what is remembered of advice over a cycle: pure functions of that and of what is fresh."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from forecaster.advice.issues import issues_of
from forecaster.advice.signs import KINDS
from forecaster.advice.sizes import LARGE, SMALL, UNKNOWN, sizes_of
from forecaster.advice.sizing import BALANCED
from forecaster.view.remembered import Adoption, IssueCourse, Recommended, Remembered

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from forecaster.advice.issues import Issue
    from forecaster.advice.sizes import Size
    from forecaster.series.labels import Labels
    from forecaster.view.view import Fresh

    Courses = Mapping[str, IssueCourse]
    Open = Mapping[tuple[Labels, str], Recommended]

PAUSE = 900  # seconds: an issue that is back sooner has not ended
KEPT, MOST = 30 * 86_400, 1_000  # seconds after its end, and number, of issues that are remembered
ADOPTIONS = 100  # that are remembered
SIZED = frozenset({"vm", "vm_virtual_cpus", "vm_memory"})  # the facts that tell VMs and their sizes
ENOUGH = 0.5  # of the way to the recommended size, from which on a change has adopted it


def remembered(before: Remembered, fresh: Fresh) -> Remembered:
    """What is remembered once a cycle is over; nothing changes while nothing is read. Recommendations wait
    for the past and the inventory, which are read again after a start.
    """
    if not fresh.rows:
        return before
    courses = coursed(before.issues, issues_of(fresh), fresh.now)
    sizes = sizes_of(fresh.view.rollups, fresh.inventory)
    open_now, new = recommended(before.recommended, sizes, fresh.now, whole=_is_whole(fresh))
    counts = Counter(before.adopted) + Counter(each.part for each in new)
    adoptions = (*before.adoptions, *new)[-ADOPTIONS:]
    return Remembered(courses, open_now, adoptions, {part: counts[part] for part in before.adopted})


def coursed(before: Courses, found: Iterable[Issue], now: float) -> dict[str, IssueCourse]:
    """The courses of issues: those that are found go on or begin, those not found for a while have ended."""
    known = {name: _not_after(of, now) for name, of in before.items()}
    for issue in found:
        of = known.get(issue.id)
        if of is None or (of.ended is not None and now - of.last > PAUSE):
            of = IssueCourse(issue.id, issue.labels, issue.kind, "", now, now)
        kind = min(of.kind, issue.kind, key=KINDS.index)
        known[issue.id] = of._replace(kind=kind, text=issue.text(), last=now, ended=None)
    told = (
        of._replace(ended=of.last) if of.ended is None and now - of.last > PAUSE else of
        for of in known.values()
    )
    kept = [of for of in told if of.ended is None or now - of.ended <= KEPT]
    kept.sort(key=lambda of: (of.ended is None, of.last, -of.first))  # too many: what goes on longest stays
    return {of.id: of for of in kept[-MOST:]}


def _not_after(of: IssueCourse, now: float) -> IssueCourse:
    """A course that a clock noted which was ahead, as if that had been now: it may end."""
    if max(of.first, of.last, of.ended or now) <= now:
        return of
    ended = None if of.ended is None else min(of.ended, now)
    return of._replace(first=min(of.first, now), last=min(of.last, now), ended=ended)


def _is_whole(fresh: Fresh) -> bool:
    """Whether a VM that has no size is gone, rather than not known yet."""
    inventory, rollups = fresh.inventory, fresh.view.rollups
    read = any(rollups[name].until for name in ("vm_cpu", "vm_memory"))
    return bool(inventory.at) and SIZED.isdisjoint(inventory.missing) and read


def recommended(
    before: Open, sizes: Iterable[Size], now: float, *, whole: bool = True
) -> tuple[Open, list[Adoption]]:
    """The recommendations that are open now, and those that were adopted: the VM was given at least half of
    the change, at once or in steps. It is the same VM by its UUID, wherever it is, and another one of the
    same name is not; of several with one UUID each is itself where it was. One whose size is not judged now
    stays open, as does one without a size unless the sizes are the `whole` of them.
    """
    open_now: dict[tuple[Labels, str], Recommended] = {}
    new = []
    missing = {} if whole else dict(before)
    places = {(of.uuid, key[1]): key for key, of in before.items() if of.uuid}
    for size in sizes:
        place = (size.labels, size.part)
        if place not in before or _of_same(before[place], size) is None:
            place = places.get((size.uuid, size.part), place)
        missing.pop(place, None)
        known = _of_same(before.get(place), size)
        if known is not None and size.current != (known.now or known.current) and _reached(known, size):
            part = (known.current, known.size, size.current, known.since, now)
            new.append(Adoption(size.labels, size.part, *part))
            known = None
        course = _gone_on(known, size, now)
        if course is not None:
            open_now[size.labels, size.part] = course
    return missing | open_now, new


def _of_same(known: Recommended | None, size: Size) -> Recommended | None:
    """What is known, unless it is of another VM."""
    return None if known and known.uuid and size.uuid and known.uuid != size.uuid else known


def _reached(of: Recommended, size: Size) -> bool:
    way = of.size - of.current
    return way != 0 and (size.current - of.current) / way >= ENOUGH


def _gone_on(known: Recommended | None, size: Size, now: float) -> Recommended | None:
    """A recommendation that is not adopted yet as it is now; None: there is none.

    It goes on from the size that the VM had first while the VM comes nearer to what is recommended.
    """
    if size.verdict not in {LARGE, SMALL}:
        goes_on = known is not None and size.verdict == UNKNOWN
        return known._replace(now=size.current, uuid=size.uuid or known.uuid) if goes_on and known else None
    wanted = size.sizes[BALANCED]
    if known is None or (size.current - known.current) * (wanted - size.current) < 0:
        return Recommended(size.current, wanted, now, size.current, size.uuid)
    since = min(known.since, now)
    return Recommended(known.current, wanted, since, size.current, size.uuid or known.uuid)
