"""The kinds of panels that our dashboards are made of, each with what is the same everywhere."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeVar

from grafana_foundation_sdk.builders import common, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.builders import dashboard as build
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models import dashboard as model
from grafana_foundation_sdk.models.common import (
    BigValueColorMode,
    BigValueGraphMode,
    BigValueTextMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

SOURCE = model.DataSourceRef(type_val="prometheus", uid="${datasource}")
GREEN, YELLOW, RED, BLUE = "green", "yellow", "red", "blue"
FEW = ((None, GREEN), (1, YELLOW), (10, RED))
SHARE = ((None, RED), (0.95, YELLOW), (1, GREEN))
WHOLE_ROW = 24

Steps = tuple[tuple[float | None, str], ...]
"""Colours, each from a value on; the first from None, which is minus infinity."""


class Query(NamedTuple):
    """An expression, and what its series are called."""

    expr: str
    legend: str = ""


REASON_COLORS = {
    "InSync": GREEN,
    "Suspended": BLUE,
    "Correcting": YELLOW,
    "DriftDetected": "orange",
    "ConnectionFailed": RED,
}
"""What a person expects of the commonest states; all others take a colour of their own."""

ABSENT = "no data"
"""Stands where there is nothing to show, which is not the same as none."""

BAR = "2m"
"""The least time of one bar. A window of increase() must reach back to the last scrape before its bar: with bars of
several scrapes the windows overlap little, so that one event is one bar and not four in a row."""

Panel = TypeVar("Panel", stat.Panel, timeseries.Panel, table.Panel, statetimeline.Panel)


def _begun(
    panel: Panel, title: str, description: str, unit: str, queries: Sequence[Query], steps: Steps, *, instant: bool
) -> Panel:
    panel.title(title).description(description).datasource(SOURCE).unit(unit)
    thresholds = [model.Threshold(value, color) for value, color in steps]
    panel.thresholds(build.ThresholdsConfig().mode(model.ThresholdsMode.ABSOLUTE).steps(thresholds))
    for index, query in enumerate(queries):
        target = Dataquery().expr(query.expr).ref_id(chr(ord("A") + index)).datasource(SOURCE)
        target = target.instant() if instant else target.range()
        if query.legend:
            target.legend_format(query.legend)
        panel.with_target(target)
    return panel


def number(
    title: str,
    description: str,
    query: Query,
    *,
    unit: str = "short",
    steps: Steps = ((None, BLUE),),
    none: str = ABSENT,
) -> stat.Panel:
    """Return a panel that shows one number as it is now; `none` stands there while there is no number."""
    panel = _begun(stat.Panel(), title, description, unit, [query], steps, instant=True)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.color_mode(BigValueColorMode.VALUE).graph_mode(BigValueGraphMode.NONE)
    return panel.no_value(none).span(3).height(4)


def word(
    title: str, description: str, query: Query, words: Mapping[int, tuple[str, str]] | None = None, none: str = ABSENT
) -> stat.Panel:
    """Return a panel that shows one word: that of a number, with its colour, or else the name of the series."""
    panel = number(title, description, query, none=none, steps=((None, RED), (1, GREEN)))
    panel.color_mode(BigValueColorMode.BACKGROUND)
    if words is None:
        _colored(panel, {"Suspended": BLUE})
        return panel.text_mode(BigValueTextMode.NAME)
    return panel.mappings([_mapping(words)])


def _colored(panel: Panel, colors: Mapping[str, str]) -> None:
    for name, color in colors.items():
        fixed = {"mode": model.FieldColorModeId.FIXED.value, "fixedColor": color}
        panel.override_by_name(name, [model.DynamicConfigValue(id_val="color", value=fixed)])


def _mapping(words: Mapping[int, tuple[str, str]]) -> model.ValueMap:
    return model.ValueMap(
        {str(value): model.ValueMappingResult(text=text, color=color) for value, (text, color) in words.items()}
    )


def trend(
    title: str,
    description: str,
    *queries: Query,
    unit: str = "short",
    steps: Steps = (),
    bars: bool = False,
    stacked: bool = False,
    span: int = 12,
    colors: Mapping[str, str] | None = None,
) -> timeseries.Panel:
    """Return a panel of curves over time.

    Args:
        title: Title of the panel.
        description: What it shows.
        queries: What to show.
        unit: Unit of the values; a share goes from 0 to 1.
        steps: Lines at their values.
        bars: Suits counts by interval; without decimals, as there are no halves of an event.
        stacked: One on top of the other.
        span: Width, of 24.
        colors: Colours of series by their names; of others the palette's.
    """
    shown = steps or ((None, GREEN),)
    panel = _begun(timeseries.Panel(), title, description, unit, queries, shown, instant=False)
    if steps:
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if bars:
        panel.draw_style(GraphDrawStyle.BARS).fill_opacity(60).interval(BAR).decimals(0)
    if unit == "percentunit":
        panel.min(0).max(1)
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A")).fill_opacity(40)
    panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    _colored(panel, colors or {})
    panel.show_points(VisibilityMode.AUTO).span_nulls(False)
    panel.legend(
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(["max"] if bars else ["lastNotNull", "max"])
    )
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    return panel.span(span).height(9)


def timeline(
    title: str,
    description: str,
    *queries: Query,
    words: Mapping[int, tuple[str, str]],
    other: Mapping[str, Mapping[int, tuple[str, str]]] | None = None,
) -> statetimeline.Panel:
    """Return a panel of bars over time, whose colours and words are those of the values; `other` for series by name."""
    panel = _begun(statetimeline.Panel(), title, description, "short", queries, ((None, BLUE),), instant=False)
    for name, own in (other or {}).items():
        panel.override_by_name(name, [model.DynamicConfigValue(id_val="mappings", value=[_mapping(own)])])
    return panel.mappings([_mapping(words)]).merge_values(True).span(WHOLE_ROW).height(7)


def listing(
    title: str,
    description: str,
    query: Query,
    *,
    names: Mapping[str, str],
    hidden: Sequence[str] = (),
    links: Mapping[str, str] | None = None,
    unit: str = "short",
    span: int = 12,
    none: str = "none, or no operator is scraped",
) -> table.Panel:
    """Return a table of what is the case now.

    Args:
        title: Title of the panel.
        description: What it shows.
        query: What to list; a row for each series.
        names: What the columns of labels (and `Value`) are called, in their order.
        hidden: Columns that are not shown.
        links: The address behind the cells of a column, by the column's new name.
        unit: Unit of the value.
        span: Width, of 24.
        none: Stands there while there is nothing to list.
    """
    panel = _begun(table.Panel(), title, description, unit, [], ((None, GREEN),), instant=True)
    target = Dataquery().expr(query.expr).ref_id("A").datasource(SOURCE).instant().format(PromQueryFormat.TABLE)
    panel.with_target(target)
    gone = {"Time": True, **dict.fromkeys(hidden, True)}
    order = {name: index for index, name in enumerate(names)}
    options = {"excludeByName": gone, "renameByName": dict(names), "indexByName": order}
    panel.with_transformation(model.DataTransformerConfig(id_val="organize", options=options))
    for column, url in (links or {}).items():
        link = {"title": f"Show this {column}", "url": url}
        panel.override_by_name(column, [model.DynamicConfigValue(id_val="links", value=[link])])
    return panel.no_value(none).span(span).height(9)
