"""Label matchers that stand in braces, alone or joined with a comma."""

from __future__ import annotations

HOST = 'instance=~"$instance"'  # on a page of one host this becomes a comparison: generation.py
# Several names stand in double quotes, in the data source's own format. Where a filter is set, Grafana writes
# each matcher anew with double quotes, and what stood between backticks is escaped too little (ADR 66).
# On pages of many providers and owners: every series where all are chosen, else those of their VMs.
MINE = 'domain=~"${vms}${others}"'
NARROWED = f"{HOST}, {MINE}"
JUDGED = f'{NARROWED}, resource=~"$resource"'  # what the forecaster says, of the chosen resources
OWNERS = 'owner=~"$owner"'  # of series that belong to no VM
CHOSEN_VMS = f'{NARROWED}, domain=~"${{domain}}"'  # on pages of many VMs that let some be chosen
NAME = "`${domain:raw}`"  # of the VM of a page of one
THIS_VM = f"{HOST}, domain={NAME}"
OF_VMS = 'domain!=""'  # every series of a VM has its name, no series of a host has one
OF_HOSTS = 'domain=""'
LOADED = 'ALERTS{alertname="Watchdog", kind="actual"}'  # ours, which always fires: the alerts are evaluated
NO_RULES = (LOADED, "Not known: no rules of alerts are loaded")  # the source of tables of alerts
FIRING = f'alertstate="firing", severity!="none", {HOST}'  # the watchdog always fires: that is no news
