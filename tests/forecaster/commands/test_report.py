"""`report` with a real Prometheus: documents are written, archived and mailed; mistakes are said before."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from filled_prometheus import filled
from forecaster.cli import main
from forecaster.config.resources import RESOURCES
from forecaster.promql.results import PromqlError, Result
from forecaster.serve import loop
from forecaster.serve.clients import StoppableClient
from sinks import MailServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forecaster.series.frame import Track

STEP, DAYS = 300, 2
SERIES = {
    'vm:cpu_utilization:ratio{domain="web",instance="h1"}': 0.25,
    'vm:cpu_utilization:ratio{domain="db",instance="h1"}': 0.5,
    'vm:memory_utilization:ratio{domain="web",instance="h1"}': 0.75,
    'libvirt_domain_info_virtual_cpus{domain="web",instance="h1"}': 4,
    'libvirt_domain_info_virtual_cpus{domain="db",instance="h1"}': 2,
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Two days of two VMs, up to now and for as long as the tests may take."""
    now = int(time.time()) // STEP * STEP
    times = range(now - DAYS * 86_400, now + 3_600, STEP)
    names = sorted({series.partition("{")[0] for series in SERIES})
    lines = [
        line
        for name in names
        for line in (
            f"# TYPE {name} gauge",
            *(
                f"{series} {value + 0.01 * (at // STEP % 2)} {at}"
                for series, value in SERIES.items()
                if series.startswith(f"{name}{{")
                for at in times
            ),
        )
    ]
    with filled("\n".join([*lines, "# EOF\n"]).encode(), tmp_path_factory.mktemp("prometheus")) as address:
        yield address


def test_a_table_is_printed(url: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["report", f"--prometheus.url={url}", "--format=csv", "--since=1d"]) == 0
    rows = {row["VM"]: row for row in csv.DictReader(capfdbinary.readouterr().out.decode().splitlines())}
    assert set(rows) == {"web", "db"}
    assert float(rows["web"]["CPU mean (%)"]) == pytest.approx(25.5, abs=0.2)
    assert float(rows["web"]["Memory mean (%)"]) == pytest.approx(75.5, abs=0.2)
    assert (rows["web"]["Known (hours)"], rows["db"]["Memory mean (%)"]) == ("24.0", "")


def test_a_report_is_written_though_the_last_resource_is_slow(
    url: str, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its own figures are missing; the exit status tells."""

    class Slow(StoppableClient):
        def query(self, expression: str, at: int, retries: int | None = None) -> list[Track]:
            self._time_out(expression)
            return super().query(expression, at, retries)

        def query_range(
            self, expression: str, start: int, end: int, step: int, retries: int | None = None
        ) -> list[Track]:
            self._time_out(expression)
            return super().query_range(expression, start, end, step, retries)

        def _time_out(self, expression: str) -> None:
            if expression == RESOURCES[-1].query:
                raise PromqlError(Result.TIMEOUT, "no answer within 30 s")

    monkeypatch.setattr(loop, "StoppableClient", Slow)
    assert main(["report", f"--prometheus.url={url}", "--format=csv", "--since=1d"]) == 1
    rows = csv.DictReader(capfdbinary.readouterr().out.decode().splitlines())
    assert {row["VM"] for row in rows} == {"web", "db"}


def test_a_page_is_archived_and_mailed(url: str, tmp_path: Path) -> None:
    old = tmp_path / "virtcast-20200101T0000Z.html"
    old.write_text("old")
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        mailed = [
            f"--mail.smarthost=127.0.0.1:{server.port}",
            "--mail-to=a@example.org",
            "--mail-to=b@example.org",
        ]
        flags = [f"--prometheus.url={url}", f"--archive.dir={tmp_path}", "--since=2d", *mailed]
        assert main(["report", "--format=html", *flags]) == 0
        server.shutdown()
    (path,) = tmp_path.iterdir()
    assert path != old
    page = path.read_text()
    assert "<svg" in page
    assert "web" in page
    (mail,) = server.mails
    (attached,) = mail.message.iter_attachments()
    assert attached.get_filename() == path.name
    assert attached.get_content().replace("\r\n", "\n").rstrip() == page.rstrip()
    assert mail.message["To"] == "a@example.org, b@example.org"


def test_all_of_it_is_json(url: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    assert main(["report", f"--prometheus.url={url}", "--format=json", f"--output={path}"]) == 0
    told = json.loads(path.read_text())
    assert {"facts", "issues", "anomalies", "groups", "runway", "sizes", "vms"} <= set(told)
    assert told["until"] - told["since"] == 30 * 86_400
    assert told["facts"]["VMs"] == "2"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--owner=x"], "for a terminal has no owner"),
        (["--format=json", "--shard=1/2"], "--shard is for text: a document is on the whole fleet"),
        (["--format=csv", "--template=x"], "--template is for html and pdf"),
        (["--format=pdf", "--output=/none/x.pdf"], "/none is no directory that can be written to"),
        (["--format=pdf", "--archive.dir=/none"], "/none is no directory that can be written to"),
        (["--format=pdf", "--mail-to=a@b", "--mail.username=me"], "need one another"),
        (
            ["--format=pdf", "--mail-to=a@b", "--mail.username=me", "--mail.password-file=/none"],
            "cannot read",
        ),
        (["--format=html", "--template=/none"], "/none"),
        (["--format=csv", "--output=/dev/null"], "/dev/null is there and is no file"),
        (["--output=/"], "/ is there and is no file"),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_read(
    capsys: pytest.CaptureFixture[str], flags: list[str], said: str
) -> None:
    assert main(["report", "--prometheus.url=http://127.0.0.1:9", *flags]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.startswith("virtcast-forecaster: ")
    assert error.count("\n") == 1


def test_steps_of_weasyprint_are_not_told_from_its_import_on() -> None:
    program = (
        "import logging; logging.basicConfig(level=logging.INFO)\n"
        "from forecaster.report.pdf import pdf, weasyprint\nweasyprint()\npdf('<p>x</p>')"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stderr == ""


def test_a_pdf_without_weasyprint_is_said_before_anything_is_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    assert main(["report", "--prometheus.url=http://127.0.0.1:9", "--format=pdf"]) == 1
    assert capsys.readouterr().err.startswith("virtcast-forecaster: weasyprint is not installed")


@pytest.mark.parametrize(
    "flag", ["--since=1h", "--since=401d", "--since=x", "--mail.smarthost=h", "--format=doc"]
)
def test_a_bad_flag_is_told(capsys: pytest.CaptureFixture[str], flag: str) -> None:
    with pytest.raises(SystemExit):
        main(["report", flag])
    assert flag.partition("=")[0] in capsys.readouterr().err


def test_an_owner_that_nobody_is_is_said(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", f"--prometheus.url={url}", "--format=csv", "--owner=shop"]) == 1
    assert "no VM is of 'shop': owners are none" in capsys.readouterr().err
