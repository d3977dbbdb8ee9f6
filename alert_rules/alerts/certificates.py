"""Certificates of virtcast's own programs, and of whatever blackbox_exporter connects to by TLS."""

from __future__ import annotations

from alert_rules.alert import FLEET, Alert, Area
from alert_rules.annotations import AGE
from alert_rules.values import Section, Value

VALUES = Section(
    "certificates",
    "TLS certificates",
    (
        Value(
            "soon_seconds",
            14 * 86_400,
            "From this time before its end on a certificate expires soon. Let it be shorter than what your "
            "certificates have left when they are renewed.",
        ),
        Value("soon_for", "1h", "It expires soon this long before it is reported."),
    ),
)
LEFT = """(
    min by (job, instance) (
      libvirt_exporter_certificate_expiry_timestamp_seconds
        or virtcast_certificate_expiry_timestamp_seconds
        or probe_ssl_earliest_cert_expiry
    )
      - time()
  )"""
ITS = "The TLS certificate of {{ $labels.instance }} (job {{ $labels.job }})"

ALERTS = (
    Alert(
        name="CertificateExpiresSoon",
        expr=f"""\
{LEFT} < $soon_seconds
  and
{LEFT} > 0""",
        for_="$soon_for",
        severity="warning",
        kind="actual",
        summary=f"The certificate of {{{{ $labels.instance }}}} expires in {AGE}",
        description=f"{ITS} expires in {AGE}. From then on clients that verify it do not connect.",
        dashboard=FLEET,
    ),
    Alert(
        name="CertificateExpired",
        expr=f"{LEFT} <= 0",
        severity="critical",
        kind="actual",
        summary="The certificate of {{ $labels.instance }} has expired",
        runbook="CertificateExpiresSoon",
        description=f"{ITS} has expired. Clients that verify it do not connect.",
        dashboard=FLEET,
    ),
)

AREAS = (Area(VALUES, ALERTS),)
