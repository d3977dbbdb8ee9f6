"""A web configuration is checked before it is in force, with files that only come with the service."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING, NoReturn

import pytest

from exporter.web import checked_file
from exporter.web.checked_file import checked
from exporter.web.message import WebError

if TYPE_CHECKING:
    from pathlib import Path

    from certificates import Certificates


@pytest.fixture
def folder(tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("server.crt", "server.key", "client.crt", "client.key"):
        shutil.copy(certificates.file(name), tmp_path)
    for name in ("CREDENTIALS", "SECRETS"):
        (tmp_path / name.lower()).mkdir()
        monkeypatch.setattr(checked_file, name, tmp_path / name.lower())
    return tmp_path


def web(folder: Path, cert: str, key: str) -> Path:
    """A file with these names; those of credentials begin with `credentials/`."""
    (folder / "web.yml").write_text(f"tls_server_config: {{cert_file: {cert}, key_file: {key}}}\n")
    return folder / "web.yml"


def given(name: str, program: str = "exporter") -> str:
    return f"credentials/virtcast-{program}.service/secret_{name}"


def keep(folder: Path, key: str, place: str = "secrets/exporter.secrets/server.key") -> None:
    """Put a copy of the key there: where systemd takes it from, unless told otherwise."""
    (folder / place).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / key, folder / place)


def test_what_a_server_can_start_with_is_ok(folder: Path) -> None:
    assert checked(web(folder, "server.crt", "server.key")).word == "ok"


@pytest.mark.parametrize(
    ("cert", "key"),
    [
        ("server.crt", "client.key"),  # of another certificate
        ("server.crt", "none.key"),
        ("none.crt", "credentials/of-another/unit"),
        ("web.yml", "credentials/of-another/unit"),  # no certificate
    ],
)
def test_what_a_server_cannot_start_with_is_refused(folder: Path, cert: str, key: str) -> None:
    with pytest.raises(WebError):
        checked(web(folder, cert, key))


def test_a_secret_is_what_the_next_start_gives_the_service(folder: Path) -> None:
    path = web(folder, "server.crt", given("server.key"))
    keep(folder, "server.key")
    assert checked(path).word == "ok"
    keep(folder, "client.key", given("server.key"))  # of the last start: a renewed one is not there yet
    assert checked(path).word == "ok"
    keep(folder, "client.key")
    keep(folder, "server.key", given("server.key"))
    with pytest.raises(WebError, match="cannot use the certificate and key"):
        checked(path)


def test_a_secret_in_a_folder_has_a_name_of_both(folder: Path) -> None:
    keep(folder, "server.key", "secrets/exporter.secrets/tls/server.key")
    assert checked(web(folder, "server.crt", given("tls_server.key"))).word == "ok"


@pytest.mark.parametrize("key", [given("sever.key"), given("server.key", "exportr"), given("link")])
def test_a_secret_that_no_start_gives_is_refused(folder: Path, key: str) -> None:
    keep(folder, "server.key")
    (folder / "secrets/exporter.secrets/link").symlink_to(folder / "server.key")  # systemd leaves links out
    with pytest.raises(WebError, match="secrets"):
        checked(web(folder, "server.crt", key))


def test_a_secret_that_root_alone_can_read_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate is parsed all the same. The tests may run as root."""

    def closed(folder: Path) -> NoReturn:
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))

    monkeypatch.setattr(checked_file, "_secrets", closed)
    found = checked(web(folder, "server.crt", given("server.key")))
    assert (found.word, "secret_server.key" in found.text) == ("none", True)
    with pytest.raises(WebError, match="cannot use the certificates"):
        checked(web(folder, "server.key", given("server.key")))


def test_a_credential_of_a_unit_that_is_not_ours_is_told(folder: Path) -> None:
    assert checked(web(folder, "server.crt", "credentials/virtcast-exporter.service/own")).word == "none"
    assert checked(web(folder, given("none", "x/y"), "server.key")).word == "none"


def test_an_unknown_key_is_refused_with_its_line(folder: Path) -> None:
    (folder / "web.yml").write_text("\nunheard_of: 1\n")
    with pytest.raises(WebError, match=r"web\.yml:2: unknown key"):
        checked(folder / "web.yml")
