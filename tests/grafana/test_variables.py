"""What narrows the pages of many VMs, asked of a real Prometheus."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from dashboards import VALUES, columns, expressions, filled_in, panel, variable_expression, variables
from filled_prometheus import filled
from grafana.queries.selectors import CHOSEN_VMS, NARROWED, OF_VMS, THIS_VM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from dashboards import Json

PAGES = Path(__file__).resolve().parents[2] / "grafana/json"
NOW = 1_790_000_000  # seconds
SAMPLES = (
    'vm:cpu_utilization:ratio{provider="libvirt",instance="a",domain="shop-1"}',
    'vm:cpu_utilization:ratio{provider="libvirt",instance="b",domain="nobody-1"}',
    'vm:cpu_utilization:ratio{provider="vmware",instance="c",domain="shop-2"}',
    'vm:owner:info{provider="libvirt",instance="a",domain="shop-1",owner="shop"}',
    'vm:owner:info{provider="vmware",instance="c",domain="shop-2",owner="shop"}',
    'libvirt_up{instance="a"}',
    'libvirt_up{instance="empty"}',
    'host:vms:count{instance="a"}',
    *(
        f'{series}{{provider="xen",instance="d",domain="{vm}"{owner}}}'
        for vm in (r"a[1]|b(c)", "a.b", "uo'te", r"back\\slash", "a/b $1 {x}^+?*")
        for series, owner in (("vm:cpu_utilization:ratio", ""), ("vm:owner:info", ',owner="odd"'))
    ),
    'vm:cpu_utilization:ratio{provider="xen",instance="d",domain="a1"}',
    r'vm:cpu_utilization:ratio{provider="xen",instance="d",domain="say \"hi\""}',
    *(
        f'vm:owner:info{{provider="xen",instance="e",domain="of-{number}",owner="{owner}"}}'
        for number, owner in enumerate(
            (r"say \"hi\"", r"back\\slash", "a[1]|b(c)", "a.b", "$owner, {x}^+?*", "axb", "a1")
        )
    ),
    'vm:cpu_utilization:ratio{provider="xen",instance="d",domain="axb"}',
    *(
        f'{series}{{provider="azure",instance="{host}"{vm}}}'
        for host in ("[2001:db8::1]:9177", "group(prod)", "1", "groupprod")
        for series, vm in (
            ("host:cpu_utilization:ratio", ""),
            ("vm:cpu_utilization:ratio", f',domain="on-{host}"'),
            ("vm:owner:info", f',domain="on-{host}",owner="net"'),
        )
    ),
    'virtcast_anomaly_score{resource="vm_cpu",instance="a",domain="shop-1"}',
    'virtcast_anomaly_score{resource="vm_memory",instance="b",domain="nobody-1"}',
    'virtcast_anomaly_score:max5m{instance="a",domain="shop-1"}',
    'virtcast_anomaly_score:max5m{instance="b",domain="nobody-1"}',
)
MOVED = (  # series of the VM that a page of one shows as it moved, and their times
    ('libvirt_domain_state{instance="a",domain="db",state="running"} 1', NOW - 1800),
    ('vm:cpu_utilization:ratio{provider="libvirt",instance="a",domain="db"} 1', NOW - 900),
    ('libvirt_domain_state{instance="b",domain="db",state="running"} 1', NOW - 1200),
    ('libvirt_domain_state{instance="c",domain="db",state="shutoff"} 1', NOW - 900),
)
ODD_HOSTS = ("[2001:db8::1]:9177", "group(prod)")
HOSTS = {"a", "b", "c", "d", "e", "empty", "1", "groupprod", *ODD_HOSTS}
ODD = ("a[1]|b(c)", "a.b", "uo'te", "back\\slash", "a/b $1 {x}^+?*")
ODD_OWNERS = ('say "hi"', "back\\slash", "a[1]|b(c)", "a.b", "$owner, {x}^+?*")  # of of-0, of-1 and so on


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    samples = (*MOVED, *((f"{series} 1", NOW) for series in SAMPLES))
    text = "".join(f"{sample} {at}\n" for sample, at in samples)
    with filled(f"{text}# EOF\n".encode(), tmp_path_factory.mktemp("variables")) as url:
        yield url


def dashboard(page: str) -> Json:
    found: Json = json.loads((PAGES / f"virtcast-{page}.json").read_text())
    return found


def values(url: str, page: str, name: str, **chosen: str | tuple[str, ...]) -> set[str]:
    """What the variable of the page offers while these values of others are chosen."""
    variable = variables(dashboard(page))[name]
    query = written(page, variable_expression(variable), chosen)
    rows = asked(url, query)
    if not variable.get("regex"):
        return {row[label] for row in rows for label in [_label(variable)] if label in row}
    texts = (",".join(f'{label}="{text}"' for label, text in row.items()) for row in rows)
    said = (re.search(variable["regex"].strip("/"), f"{{{text}}} 1 {NOW}000") for text in texts)
    return {found[1] for found in said if found}


def asked(url: str, query: str) -> list[dict[str, str]]:
    """The labels of the series in the answer."""
    answer = requests.post(f"{url}/api/v1/query", data={"query": query, "time": NOW}, timeout=30).json()
    assert answer["status"] == "success", answer
    return [each["metric"] for each in answer["data"]["result"]]


def written(page: str, expression: str, chosen: Mapping[str, str | tuple[str, ...]]) -> str:
    """PromQL as Grafana asks it while these values are chosen; what is put in is not looked at again. In its
    data source's own format, patterns are escaped only where several values or all can be chosen.
    """
    put = VALUES | {"$instance": ".*"}
    own = variables(dashboard(page))
    for name, value in chosen.items():
        each = [value] if isinstance(value, str) else value
        escape = twice if own[name].get("multi") or own[name].get("includeAll") else as_text
        put |= {f"${name}": patterns(each, escape), f"${{{name}:regex}}": patterns(each, plainly)}
    wanted = re.compile("|".join(map(re.escape, sorted(put, key=len, reverse=True))))
    return wanted.sub(lambda found: put[found[0]], expression)


def _label(variable: dict[str, dict[str, str]]) -> str:
    return variable["query"]["query"].rpartition(",")[2].strip(" )")


def twice(name: str) -> str:
    """A name in the format of Grafana's data source for Prometheus: escaped twice, as in double quotes."""
    return re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", name.replace("\\", r"\\\\"))


