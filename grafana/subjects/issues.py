"""What to look at first: the most urgent signs of trouble, and what an operator would do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.advice import issues, neighbours, signs
from forecaster.advice.exhaustion import LIKELY
from forecaster.engine.anomaly import PRESENT
from forecaster.publish import metrics
from forecaster.view import facts
from forecaster.view.inventory import WHOLE_VOLUMES
from grafana.panels.card import Card
from grafana.panels.table import Column, Table, listing
from grafana.queries import forecasts
from grafana.queries.by_what import KEY, LABELS, ByWhat
from grafana.queries.selectors import JUDGED, NARROWED
from grafana.resources import measures
from grafana.style import colors, fields
from grafana.style.thresholds import DAY
from grafana.subjects import columns

if TYPE_CHECKING:
    from grafana_foundation_sdk.builders import table

    from grafana.profile import Profile

ROWS = 10
CONTESTS = {"cpu": "CPUs of the host", "disk": "Disk time of the host"}
IO_ERROR = "io_error"  # what a VM that stands still has instead of a resource
OF_NO_RESOURCE = {**CONTESTS, IO_ERROR: "I/O error"}
NEXT = "next"  # the label that says what to do: a resource, or one of the kinds of issues
# Urgency is a number: the whole part is severity and kind, the fraction the place within them.
LIMITS = signs.REACHED, signs.SOON  # kinds that are as severe as their resource is
SHOWN = sorted(
    {signs.Urgency.of(kind, name) for kind in LIMITS for name in ("", *signs.LESS)}
    | {signs.Urgency.of(kind) for kind in (signs.STOPPED, signs.NEIGHBOUR, signs.UNUSUAL, signs.LATER)},
    key=lambda each: each.rank,
)
FLOORS = {urgency: len(SHOWN) - place for place, urgency in enumerate(SHOWN)}
COLORS = {
    signs.STOPPED: colors.BAD,
    signs.REACHED: colors.BAD,
    signs.SOON: colors.WARN,
    signs.NEIGHBOUR: colors.WARN,
    signs.UNUSUAL: colors.ANOMALY,
    signs.LATER: colors.WATCH,
}
ACTIONS = {
    **issues.ACTIONS,
    signs.STOPPED: "find the disk (virsh domblkerror), mend its storage, then virsh resume",
    "vm_disk_allocation": "see whether its pool has room; delete old snapshots",
    signs.NEIGHBOUR: "move it to a host with room, or limit it",
    signs.UNUSUAL: "ask what changed when it began",
}
FILLS = f'unless on (instance, pool) libvirt_pool_info{{type=~"{"|".join(WHOLE_VOLUMES)}"}}'
"""Without pools of whole volumes: full, they are no problem."""
ACTIONS_SHOWN = {name: (text, colors.CALM) for name, text in ACTIONS.items()}


def _keyed(by_what: ByWhat, expr: str, action: str = "") -> str:
    """The series of `expr` by key and by what to do: of the resource, or the action named."""
    source = f'label_replace({expr}, "{NEXT}", "{action or "$1"}", "resource", "(.*)")'
    return by_what.keyed(source, also=NEXT)


def _left(by_what: ByWhat, reached: str) -> str:
    return _keyed(by_what, forecasts.time_left(f"({reached})"))


def _near(matchers: str) -> str:
    """Limits that are reached within a day, and those that are."""
    return f"{forecasts.reached(matchers)} <= time() + {DAY} {FILLS}"


def _unusual(matchers: str) -> str:
    return f"{forecasts.lasting_score(matchers)} >= {PRESENT}"


def _likely(matchers: str) -> str:
    return f"{forecasts.possible(matchers)} >= {LIKELY} {FILLS}"


def _trouble(matchers: str) -> str:
    """What has a reason in percent, and anomalies of the last hour: few series to look through."""
    return f"({forecasts.onset(matchers)} or {_near(matchers)})"


def _stopped() -> str:
    """VMs that libvirt paused when a disk returned an error, as the forecaster finds them; 1 each."""
    paused = f'libvirt_domain_state{{state="paused", {NARROWED}}} == 1'
    reason = f"libvirt_domain_state_reason{{{NARROWED}}} == {facts.IO_ERROR}"
    named = f'label_replace({paused} and on (instance, domain) {reason}, "what", "{IO_ERROR}", "", "")'
    return f'max by ({KEY}, {NEXT}) (label_replace({named}, "{NEXT}", "{signs.STOPPED}", "", ""))'


def _victims() -> str:
    series = f"{neighbours.VICTIMS.name}{{{NARROWED}}}"  # has no resource
    named = f'label_replace({series}, "what", "$1", "contest", "(.*)")'
    return f'max by ({KEY}, {NEXT}) (label_replace({named}, "{NEXT}", "{signs.NEIGHBOUR}", "", ""))'


def _reasons(by_what: ByWhat) -> str:
    """What is known of resources in trouble in words, as the label "because": no panel writes numbers into
    texts.
    """
    texts = [_told(_victims(), "with_victims", "takes what $1 VMs lack")]
    for share in (each for each in measures(by_what.resources) if not each.name):
        matchers = f"{share.matcher}, {JUDGED}"
        usual = by_what.keyed(f"{metrics.USUAL.name}{{{matchers}}}")
        usual = _number(f"100 * {usual}", "with_usual")
        now = _number(f"100 * {by_what.actual(share, NARROWED, _trouble)}", "with_now")
        either = f"({usual} or on ({KEY}) {by_what.keyed(_trouble(matchers))})"
        both = f"{now} * on ({KEY}) group_left (with_usual) {either}"
        both = f'label_join({both}, "both", " ", "with_now", "with_usual")'
        plain = f'label_replace({both}, "because", "$1 % now", "both", "(.+) ")'
        texts.append(f'label_replace({plain}, "because", "$1 % now, $2 % usual", "both", "(.+) (.+)")')
    return f"max by ({KEY}, because) ({f' or on ({KEY}) '.join(texts)})"


def _number(expr: str, label: str) -> str:
    """A value as a label, which comes after all of KEY in the alphabet: else Prometheus 2.42 loses one of
    them in a query over a range.
    """
    return f'count_values by ({KEY}) ("{label}", round({expr}))'


def _told(expr: str, label: str, text: str) -> str:
    return f'label_replace({_number(expr, label)}, "because", "{text}", "{label}", "(.+)")'


def _urgency(by_what: ByWhat) -> str:
    """One series for each resource that is in trouble, by the most urgent kind of it."""
    chance = _keyed(by_what, _likely(JUDGED))
    score = _keyed(by_what, _unusual(JUDGED), signs.UNUSUAL)
    places = {
        signs.STOPPED: f"0 * {_stopped()}",
        signs.REACHED: "0 * ({left} == 0)",
        signs.SOON: f"0.99 - ({{left}} > 0) / {2 * DAY}",
        signs.NEIGHBOUR: f"1 - 1 / (1 + {_victims()})",
        signs.UNUSUAL: f"1 - 1 / (1 + {score})",
        signs.LATER: f"0.99 * {chance}",
    }
    return f" or on ({KEY}) ".join(
        f"({floor} + {places[urgency.kind].replace('{left}', _left(by_what, _near(_of(urgency))))})"
        for urgency, floor in FLOORS.items()
    )


def _of(urgency: signs.Urgency) -> str:
    """The matchers of series whose limit is so severe."""
    if signs.Urgency.of(urgency.kind) == urgency:
        others = (name for name in signs.LESS if signs.Urgency.of(urgency.kind, name) != urgency)
        return f'{JUDGED}, resource!~"{"|".join(others)}"'
    mine = (name for name in signs.LESS if signs.Urgency.of(urgency.kind, name) == urgency)
    return f'{JUDGED}, resource=~"{"|".join(mine)}"'


def _kinds() -> fields.Style:
    """The urgency as the words of its kind."""
    rows = [
        {
            "type": "range",
            "options": {
                "from": floor,
                "to": floor + 0.999,
                "result": {"text": issues.TEXTS[of.kind], "color": COLORS[of.kind], "index": place},
            },
        }
        for place, (of, floor) in enumerate(FLOORS.items())
    ]
    return {
        "mappings": rows,
        "custom.cellOptions": {"type": "color-text"},
        "custom.align": "left",
        **fields.width(170),
    }


def _what(by_what: ByWhat) -> Column:
    """The resource, what a VM takes from its neighbours, or why it stands still."""
    own = columns.what(by_what, 150)
    others = {"type": "value", "options": {name: {"text": text} for name, text in OF_NO_RESOURCE.items()}}
    rows = own.style["mappings"]
    return Column(
        own.name, own.header, {**own.style, "mappings": [*_listed(rows), others], **fields.width(150)}
    )


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def first(profile: Profile) -> table.Panel:
    """The same kinds in the same order as on the forecaster's page; the page has the variables `lasting`,
    `possible` and `scores`.
    """
    card = Card(
        "Look at first",
        "none",
        "What is wrong now or soon, the severe first; of that VMs that stand still after an I/O error, "
        "limits that are reached, limits within a day, VMs that take from their neighbours, anomalies, "
        "limits within the chosen horizon. Next: what to do. Because: how full the resource is, and how full "
        "it usually is at this hour. The forecaster's page has each with all its reasons.",
        "Nothing: no limit is in sight, and nothing is unusual",
    )
    by_what = ByWhat(profile.resources)
    rows = f"topk({ROWS}, {_urgency(by_what)})"
    at = f"and on ({KEY}, {NEXT}) {rows}"
    queries = {
        "urgency": rows,
        "left": f"{_left(by_what, forecasts.reached(JUDGED))} {at}",
        "reason": f"0 * ({rows}) + on ({KEY}) group_left (because) {_reasons(by_what)}",
    }
    shown = (
        Column("urgency", "Issue", _kinds()),
        columns.VM.wide(120),
        columns.HOST.wide(100),
        _what(by_what),
        Column("left", "Time left", {**fields.width(90), **fields.TIME}),
        Column("reason", "Because", fields.width(178), label="because"),
        Column(NEXT, "Next", {**fields.words(ACTIONS_SHOWN), **fields.at_least(400)}),
    )
    some = " or ".join((_stopped(), _near(JUDGED), _unusual(JUDGED), _likely(JUDGED), _victims()))
    labels, source = (*LABELS, NEXT), forecasts.COUNTED
    return listing(card, Table(labels, queries, shown, "urgency", empty=NEXT, source=source, some=some))
