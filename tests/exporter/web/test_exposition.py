"""Both formats, against the readers of prometheus_client."""

from __future__ import annotations

import math
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from prometheus_client import exposition as client_text
from prometheus_client.core import InfoMetricFamily
from prometheus_client.core import Metric as Family
from prometheus_client.openmetrics import exposition as client_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from exporter.metric import Distribution, Kind, Metric, families
from exporter.web import exposition as module
from exporter.web.exposition import exposition

if TYPE_CHECKING:
    from collections.abc import Iterator

UTF_8 = "; escaping=allow-utf-8"
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
PROMETHEUS_3 = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
    "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)

READ = Metric("libvirt_read_bytes_total", Kind.COUNTER, 'Bytes "read".', ("domain", "target_device"))
LEVEL = Metric("libvirt_level", Kind.GAUGE, "A level.\nWith \\ and a second line.")
TIMES = Metric("libvirt_times_seconds", Kind.HISTOGRAM, "Times.", ("domain",))


class Registry:
    def __init__(self, given: list[Family]) -> None:
        self.given = given

    def collect(self) -> list[Family]:
        return self.given


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("", TEXT),
        ("*/*", TEXT),
        ("text/plain", TEXT),
        ("text/html,application/xhtml+xml,*/*;q=0.8", TEXT),
        ("application/openmetrics-text", OPENMETRICS),
        ("application/openmetrics-text; version=1.0.0; charset=utf-8", OPENMETRICS),
        ("application/openmetrics-text;version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", OPENMETRICS),
        (PROMETHEUS_3, OPENMETRICS + UTF_8),
        ("text/plain;version=1.0.0;escaping=allow-utf-8", TEXT.replace("0.0.4", "1.0.0") + UTF_8),
        ("text/plain;version=0.0.4;escaping=values", TEXT + "; escaping=values"),
        (
            "application/openmetrics-text;escaping=dots;q=0.2,text/plain;q=0.1",
            OPENMETRICS + "; escaping=dots",
        ),
        ("*/*; escaping=allow-utf-8", TEXT + UTF_8),
        ("text/plain;version=1.0.0", TEXT),
        ("text/plain;escaping=rot13", TEXT),
        ("text/plain,application/openmetrics-text", OPENMETRICS),
        ("text/plain;version=0.0.4;q=0.6,application/openmetrics-text;q=0.5", TEXT),
        ("application/openmetrics-text;q=0", TEXT),
        ("application/openmetrics-text;q=x", TEXT),
        ("application/openmetrics-text;version=junk", OPENMETRICS),
        (";;,=,q=;", TEXT),
    ],
)
def test_negotiation(accept: str, content_type: str) -> None:
    reply = exposition([], accept)
    assert reply.content_type == content_type
    assert reply.body == (b"# EOF\n" if "openmetrics" in content_type else b"")


def samples() -> list[Family]:
    hostile = 'a"b\\c\nd}e{f,g="h"'
    times = Distribution(((0.1, 1), (1e7, 2), (math.inf, 4)), 12.5)
    rows = [READ.sample(1e15 + n, f"guest-{n}", "vda") for n in range(3)]
    rows += [
        READ.sample(0, hostile, ""),
        LEVEL.sample(-1.5),
        TIMES.sample(times, "a"),
        TIMES.sample(times, "b"),
    ]
    return families(rows)


def values(found: Any) -> list[tuple[Any, ...]]:
    return [
        (f.name, f.type, f.documentation, [(s.name, s.labels, s.value) for s in f.samples]) for f in found
    ]


def reads_as(written: str, write: Any, read: Any) -> bool:
    """Whether it says what the client library writes with `write`; its functions are not typed."""
    expected = write(Registry(samples())).decode()
    return bool(values(read(written)) == values(read(expected)))


def test_text_format_reads_as_the_client_librarys() -> None:
    written = exposition(samples(), TEXT).body.decode()
    expected = client_text.generate_latest(Registry(samples())).decode()
    assert reads_as(written, client_text.generate_latest, read_text)
    assert written.count("\n") == expected.count("\n")


def test_openmetrics_reads_as_the_client_librarys() -> None:
    written = exposition(samples(), OPENMETRICS).body.decode()
    assert reads_as(written, client_openmetrics.generate_latest, read_openmetrics)


