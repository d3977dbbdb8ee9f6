"""Ways between the pages. They keep no time: the VM page ends ahead of now, the fleet page at now."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import DashboardLink
from grafana_foundation_sdk.models.dashboard import DashboardLinkType

FLEET_UID = "virtcast-fleet"
VM_UID = "virtcast-vm"
HOST_UID = "virtcast-host"


def _vm(instance: str, domain: str) -> str:
    page = f"/d/{VM_UID}?var-datasource=${{datasource}}&var-horizon=${{horizon}}"
    return f"{page}&var-instance=${{{instance}}}&var-domain=${{{domain}}}"


# The same link as the value of a field override: from a row of a table with the columns domain and instance …
VM_CELL: dict[str, object] = {
    "noValue": "",
    "links": [{"title": "Open this VM", "url": _vm("__data.fields.instance", "__data.fields.domain")}],
}
# … and from a series with the labels instance and domain.
VM_SERIES = DashboardLink("Open this VM").url(_vm("__field.labels.instance", "__field.labels.domain"))


# A row's host, from its column instance.
HOST_CELL: dict[str, object] = {
    "noValue": "",
    "links": [
        {
            "title": "Open this host",
            "url": f"/d/{HOST_UID}?var-datasource=${{datasource}}&var-horizon=${{horizon}}"
            "&var-instance=${__data.fields.instance}",
        }
    ],
}


def to_page(title: str, url: str, tooltip: str) -> DashboardLink:
    """A link in the page's head."""
    return (
        DashboardLink(title)
        .type(DashboardLinkType.LINK)
        .icon("dashboard")
        .url(url)
        .tooltip(tooltip)
        .include_vars(False)
        .keep_time(False)
        .tags([])
    )
