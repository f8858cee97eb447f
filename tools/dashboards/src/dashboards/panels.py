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
WHOLE_ROW = 24

Steps = tuple[tuple[float | None, str], ...]
"""Colours, each from a value on; the first from None, which is minus infinity."""


class Query(NamedTuple):
    """An expression, and what its series are called."""

    expr: str
    legend: str = ""


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
    none: str = "none",
) -> stat.Panel:
    """Return a panel that shows one number as it is now; `none` stands there while there is no number."""
    panel = _begun(stat.Panel(), title, description, unit, [query], steps, instant=True)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]))
    panel.color_mode(BigValueColorMode.VALUE).graph_mode(BigValueGraphMode.NONE)
    return panel.no_value(none).span(4).height(4)


def word(
    title: str, description: str, query: Query, words: Mapping[int, tuple[str, str]] | None = None, none: str = "none"
) -> stat.Panel:
    """Return a panel that shows one word: that of a number, with its colour, or else the name of the series."""
    panel = number(title, description, query, none=none, steps=((None, RED), (1, GREEN)))
    panel.color_mode(BigValueColorMode.BACKGROUND)
    if words is None:
        return panel.text_mode(BigValueTextMode.NAME)
    return panel.mappings([_mapping(words)])


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
) -> timeseries.Panel:
    """Return a panel of curves over time; `steps` draw lines at their values, `bars` suits counts by interval."""
    shown = steps or ((None, GREEN),)
    panel = _begun(timeseries.Panel(), title, description, unit, queries, shown, instant=False)
    if steps:
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if bars:
        panel.draw_style(GraphDrawStyle.BARS).fill_opacity(60)
    if stacked:
        panel.stacking(common.StackingConfig().mode(StackingMode.NORMAL).group("A")).fill_opacity(40)
    panel.color_scheme(build.FieldColor().mode(model.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
    panel.show_points(VisibilityMode.NEVER).span_nulls(False)
    panel.legend(
        common.VizLegendOptions()
        .display_mode(LegendDisplayMode.TABLE)
        .placement(LegendPlacement.BOTTOM)
        .show_legend(True)
        .calcs(["lastNotNull", "max"])
    )
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    return panel.span(span).height(9)


def timeline(
    title: str, description: str, *queries: Query, words: Mapping[int, tuple[str, str]]
) -> statetimeline.Panel:
    """Return a panel of bars over time, whose colours and words are those of the values."""
    panel = _begun(statetimeline.Panel(), title, description, "short", queries, ((None, BLUE),), instant=False)
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
    return panel.no_value("none").span(span).height(9)
