"""Which series there is room for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forecaster.config.resource import Resource
from forecaster.series.labels import Labels, identity, vm_of
from forecaster.serve.room import room

NOW = 1000
ALIVE = 900


def row(domain: str, number: int = 0) -> Labels:
    return identity({"domain": domain, "instance": "h1", "mountpoint": f"/{number}"})


def limits(total: int, per_vm: int) -> Resource:
    return Resource("r", "q", max_series=total, max_series_per_vm=per_vm)


def test_each_vms_first_series_comes_before_anyones_second() -> None:
    newcomers = {row(domain, number): NOW for domain in "ab" for number in range(3)}
    found = room(newcomers, {row("a", 9): NOW}, ALIVE, limits(4, 10))
    assert found.admitted == [row("b", 0), row("a", 0), row("b", 1)]
    assert found.left_out == {"max_series": 3, "max_series_per_vm": 0}


def test_the_dead_give_way_those_first_that_are_dead_for_longest() -> None:
    held = {row("a", number): number for number in range(3)} | {row("b"): NOW}
    found = room({row("c"): NOW}, held, ALIVE, limits(3, 10))
    assert found.admitted == [row("c")]
    assert found.giving_way == {row("a", 0), row("a", 1)}


def test_the_living_do_not_give_way() -> None:
    found = room({row("c"): NOW}, {row("a"): ALIVE, row("b"): NOW}, ALIVE, limits(2, 10))
    assert (found.admitted, found.giving_way) == ([], frozenset())
    assert found.left_out["max_series"] == 1


def test_series_of_no_vm_share_no_room() -> None:
    sums = {identity({"instance": "h1", "device": str(number)}): NOW for number in range(5)}
    assert len(room(sums, {}, ALIVE, limits(10, 1)).admitted) == 5


ROWS = st.builds(row, st.sampled_from("abc"), st.integers(0, 9))


@given(
    st.dictionaries(ROWS, st.integers(800, NOW)),
    st.dictionaries(ROWS, st.integers(800, NOW)),
    st.integers(1, 12),
    st.integers(1, 5),
)
def test_no_limit_is_exceeded_and_nothing_is_lost(
    newcomers: dict[Labels, int], held: dict[Labels, int], total: int, per_vm: int
) -> None:
    newcomers = {each: seen for each, seen in newcomers.items() if each not in held}
    found = room(newcomers, held, ALIVE, limits(total, per_vm))
    assert len(found.admitted) + sum(found.left_out.values()) == len(newcomers)
    assert all(held[each] < ALIVE for each in found.giving_way)
    stays = [each for each in held if each not in found.giving_way]
    living = [each for each in stays if held[each] >= ALIVE]
    assert len(stays) + len(found.admitted) <= max(total, len(living))
    for each in found.admitted:
        mine = [other for other in (*stays, *found.admitted) if vm_of(other) == vm_of(each)]
        assert len(mine) <= per_vm
