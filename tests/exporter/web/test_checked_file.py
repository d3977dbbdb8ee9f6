"""A web configuration is checked before it is in force, with files that only come with the service."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from exporter.web import checked_file
from exporter.web.checked_file import checked
from exporter.web.message import WebError

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Certificates


@pytest.fixture
def folder(tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("server.crt", "server.key", "client.key"):
        shutil.copy(certificates.file(name), tmp_path)
    monkeypatch.setattr(checked_file, "CREDENTIALS", tmp_path / "credentials")
    return tmp_path


def web(folder: Path, cert: str, key: str) -> Path:
    (folder / "web.yml").write_text(f"tls_server_config: {{cert_file: {cert}, key_file: {key}}}\n")
    return folder / "web.yml"


def test_what_a_server_can_start_with_is_ok(folder: Path) -> None:
    assert checked(web(folder, "server.crt", "server.key")).word == "ok"


@pytest.mark.parametrize(
    ("cert", "key"),
    [
        ("server.crt", "client.key"),  # of another certificate
        ("server.crt", "none.key"),
        ("none.crt", "credentials/secret_server.key"),
    ],
)
def test_what_a_server_cannot_start_with_is_refused(folder: Path, cert: str, key: str) -> None:
    with pytest.raises(WebError):
        checked(web(folder, cert, key))


def test_a_key_that_comes_with_the_service_is_told_and_then_checked(folder: Path) -> None:
    path = web(folder, "server.crt", "credentials/secret_server.key")
    found = checked(path)
    assert (found.word, "secret_server.key" in found.text) == ("none", True)
    (folder / "credentials").mkdir()
    shutil.copy(folder / "server.key", folder / "credentials/secret_server.key")
    assert checked(path).word == "ok"
    shutil.copy(folder / "client.key", folder / "credentials/secret_server.key")
    with pytest.raises(WebError):
        checked(path)


def test_an_unknown_key_is_refused_with_its_line(folder: Path) -> None:
    (folder / "web.yml").write_text("\nunheard_of: 1\n")
    with pytest.raises(WebError, match=r"web\.yml:2: unknown key"):
        checked(folder / "web.yml")
