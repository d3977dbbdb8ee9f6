"""Label matchers that stand in braces, alone or joined with a comma."""

from __future__ import annotations

HOST = 'instance=~"$instance"'
# On pages of many providers and owners: every series where all are chosen, else those of their VMs.
NARROWED = f'{HOST}, domain=~"${{vms:pipe}}"'
JUDGED = f'{NARROWED}, resource=~"$resource"'  # what the forecaster says, of the chosen resources
CHOSEN_VMS = f'{HOST}, domain=~"$domain"'  # on pages of many VMs that let some be chosen
THIS_VM = f'{HOST}, domain="$domain"'
OF_VMS = 'domain!=""'  # every series of a VM has its name, no series of a host has one
OF_HOSTS = 'domain=""'
FIRING = f'alertstate="firing", severity!="none", {HOST}'  # the watchdog always fires: that is no news
