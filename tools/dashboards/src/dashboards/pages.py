"""What all dashboards share: how they are found, which way leads from one to the other, and what may be chosen."""

from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard as model

from dashboards.panels import BLUE, SOURCE

TAG = "fabgitops"
FLEET, PLC, INTERNALS, RACKS = "fabgitops-fleet", "fabgitops-plc", "fabgitops-internals", "fabgitops-racks"
ROLLOUTS, WORKLOADS, CHAOS = "fabgitops-rollouts", "fabgitops-workloads", "fabgitops-chaos"
ONE_PLC = (
    f"/d/{PLC}?${{datasource:queryparam}}&var-namespace=${{__data.fields.Namespace}}"
    "&var-plc=${__data.fields.PLC}&${__url_time_range}"
)
"""Address of the dashboard of the PLC that a row of a table names in its columns Namespace and PLC."""


STARTED = (
    "max by (instance) (process_start_time_seconds * on (job, instance) group_left () fabgitops_build_info) * 1000"
)
"""When each operator's process began, in milliseconds."""


class _Mark(model.AnnotationQuery):
    """A mark as Grafana's Prometheus data source reads it; the model knows only what every data source has."""

    text: str
    at_value: bool

    def to_json(self) -> dict[str, object]:
        """Return what Grafana reads."""
        own = {"step": "60s", "titleFormat": self.name, "textFormat": self.text, "useValueForTime": self.at_value}
        return {**super().to_json(), **own}


class Mark(Builder[model.AnnotationQuery]):
    """Marks on all panels over time, where a query of Prometheus has a value above 0.

    Args:
        name: What the switch at the top of the dashboard is called.
        expr: The query; a mark for each stretch of time in which it has a value.
        text: What a mark says.
        color: Its colour.
        at_value: Whether the value is the moment of the mark, in milliseconds since 1970.
    """

    def __init__(self, name: str, expr: str, text: str, color: str, *, at_value: bool = False) -> None:
        self._made = _Mark(name=name, datasource=SOURCE, icon_color=color, expr=expr)
        self._made.text, self._made.at_value = text, at_value

    def build(self) -> model.AnnotationQuery:
        """Return it."""
        return self._made


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
        .annotation(Mark("Operator starts", STARTED, "The operator started on {{instance}}", BLUE, at_value=True))
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
