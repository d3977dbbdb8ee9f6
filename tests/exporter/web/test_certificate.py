"""When certificates expire, beside what openssl says."""

from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from exporter.web.certificate import first_expiry
from exporter.web.gate import Gate
from exporter.web.message import WebError

if TYPE_CHECKING:
    from pathlib import Path


def issued(folder: Path, name: str, days: int, *more: str) -> Path:
    """A self-signed certificate."""
    file = folder / f"{name}.crt"
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    files = ["-keyout", str(folder / f"{name}.key"), "-out", str(file)]
    command += ["-days", str(days), "-subj", f"/CN={name}", *files, *more]
    subprocess.run(command, check=True, capture_output=True)
    return file


def by_openssl(file: Path) -> float:
    command = ["openssl", "x509", "-noout", "-enddate", "-in", str(file)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    date = told.strip().replace("GMT", "+0000")
    return datetime.strptime(date, "notAfter=%b %d %H:%M:%S %Y %z").timestamp()


# To 2049 the date has two digits of the year, from 2050 on four.
@pytest.mark.parametrize("days", [1, 400, 20_000])
def test_the_end_is_openssl_s(tmp_path: Path, days: int) -> None:
    file = issued(tmp_path, "any", days)
    assert first_expiry(file.read_text()) == by_openssl(file)


def test_a_long_name_and_many_names_do_not_matter(tmp_path: Path) -> None:
    names = ",".join(f"DNS:host-{number}.example.org" for number in range(200))
    file = issued(tmp_path, "o" * 60, 30, "-addext", f"subjectAltName={names}")
    assert first_expiry(file.read_text()) == by_openssl(file)


def test_of_a_chain_the_first_end_counts_and_keys_are_no_certificates(tmp_path: Path) -> None:
    long, short = issued(tmp_path, "long", 300), issued(tmp_path, "short", 3)
    key = (tmp_path / "long.key").read_text()
    assert first_expiry(key + long.read_text() + short.read_text()) == by_openssl(short)
    assert first_expiry(key) is None


def test_the_gate_knows_the_end_and_that_of_a_renewed_certificate(tmp_path: Path) -> None:
    first = by_openssl(issued(tmp_path, "own", 30))
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: own.crt, key_file: own.key}\n")
    gate = Gate(tmp_path / "web.yml")
    assert gate.rules.expires == first
    renewed = by_openssl(issued(tmp_path, "own", 90))
    assert gate.refresh()
    assert gate.rules.expires == renewed


def test_without_tls_nothing_expires() -> None:
    assert Gate(None).rules.expires is None


def test_what_is_no_certificate_is_an_error() -> None:
    block = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----"
    with pytest.raises((ValueError, LookupError)):
        first_expiry(block)


def test_a_certificate_that_ends_in_a_thirteenth_month_is_refused_in_one_line(tmp_path: Path) -> None:
    """OpenSSL takes it; who verifies it would not."""
    file = issued(tmp_path, "own", 400)
    end = f"{datetime.fromtimestamp(by_openssl(file), UTC):%y%m%d%H%M%SZ}".encode()
    der = ssl.PEM_cert_to_DER_cert(file.read_text())
    assert der.count(end) == 1
    file.write_text(ssl.DER_cert_to_PEM_cert(der.replace(end, end[:2] + b"13" + end[4:])))
    (tmp_path / "web.yml").write_text("tls_server_config: {cert_file: own.crt, key_file: own.key}\n")
    with pytest.raises(WebError, match=r"cannot read when the certificate expires \(.*own\.crt\)"):
        Gate(tmp_path / "web.yml")