def as_text(name: str) -> str:
    """A name in the same format, of a variable that has one value."""
    return name.replace("\\", r"\\").replace("'", r"\\'")


def plainly(name: str) -> str:
    """A name in Grafana's format `regex`."""
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", r"\\\g<0>", name)


def patterns(names: Iterable[str], escape: Callable[[str], str] = twice) -> str:
    """Chosen values as Grafana writes them."""
    escaped = [escape(name) for name in sorted(names)]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


NARROWED_PAGES = (
    "fleet",
    "insights",
    "capacity",
    "migrations",
    "network",
    "storage",
    "service-levels",
)
of_pages = pytest.mark.parametrize("page", NARROWED_PAGES)


@pytest.mark.parametrize("page", [*NARROWED_PAGES, "host"])
def test_while_all_are_chosen_no_vm_is_named(prometheus: str, page: str) -> None:
    assert values(prometheus, page, "vms") == set()
    assert values(prometheus, page, "others") == {".*"}
    assert values(prometheus, page, "instance") == HOSTS


@of_pages
def test_an_owner_leaves_no_others(prometheus: str, page: str) -> None:
    assert values(prometheus, page, "others", owner="shop") == set()
    assert values(prometheus, page, "vms", owner="shop") == {"shop-1", "shop-2"}


def test_an_owner_leaves_its_vms_of_the_one_host(prometheus: str) -> None:
    assert values(prometheus, "host", "others", owner="shop", instance="a") == set()
    assert values(prometheus, "host", "vms", owner="shop", instance="a") == {"shop-1"}


@pytest.mark.parametrize("host", ODD_HOSTS)
def test_a_host_is_called_whatever_its_target_is(prometheus: str, host: str) -> None:
    """Its own page, where one host is chosen, its tables, and a page of several."""
    assert host in values(prometheus, "host", "instance")
    assert values(prometheus, "host", "vms", owner="net", instance=host) == {f"on-{host}"}
    assert values(prometheus, "fleet", "vms", owner="net", instance=host) == {f"on-{host}"}
    for expression in (
        panel(dashboard("host"), 3)["targets"][0]["expr"],
        columns(panel(dashboard("host"), 31))["CPU"],
    ):
        assert len(asked(prometheus, written("host", expression, {"instance": host}))) == 1


@pytest.mark.parametrize("page", [path.stem.removeprefix("virtcast-") for path in sorted(PAGES.iterdir())])
def test_no_value_that_grafana_does_not_escape_is_a_pattern(page: str) -> None:
    """Hidden variables that stand for a pattern are made of PromQL, not of what people name."""
    known = variables(dashboard(page)).items()
    one = {name for name, each in known if not each.get("multi") and not each.get("includeAll")}
    patterned = {
        name
        for expression in expressions(dashboard(page))
        for matched in re.findall(r'=~"([^"]*)"', expression)
        for name in re.findall(r"\$\{?(\w+)", matched)
    }
    assert patterned & one <= {"others", "critical", "unrecorded"}


@pytest.mark.parametrize("vm", ODD)
def test_a_name_is_a_name_whatever_is_in_it(prometheus: str, vm: str) -> None:
    """Through a page's variables, and as Grafana writes them, into a query."""
    others = values(prometheus, "fleet", "others", owner="odd")
    names = values(prometheus, "fleet", "vms", owner="odd")
    assert names == set(ODD)
    assert vm in values(prometheus, "network", "domain", owner="odd")
    several = {"${vms}": patterns(names), "${others}": "".join(others)}
    of_many = {**several, "${domain}": patterns([vm])}
    assert selected(prometheus, NARROWED, several) == set(ODD)
    assert selected(prometheus, CHOSEN_VMS, of_many) == {vm}
    assert selected(prometheus, THIS_VM, {"${domain:raw}": vm}) == {vm}


