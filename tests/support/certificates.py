"""Throw-away certificates, made by openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

# What a strict verification (RFC 5280) wants to read in an authority.
USAGE = "critical,digitalSignature,keyCertSign,cRLSign"


@dataclass(frozen=True)
class Certificates:
    """Files of one throw-away authority; names as in `issue`."""

    folder: Path

    def file(self, name: str) -> Path:
        return self.folder / name

    def issue(self, name: str, *sans: str) -> None:
        """NAME.crt and NAME.key, signed by the authority "ca" (which signs itself)."""
        signed_by = (
            [] if name == "ca" else ["-CA", str(self.file("ca.crt")), "-CAkey", str(self.file("ca.key"))]
        )
        names = ["-addext", f"keyUsage={USAGE}"]
        if sans:
            names += ["-addext", "subjectAltName=" + ",".join(sans)]
        files = ["-keyout", str(self.file(f"{name}.key")), "-out", str(self.file(f"{name}.crt"))]
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        command = ["openssl", "req", "-x509", *kind, "-subj", f"/CN={name}", *files, *names, *signed_by]
        subprocess.run(command, check=True, capture_output=True)

    def trust(self, client: str | None = None) -> ssl.SSLContext:
        """A client's context that trusts the authority, with the certificate of `client`."""
        context = ssl.create_default_context(cafile=str(self.file("ca.crt")))
        context.verify_flags |= ssl.VERIFY_X509_STRICT  # the default from Python 3.13 on
        if client:
            context.load_cert_chain(self.file(f"{client}.crt"), self.file(f"{client}.key"))
        return context
