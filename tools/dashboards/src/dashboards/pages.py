"""What all dashboards share: how they are found, which way leads from one to the other, and what may be chosen."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import SOURCE

TAG = "fabgitops"
FLEET, PLC, INTERNALS = "fabgitops-fleet", "fabgitops-plc", "fabgitops-internals"
ONE_PLC = (
    f"/d/{PLC}?${{datasource:queryparam}}&var-namespace=${{__data.fields.Namespace}}"
    "&var-plc=${__data.fields.PLC}&${__url_time_range}"
)
"""Address of the dashboard of the PLC that a row of a table names in its columns Namespace and PLC."""


def page(uid: str, title: str, description: str) -> build.Dashboard:
    """Return a dashboard without panels, whose data source can be chosen and which leads to all others of ours."""
    others = (
        build.DashboardLink("FabGitOps")
        .type(model.DashboardLinkType.DASHBOARDS)
        .tags([TAG])
        .as_dropdown(False)
        .include_vars(True)
        .keep_time(True)
    )
    return (
        build.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .readonly()
        .tooltip(model.DashboardCursorSync.CROSSHAIR)
        .time("now-3h", "now")
        .refresh("30s")
        .timezone("browser")
        .link(others)
        .with_variable(build.DatasourceVariable("datasource").label("Data source").type("prometheus"))
    )


def choice(name: str, label: str, query: str, *, several: bool) -> build.QueryVariable:
    """Return a variable whose values are those of a label; with `several` any number of them, at first all."""
    variable = (
        build.QueryVariable(name)
        .label(label)
        .datasource(SOURCE)
        .query({"query": query, "refId": "StandardVariableQuery"})
        .refresh(model.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(model.VariableSort.ALPHABETICAL_ASC)
    )
    if several:
        everything = model.VariableOption(selected=True, text=["All"], value=["$__all"])
        variable.multi(True).include_all(True).all_value(".*").current(everything)
    return variable