@pytest.mark.parametrize("page", ["fleet", "network"])
@pytest.mark.parametrize(("number", "owner"), [*enumerate(ODD_OWNERS)])
def test_an_owner_may_be_called_anything(prometheus: str, page: str, number: int, owner: str) -> None:
    assert values(prometheus, page, "vms", owner=owner) == {f"of-{number}"}
    assert values(prometheus, page, "others", owner=owner) == set()
    two = {f"of-{number}", "shop-1", "shop-2"}
    assert values(prometheus, page, "vms", owner=(owner, "shop")) == two
    assert values(prometheus, "vm", "domain", owner=(owner, "shop")) == two


def test_odd_owners_are_offered_and_have_their_hosts(prometheus: str) -> None:
    assert values(prometheus, "fleet", "owner") >= set(ODD_OWNERS)
    assert [values(prometheus, "fleet", "instance", owner=owner) for owner in ODD_OWNERS] == [{"e"}] * 5


def test_the_name_of_the_one_vm_of_a_page_may_have_double_quotes(prometheus: str) -> None:
    assert selected(prometheus, THIS_VM, {"${domain:raw}": 'say "hi"'}) == {'say "hi"'}


def test_matchers_of_many_names_survive_that_grafana_writes_them_anew() -> None:
    """Where a filter is set, each gets double quotes: between backticks it would be escaped too little."""
    assert not set("`:") & set(CHOSEN_VMS)


def test_the_host_of_a_vm_is_the_one_that_it_runs_on(prometheus: str) -> None:
    """`All`, the page's default, is no host, and the end of the page's time range lies ahead."""
    (link,) = [each["url"] for each in dashboard("vm")["links"] if each["title"] == "Its host"]
    (name,) = re.findall(r"var-instance=\$\{(\w+):percentencode\}", link)
    assert values(prometheus, "vm", name) == {"b"}
    assert values(prometheus, "vm", name, instance="c") == {"c"}


def test_no_vm_left_is_no_vm(prometheus: str) -> None:
    assert not selected(prometheus, f"{OF_VMS}, {NARROWED}", {"${vms}": "()", "${others}": ""})


def selected(url: str, matchers: str, chosen: dict[str, str]) -> set[str]:
    """The VMs that matchers select."""
    query = filled_in(f"vm:cpu_utilization:ratio{{{matchers}}}", {"$instance": ".*", **chosen})
    return {each["domain"] for each in asked(url, query)}


@pytest.mark.parametrize(
    ("chosen", "vms", "hosts"),
    [
        ({"owner": "shop"}, {"shop-1", "shop-2"}, {"a", "c"}),
        ({"provider": "vmware"}, {"shop-2"}, {"c"}),
        ({"provider": ("libvirt", "vmware")}, {"shop-1", "nobody-1", "shop-2"}, {"a", "b", "c"}),
        ({"provider": "libvirt", "owner": "shop"}, {"shop-1"}, {"a"}),
    ],
)
def test_providers_and_owners_leave_their_vms_and_hosts(
    prometheus: str, chosen: dict[str, str | tuple[str, ...]], vms: set[str], hosts: set[str]
) -> None:
    assert values(prometheus, "fleet", "vms", **chosen) == vms
    assert values(prometheus, "fleet", "instance", **chosen) == hosts


def test_only_vms_of_the_chosen_hosts_are_left(prometheus: str) -> None:
    assert values(prometheus, "fleet", "vms", owner="shop", instance="c") == {"shop-2"}


def test_aggregates_of_all_resources_are_not_read_for_one(prometheus: str) -> None:
    assert values(prometheus, "insights", "peak") == {":max5m"}
    assert values(prometheus, "insights", "peak", resource="vm_cpu") == set()
    assert values(prometheus, "insights", "mean", resource="vm_cpu") == {":avg5m"}


@pytest.mark.parametrize(
    ("chosen", "vms"),
    [
        ({}, {"shop-1", "nobody-1"}),
        ({"resource": "vm_cpu"}, {"shop-1"}),
        ({"resource": "vm_memory"}, {"nobody-1"}),
    ],
)
def test_scores_are_those_of_the_chosen_resources(
    prometheus: str, chosen: dict[str, str], vms: set[str]
) -> None:
    peak = "".join(values(prometheus, "insights", "peak", **chosen))
    scores = panel(dashboard("insights"), 2)["targets"][0]["expr"]
    found = asked(prometheus, written("insights", scores, {**chosen, "peak": peak}))
    assert {each["domain"] for each in found} == vms