def test_lines_as_written() -> None:
    assert exposition(samples(), TEXT).body.decode().splitlines()[:3] == [
        '# HELP libvirt_read_bytes_total Bytes "read".',
        "# TYPE libvirt_read_bytes_total counter",
        'libvirt_read_bytes_total{domain="guest-0",target_device="vda"} 1000000000000000.0',
    ]
    openmetrics = exposition(samples(), OPENMETRICS).body.decode()
    assert openmetrics.startswith(
        '# HELP libvirt_read_bytes Bytes \\"read\\".\n# TYPE libvirt_read_bytes counter\n'
    )
    assert openmetrics.endswith("\n# EOF\n")


@pytest.mark.parametrize(("value", "text"), [(math.inf, "+Inf"), (-math.inf, "-Inf"), (math.nan, "NaN")])
def test_values_that_are_no_numbers(value: float, text: str) -> None:
    assert exposition(families([LEVEL.sample(value)]), TEXT).body.endswith(f"libvirt_level {text}\n".encode())


@settings(max_examples=50)
@given(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")),
    st.floats(allow_nan=False),
)
def test_any_label_and_value_reads_back(label: str, value: float) -> None:
    for accept, read in ((TEXT, read_text), (OPENMETRICS, read_openmetrics)):
        body = exposition(families([READ.sample(value, label, "x")]), accept).body.decode()
        if accept == TEXT or value >= 0:
            (family,) = read(body)
            (sample,) = family.samples
            assert sample.labels == {"domain": label, "target_device": "x"}
            assert sample.value == value


DOTTED = Metric("a", Kind.GAUGE, "A.", ('k8s.pod"name', "zone"))


@pytest.mark.parametrize(
    ("escaping", "written"),
    [
        ("", "k8s_pod_name"),
        ("underscores", "k8s_pod_name"),
        ("allow-utf-8", r'"k8s.pod\"name"'),
        ("dots", "k8s_dot_pod__name"),
        ("values", "U__k8s_2e_pod_22_name"),
    ],
)
@pytest.mark.parametrize("kind", ["text/plain; version=1.0.0", "application/openmetrics-text; version=1.0.0"])
def test_a_label_name_is_written_as_the_reader_can_read_it(kind: str, escaping: str, written: str) -> None:
    accept = f"{kind}; escaping={escaping}" if escaping else kind
    body = exposition(families([DOTTED.sample(1, "x", "y")]), accept).body.decode()
    assert f'a{{{written}="x",zone="y"}} 1.0\n' in body


@settings(max_examples=100)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1))
def test_a_reader_of_utf_8_gets_any_label_name_as_it_is(name: str) -> None:
    assume(not name.startswith("__"))  # reserved: the client library refuses to read them
    metric = Metric("a", Kind.GAUGE, "A.", (name, "domain"))
    (family,) = read_text(exposition(families([metric.sample(1, "x", "y")]), PROMETHEUS_3).body.decode())
    assert family.samples[0].labels == {name: "x", "domain": "y"}


def test_text_that_is_not_unicode_harms_only_itself() -> None:
    body = exposition(families([READ.sample(1, "\ud800", "x"), LEVEL.sample(2)]), TEXT).body
    assert b'domain="?"' in body
    assert b"libvirt_level 2.0\n" in body


def test_one_page_is_written_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most, write = threading.Lock(), 0, 0, module._lines

    def counted(*given: Any) -> Any:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.01)
        with lock:
            now -= 1
        return write(*given)

    monkeypatch.setattr(module, "_lines", counted)
    with ThreadPoolExecutor(4) as threads:
        bodies = list(threads.map(lambda _: exposition(samples(), TEXT).body, range(4)))
    assert len(set(bodies)) == most == 1


def test_slow_families_hold_up_no_other_page() -> None:
    begun, free = threading.Event(), threading.Event()

    def slow() -> Iterator[Family]:
        begun.set()
        assert free.wait(10)
        yield from samples()

    with ThreadPoolExecutor(2) as threads:
        late = threads.submit(exposition, slow(), TEXT)
        assert begun.wait(10)
        prompt = threads.submit(exposition, samples(), TEXT).result(5)
        free.set()
        assert late.result(5) == prompt


def test_rarer_families_are_left_to_the_client_library() -> None:
    info = InfoMetricFamily("program", "About it.", value={"version": "1"})
    stamped = Family("stamped", "Has a time.", "gauge")
    stamped.add_sample("stamped", {}, 1.0, timestamp=1000)
    text = exposition([info, stamped], TEXT).body.decode()
    assert text == client_text.generate_latest(Registry([info, stamped])).decode()
    openmetrics = exposition([info, stamped, *samples()], OPENMETRICS).body.decode()
    assert 'program_info{version="1"} 1.0\n' in openmetrics
    assert openmetrics.count("# EOF") == 1
