"""A document as a page, a PDF, a table for spreadsheets and JSON."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from forecaster.report.as_csv import as_csv
from forecaster.report.as_json import as_json
from forecaster.report.html import html
from forecaster.report.pdf import pdf

if TYPE_CHECKING:
    from pathlib import Path

    from forecaster.report.document import Document

HOSTILE = "=cmd|'/c calc'!A0\x1b[31m<script>"


def renamed(made: Document, name: str) -> Document:
    first = made.usages[0]
    vm = replace(first.vm, domain=name, owner=name)
    return replace(made, usages=(replace(first, vm=vm), *made.usages[1:]), owner=name, title=name)


def test_a_page_fetches_nothing_and_runs_nothing(made: Document) -> None:
    page = html(renamed(made, HOSTILE))
    assert not re.search(r"<script|<link|<img|@import|url\(|\bsrc=|\bhref=\"http", page)
    assert page.count("<svg") == sum(len(each.plots) for each in made.sections) >= 2
    assert page.count("<svg") == page.count("<svg viewBox") == page.count("</svg>")
    assert "@page" in page
    for section in made.sections:
        assert f'<h2 id="{section.name}">{section.title}</h2>' in page


def test_a_plot_brings_its_colours(made: Document) -> None:
    """A PDF takes no styles of the page into a plot."""
    for section in made.sections:
        for plot, _ in section.plots:
            used = set(re.findall(r'class="(\w+)"', plot))
            assert used
            assert used == {each for each in used if f".{each}{{" in plot}


def test_a_template_of_ones_own_extends_the_page(made: Document, tmp_path: Path) -> None:
    own = tmp_path / "own.html"
    own.write_text(
        '{% extends "report/report.html" %}{% block facts %}<p>ACME {{ report.period }}</p>{% endblock %}'
    )
    page = html(made, own)
    assert f"<p>ACME {made.period}</p>" in page
    assert '<dl class="facts">' not in page
    assert '<h2 id="vms">' in page
    own.write_text("{{ report.owner }} {{ '<b>' }}")
    assert html(replace(made, owner="<i>"), own) == "&lt;i&gt; &lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "said"), [("a\n{% if %}", ":2: "), ("{{ report.none }}", ": "), ('{% include "x" %}', ": x")]
)
def test_a_wrong_template_is_one_line(made: Document, tmp_path: Path, text: str, said: str) -> None:
    own = tmp_path / "own.html"
    own.write_text(text)
    with pytest.raises(ValueError, match=r"own\.html") as raised:
        html(made, own)
    assert str(raised.value).startswith(f"{own}{said}")
    assert "\n" not in str(raised.value)


def pages(content: bytes) -> int:
    """How many pages a PDF has, whose objects newer versions pack."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    texts = (content, *map(_unpacked, streams))
    return sum(len(re.findall(rb"/Type\s*/Page\b", each)) for each in texts)


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return b""


def test_a_pdf_has_pages_and_fetches_nothing(made: Document, caplog: pytest.LogCaptureFixture) -> None:
    short = replace(made, sections=tuple(replace(each, rows=each.rows[:3]) for each in made.sections))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        asked = f"http://127.0.0.1:{server.getsockname()[1]}/x.png"
        content = pdf(
            html(short).replace("<main", f'<img src="{asked}" alt="x"><img src="file:///etc/hosts"><main')
        )
        with pytest.raises(TimeoutError):
            server.accept()
    assert content.startswith(b"%PDF-")
    assert pages(content) > 2
    assert sum("reports fetch nothing" in each.getMessage() for each in caplog.records) == 2
    assert {each.levelname for each in caplog.records} == {"ERROR"}


def test_a_table_for_spreadsheets_has_units_and_all_vms(made: Document) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(made))))
    assert len(rows) == len(made.usages) == 60
    assert {"CPU mean (%)", "Memory (GiB)", "Network mean (MiB/s)", "Cost (EUR a month)"} <= set(rows[0])
    plain = {"VM", "Host", "Owner", "vCPUs", "Recommended vCPUs", "CPU verdict", "Memory verdict"}
    assert all("(" in title for title in set(rows[0]) - plain)
    of = made.usages[0]
    assert rows[0]["VM"] == of.vm.domain
    assert float(rows[0]["CPU mean (%)"]) == pytest.approx(100 * (of.means["vm_cpu"] or 0), rel=1e-4)


def test_a_name_that_a_spreadsheet_would_run_is_harmless(made: Document) -> None:
    row = next(iter(csv.DictReader(io.StringIO(as_csv(renamed(made, HOSTILE))))))
    assert (row["VM"], row["Owner"]) == (f"'{HOSTILE}", f"'{HOSTILE}")


def test_json_has_all_that_was_said(made: Document) -> None:
    known = json.loads(as_json(made, {"issues": [float("inf")]}))
    assert len(known["vms"]) == 60
    assert known["issues"] == [None]
    assert {"runway", "reserve", "sizes", "waste", "cost", "compare", "patterns"} <= set(known)
    assert len(known["sizes"]) == 120
    assert (known["since"], known["until"]) == (made.since, made.until)
