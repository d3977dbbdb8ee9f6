"""Annotations of an alert, and the Go templates in them that look up a further value when it fires."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alert_rules.alert import Alert
    from alert_rules.values import Scalar

# A label of the alert or of a series in a loop. Operators name instances, and guests the rest.
_LABEL = re.compile(r"\{\{ (\$labels\.(?!instance )\w+|\.Labels\.\w+) \}\}")

THE_VM = "The VM {{ $labels.domain }} on {{ $labels.instance }}"
DISK = "The disk {{ $labels.target_device }} of the VM {{ $labels.domain }} on {{ $labels.instance }}"
RATIO = "{{ $value | humanizePercentage }}"
NUMBER = '{{ $value | printf "%.0f" }}'
AGE = "{{ $value | humanizeDuration }}"

PERCENT = "{{ . | first | value | humanizePercentage }}"
DURATION = "{{ . | first | value | humanizeDuration }}"
SHOWN_CHARACTERS = 100  # of a label in a text: a summary is one line


def shown(text: str) -> str:
    r"""The text with harmless labels: control characters and directional marks become "?", long ones are cut.

    >>> print(shown("{{ $labels.domain }} is full"))
    {{ $labels.domain | reReplaceAll "\\pC" "?" | printf "%.100s" }} is full
    """
    return _LABEL.sub(rf'{{{{ \1 | reReplaceAll "\\\\pC" "?" | printf "%.{SHOWN_CHARACTERS}s" }}}}', text)


def queried(query: str) -> str:
    """The template's words for the result of a PromQL query.

    The query names labels of the alert as "$instance":

    >>> queried('libvirt_up{instance="$instance"} == 0')
    'printf "libvirt_up{instance=%+q} == 0" $labels.instance | query'

    %+q writes what is not ASCII as escapes: PromQL refuses U+FFFD as it is.
    """
    label = re.compile(r'"\$(\w+)"')
    text = label.sub("%+q", query).replace('"', "'")
    return " ".join((f'printf "{text}"', *(f"$labels.{name}" for name in label.findall(query)), "| query"))


def where(query: str, told: str, otherwise: str = "") -> str:
    """`told` where the query has a result, which is `.` there; `otherwise` where it has none."""
    rest = f"{{{{ else }}}}{otherwise}" if otherwise else ""
    return f"{{{{ with {queried(query)} }}}}{told}{rest}{{{{ end }}}}"


def each(query: str, told: str, otherwise: str) -> str:
    """`told` for every series of the query's result, which is `.` there; `otherwise` where there is none.

    They stand in the order of the first label that is told: a text that changes its order would be another
    one to whoever gets it. topk orders by value itself.

    >>> each("up == 0", "{{ .Labels.job }} ", "none")
    '{{ range printf "up == 0" | query | sortByLabel "job" }}{{ .Labels.job }} {{ else }}none{{ end }}'
    """
    by = re.search(r"\.Labels\.(\w+)", told)
    order = f' | sortByLabel "{by[1]}"' if by and not query.startswith("topk(") else ""
    return f"{{{{ range {queried(query)}{order} }}}}{told}{{{{ else }}}}{otherwise}{{{{ end }}}}"


# Never empty: Prometheus then shows the template itself in ALERTS.
OWNER = where(
    'vm:owner:info{instance="$instance",domain="$domain"}',
    '{{ . | first | label "owner" }}',
    otherwise="none",
)


def label(alert: Alert, chosen: Mapping[str, Scalar]) -> dict[str, str]:
    """All labels of an alert: the row's, who operates the fleet, and who owns the VM.

    The owner is looked up when the alert fires; "none" where nobody owns the VM.
    """
    team = {"team": str(chosen["team"])} if chosen["team"] else {}
    return alert.all_labels | team | ({"owner": OWNER} if alert.of_vm else {})


def annotate(alert: Alert, addresses: Mapping[str, Scalar]) -> dict[str, str]:
    """All annotations of an alert, with links to its runbook, its dashboard and, if there are some, logs."""
    query = "&".join(f"var-{name}={{{{ $labels.{name} | urlquery }}}}" for name in alert.dashboard.variables)
    page = f"{addresses['grafana_url']}/d/{alert.dashboard.uid}"
    return {
        "summary": shown(alert.summary),
        "description": shown(alert.description),
        "runbook_url": f"{addresses['runbook_url']}/{alert.runbook_name}.md",
        "dashboard_url": f"{page}?{query}" if query else page,
        **_logs(alert, str(addresses["logs_url"])),
    }


def _logs(alert: Alert, url: str) -> dict[str, str]:
    """The link to logs of the VM or host, where the address has a place for it."""
    labels = {"DOMAIN": "domain", "INSTANCE": "instance"}
    wanted = {word: name for word, name in labels.items() if word in url}
    if not wanted or not set(wanted.values()) <= set(alert.dashboard.variables):
        return {}
    for word, name in wanted.items():
        url = url.replace(word, f"{{{{ $labels.{name} | urlquery }}}}")
    return {"logs_url": url}
