"""What Grafana's front end asks a Prometheus for when somebody opens a dashboard, with the steps it takes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboards import filled_in, panels, variable_expression, variables
from forecaster.config.durations import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from dashboards import Json

WIDTH = 1560  # pixels of a page in a window of 1600
COLUMNS = 24
SCRAPES = 15  # seconds between them, as the data source has it unless told otherwise
MARKS = 1_500  # points of the range at which annotations are asked
# Steps that Grafana rounds to: the longest exact interval that becomes this one; seconds.
ROUNDED = (
    (17.5, 15),
    (25, 20),
    (45, 30),
    (90, 60),
    (210, 120),
    (450, 300),
    (750, 600),
    (1_050, 900),
    (1_500, 1_200),
    (2_700, 1_800),
    (5_400, 3_600),
    (9_000, 7_200),
    (16_200, 10_800),
    (32_400, 21_600),
    (86_400, 43_200),
    (604_800, 86_400),
)


@dataclass(frozen=True)
class Asked:
    """A request of a panel, an annotation or a variable: the path of the API and its parameters."""

    whose: str
    path: str
    parameters: Mapping[str, Any]

    def ask(self, url: str, session: requests.Session) -> requests.Response:
        """The answer; AssertionError where Prometheus refuses."""
        method = session.get if self.path.startswith("label") else session.post
        field = "params" if self.path.startswith("label") else "data"
        given: Any = {field: self.parameters}
        answer = method(f"{url}/api/v1/{self.path}", timeout=120, **given)
        assert answer.ok, (self.whose, answer.text[:300])
        return answer

    def answer(self, url: str, session: requests.Session) -> Json:
        found: Json = self.ask(url, session).json()
        return found


@dataclass(frozen=True)
class Time:
    """The time range of a page: its end (Unix time) and its length, in seconds."""

    end: int
    span: int


def opened(page: Json, values: Mapping[str, str], time: Time) -> Iterator[Asked]:
    """Everything that the page asks for, folded rows included."""
    end, span = time.end, time.span
    for panel in panels(page):
        own = seconds(panel["timeFrom"]) if "timeFrom" in panel else span
        yield from _of_panel(panel, values, end, own)
    for mark in page["annotations"]["list"]:
        if not mark["enable"]:
            continue
        step = max(seconds(mark["step"]), rounded(span / MARKS))
        yield Asked(f"mark: {mark['name']}", "query_range", _range(mark["expr"], values, end, span, step))
    for name, variable in variables(page).items():
        if variable["type"] == "query":
            yield _of_variable(name, variable, values, end, span)


def _of_panel(panel: Json, values: Mapping[str, str], end: int, span: int) -> Iterator[Asked]:
    pixels = WIDTH * panel["gridPos"]["w"] // COLUMNS
    step = rounded(span / panel.get("maxDataPoints", pixels))
    for target in panel["targets"]:
        if target.get("instant"):
            query = {"query": filled_in(target["expr"], _steps(values, span, step)), "time": end}
            yield Asked(panel["title"], "query", query)
        else:
            yield Asked(panel["title"], "query_range", _range(target["expr"], values, end, span, step))


def _of_variable(name: str, variable: Json, values: Mapping[str, str], end: int, span: int) -> Asked:
    query = filled_in(variable_expression(variable), _steps(values, span, SCRAPES))
    if variable.get("regex"):
        return Asked(f"variable: {name}", "query", {"query": query, "time": end})
    label = variable["query"]["query"].rpartition(",")[2].strip(" )")
    times = {"start": end - span, "end": end}
    return Asked(f"variable: {name}", f"label/{label}/values", {"match[]": query, **times})


def chosen(
    url: str, session: requests.Session, page: Json, values: Mapping[str, str], time: Time
) -> dict[str, str]:
    """The values, what "All" stands for, and what a pattern takes out of an answer: none is empty."""
    found = dict(values)
    for name, variable in variables(page).items():
        if variable.get("includeAll"):
            found.setdefault(f"${name}", variable.get("allValue", ""))
        elif variable.get("regex"):
            answer = _of_variable(name, variable, values, time.end, time.span).answer(url, session)
            texts = (
                ",".join(f'{label}="{text}"' for label, text in each["metric"].items())
                for each in answer["data"]["result"]
            )
            said = [re.search(variable["regex"].strip("/"), text) for text in texts]
            found[f"${name}"] = next((each[1] for each in said if each), "")
    return found


def _range(expr: str, values: Mapping[str, str], end: int, span: int, step: int) -> dict[str, Any]:
    last = end // step * step
    first = (end - span) // step * step
    return {"query": filled_in(expr, _steps(values, span, step)), "start": first, "end": last, "step": step}


def _steps(values: Mapping[str, str], span: int, step: int) -> dict[str, str]:
    return {
        **values,
        "$__range_s": str(span),
        "$__range": f"{span}s",
        "$__interval": f"{step}s",
        "$__rate_interval": f"{max(step + SCRAPES, 4 * SCRAPES)}s",
    }


def rounded(exact: float) -> int:
    """The step that Grafana takes for an exact interval, in seconds."""
    return next((step for most, step in ROUNDED if exact < most), 604_800)
