"""From a page to a dashboard: ids, widths, series with a style, and the schema."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from grafana_foundation_sdk.models.dashboard import Panel

from grafana import dashboard
from grafana.page import Band, Entry, Page, Placed, RowIds, Section, flow
from grafana.panels.card import Card, Query
from grafana.panels.figures import figures
from grafana.panels.timeline import timeline
from grafana.profile import PROFILES
from grafana.variables import Variable

PROFILE = PROFILES["default"]
CARD = Card("Up", "none", "Whether it is up.")


def placed(number: int, width: int = 0) -> Placed:
    return Placed(number, figures(CARD, Query("up")), width)


def page(*bands: Band) -> Page:
    return Page("small", "Small", "A page.", Entry("Small", "A small page"), (), [Section("", 0, bands)])


def widths(*bands: Band) -> list[tuple[int, int, int]]:
    """x, y and width of each panel."""
    built = dashboard.built(page(*bands), [], PROFILE)
    places = [panel.grid_pos for panel in built.panels or ()]
    return [(place.x, place.y, place.w) for place in places if place is not None]


def test_panels_without_a_width_share_what_the_others_leave() -> None:
    assert widths(Band(4, [placed(1, 5), placed(2), placed(3)])) == [(0, 0, 5), (5, 0, 9), (14, 0, 10)]


def test_any_number_of_panels_flows_into_bands_that_are_full() -> None:
    five = [placed(number) for number in range(1, 6)]
    assert widths(*flow(9, five, most=4)) == [(0, 0, 8), (8, 0, 8), (16, 0, 8), (0, 9, 12), (12, 9, 12)]
    assert flow(9, [], most=4) == []


@pytest.mark.parametrize(
    "wrong", [[placed(1, 12)], [placed(1, 20), placed(2, 5)], [placed(1, 24), placed(2)]]
)
def test_a_band_that_does_not_fit_is_an_error(wrong: list[Placed]) -> None:
    with pytest.raises(ValueError, match="a band of panels is not 24 wide"):
        widths(Band(4, wrong))


def test_panels_have_the_ids_their_page_declares() -> None:
    built = dashboard.built(page(Band(4, [placed(17), placed(3)])), [], PROFILE)
    assert [panel.id_val for panel in built.panels or ()] == [17, 3]


def test_two_panels_or_variables_of_one_id_are_an_error() -> None:
    with pytest.raises(ValueError, match="small: panels that stand there twice: 3"):
        dashboard.built(page(Band(4, [placed(3), placed(3)])), [], PROFILE)
    host = Variable("host", "Host", "label_values(up, instance)", "The host.")
    with pytest.raises(ValueError, match="small: variables that stand there twice: host"):
        dashboard.built(replace(page(), variables=(host, host)), [], PROFILE)


def test_ids_that_rows_of_a_table_add_depend_on_kind_and_name_alone() -> None:
    ids = RowIds("forecast", {"vm_cpu": 21})
    assert ids.of("vm_cpu") == 21
    assert ids.of("vm_swap") == RowIds("forecast", {}).of("vm_swap") >= 1000
    assert len({ids.of("vm_swap"), ids.of("vm_load"), RowIds("now", {}).of("vm_swap")}) == 3


@pytest.mark.parametrize("build", [timeline, figures])
def test_a_style_for_a_series_that_no_query_gives_is_an_error(build: Any) -> None:
    styles = {"used": {"unit": "s"}}
    with pytest.raises(ValueError, match=r"Up: no series is called \['used'\]; there are \['Used'\]"):
        build(CARD, Query("up", "Used"), styles=styles)
    build(CARD, Query("up", "{{state}}"), styles=styles)


def test_keys_that_the_schema_does_not_know_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    built = dashboard.built(page(Band(4, [placed(1)])), [], PROFILE)
    (panel,) = built.panels or [Panel()]
    known = panel.to_json()
    monkeypatch.setattr(panel, "to_json", lambda: known | {"descripton": "misspelt"})
    with pytest.raises(ValueError, match=r"virtcast-small is not what .* schema reads.*descripton"):
        dashboard.encode(built)
