"""Annotations: look-ups in Go templates, written as plain PromQL, and links."""

from __future__ import annotations

import doctest
from dataclasses import replace

from alert_rules import annotations as module
from alert_rules.alert import FLEET, VM_PAGE
from alert_rules.annotations import annotate, each, where
from alert_rules.registry import ALERTS

ADDRESSES = {"grafana_url": "http://board", "runbook_url": "http://book", "logs_url": ""}


def test_examples() -> None:
    assert doctest.testmod(module).failed == 0


def test_a_query_names_labels_of_the_alert() -> None:
    assert where('max(a{x="1",instance="$instance",domain="$domain"})', " is {{ . }}") == (
        "{{ with printf \"max(a{x='1',instance=%+q,domain=%+q})\" $labels.instance $labels.domain | query }}"
        " is {{ . }}{{ end }}"
    )


def test_a_query_without_a_result_has_a_text_of_its_own() -> None:
    assert where("up", "yes", otherwise="no") == '{{ with printf "up" | query }}yes{{ else }}no{{ end }}'
    assert (
        each("up", "one ", otherwise="none") == '{{ range printf "up" | query }}one {{ else }}none{{ end }}'
    )


def test_links_hand_on_the_dashboard_s_variables() -> None:
    alert = replace(ALERTS[0], name="VmStrange", dashboard=VM_PAGE, runbook="")
    found = annotate(alert, ADDRESSES)
    assert found["runbook_url"] == "http://book/VmStrange.md"
    assert found["dashboard_url"] == (
        "http://board/d/virtcast-vm?var-instance={{ $labels.instance | urlquery }}"
        "&var-domain={{ $labels.domain | urlquery }}"
    )
    assert (
        annotate(replace(alert, dashboard=FLEET), ADDRESSES)["dashboard_url"]
        == "http://board/d/virtcast-fleet"
    )
