"""Series that are gone: what is remembered of them, and for how long."""

from __future__ import annotations

from dataclasses import replace

from forecaster.config.resources import RESOURCES
from forecaster.serve.gone import Gone

FILES = next(each for each in RESOURCES if each.name == "vm_filesystem")


def of(vm: str, *mountpoints: str) -> list[tuple[tuple[str, str], ...]]:
    return [(("domain", vm), ("instance", "h1"), ("mountpoint", each)) for each in mountpoints]


def test_what_is_there_again_is_not_gone() -> None:
    gone = Gone()
    gone.lose(of("web", "/", "/data"), 1000, FILES)
    gone.find(of("web", "/"))
    assert gone.since == dict.fromkeys(of("web", "/data"), 1000)


def test_what_went_long_ago_is_forgotten() -> None:
    gone = Gone(dict.fromkeys(of("web", "/"), 999) | dict.fromkeys(of("db", "/"), 1000))
    gone.forget(1000)
    assert gone.since == dict.fromkeys(of("db", "/"), 1000)


def test_of_one_vm_the_latest_are_remembered_and_others_keep_their_room() -> None:
    small = replace(FILES, max_series_per_vm=2)
    gone = Gone(dict.fromkeys(of("db", "/"), 10))
    for at, mountpoint in enumerate("abc"):
        gone.lose(of("web", mountpoint), 1000 + at, small)
    assert gone.since == {
        **dict.fromkeys(of("db", "/"), 10),
        of("web", "b")[0]: 1001,
        of("web", "c")[0]: 1002,
    }
