"""Tables: columns name what they show; what does not fit is an error at generation."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import islice

import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.panels.card import Card, references
from grafana.panels.table import Column, Table, listing

CARD = Card("Disks", "none", "Each disk.", "No disk")
TABLE = Table(
    labels=("host", "disk"),
    queries={"size": "size", "used": "used / size", "state": "disk_state == 1"},
    columns=(
        Column("disk", "Disk"),
        Column("used", "Used", {"unit": "percentunit"}),
        Column("size", "Size"),
        Column("state", "State", label="state_name"),
    ),
    sort="used",
    empty="disk",
)


def test_columns_show_the_queries_they_name() -> None:
    panel = json.loads(json.dumps(listing(CARD, TABLE).build(), cls=JSONEncoder))
    asked = {f"Value #{target['refId']}": target["expr"] for target in panel["targets"]}
    assert TABLE.fields() == {
        "nothing": "nothing",
        "disk": "disk",
        "used": "Value #B",
        "size": "Value #A",
        "state": "state_name",
    }
    assert (asked["Value #A"], asked["Value #B"]) == ("size", "used / size")
    assert list(asked.values())[-1] == 'label_replace(absent(size), "nothing", "No disk", "", "")'


def test_whether_there_are_rows_may_be_asked_in_a_cheaper_way() -> None:
    panel = json.loads(json.dumps(listing(CARD, replace(TABLE, some="disk")).build(), cls=JSONEncoder))
    assert panel["targets"][-1]["expr"] == 'label_replace(absent(disk), "nothing", "No disk", "", "")'


def test_the_order_of_the_queries_does_not_matter_to_the_columns() -> None:
    queries = dict(reversed(list(TABLE.queries.items())))
    fields = replace(TABLE, queries=queries).fields()
    assert (fields["size"], fields["used"], list(fields)) == ("Value #C", "Value #B", list(TABLE.fields()))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            replace(TABLE, columns=(*TABLE.columns, Column("usde", "Of it"))),
            'the column "Of it" shows "usde", which is no query and no label',
        ),
        (
            replace(TABLE, columns=(*TABLE.columns, Column("host", "State", label="state"))),
            'the column "State" shows "host", which is no query',
        ),
        (replace(TABLE, columns=TABLE.columns[:3]), 'no column shows the query "state"'),
        (replace(TABLE, columns=(*TABLE.columns, Column("used", "Again"))), "two columns show the same"),
        (replace(TABLE, labels=("disk", "used")), '"used" is both a query and a label'),
        (replace(TABLE, sort="usde"), 'rows are sorted by "usde", which no column shows'),
        (replace(TABLE, empty="dsik"), '"dsik" is no label that a column shows'),
        (replace(TABLE, empty="host"), '"host" is no label that a column shows'),
        (replace(TABLE, empty="used"), '"used" is no label that a column shows'),
        (
            replace(TABLE, queries={**TABLE.queries, "size": "topk(10, size)"}),
            '"used" has values beyond the rows that "size" chooses',
        ),
    ],
)
def test_what_does_not_fit_is_an_error(wrong: Table, said: str) -> None:
    with pytest.raises(ValueError, match=f"^Disks: .*{said}"):
        listing(CARD, wrong)


def test_there_are_references_for_any_number_of_queries() -> None:
    assert [*islice(references(), 28)][-3:] == ["Z", "AA", "AB"]
