"""What the pages' drop-downs hold, and the marks they draw for alerts."""

from __future__ import annotations

from grafana_foundation_sdk.builders.dashboard import AnnotationQuery, DatasourceVariable, QueryVariable
from grafana_foundation_sdk.models.common import DataSourceRef
from grafana_foundation_sdk.models.dashboard import VariableOption, VariableRefresh, VariableSort

DATASOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
HORIZONS = "label_values(virtcast_exhaustion_probability_ratio, horizon)"


def datasource() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Data source").type("prometheus")


def choice(name: str, label: str, query: str, description: str) -> QueryVariable:
    """A variable that offers the values of a label, read anew as the time range changes."""
    return (
        QueryVariable(name)
        .label(label)
        .description(description)
        .datasource(DATASOURCE)
        .definition(query)
        .query({"query": query, "refId": name, "qryType": 1})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.NATURAL_ASC)
    )


def everything(variable: QueryVariable, pattern: str = ".*") -> QueryVariable:
    """Offer and preselect "All", which stands for `pattern`."""
    chosen = VariableOption(selected=True, text="All", value="$__all")
    return variable.include_all(True).all_value(pattern).current(chosen)


def horizon(name: str, label: str, preferred: str, description: str) -> QueryVariable:
    """One of the forecaster's horizons: `preferred` where it exists, else the one with the highest figure."""
    chosen = VariableOption(selected=True, text=preferred, value=preferred)
    return choice(name, label, HORIZONS, description).sort(VariableSort.NUMERICAL_DESC).current(chosen)


def alert_marks(name: str, color: str, matchers: str, every: str, *, enabled: bool) -> AnnotationQuery:
    """Spans over the graphs while an alert that matches was firing."""
    return (
        AnnotationQuery()
        .name(name)
        .datasource(DATASOURCE)
        .enable(enabled)
        .icon_color(color)
        .expr(
            f'last_over_time(ALERTS{{alertstate="firing", {matchers}}}[{every}])'
        )  # so that marks end at now
        .step(every)
        .title_format("{{alertname}}")
        .text_format("{{severity}}, {{kind}}: {{instance}} {{domain}} {{mountpoint}}")
        .tag_keys("severity,kind")
    )
