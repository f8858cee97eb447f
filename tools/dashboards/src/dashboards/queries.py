"""Expressions that more than one panel asks."""

OPERATORS = 'fabgitops_build_info{kinds!~"racks|delivery|argo|chaos"}'
"""Operators that look after PLCs: not those of other families alone, which have none of their metrics."""
OPERATOR = f"count({OPERATORS})"
"""How many operators of PLCs are scraped; nothing while none is."""


def none_is_zero(count: str) -> str:
    """Return a count that is 0 when there is nothing to count, and nothing when no operator is there to know."""
    return f"{count} or 0 * {OPERATOR}"


def counted(series: str) -> str:
    """Return what counters counted in the chosen time, also before Prometheus saw them for the first time.

    increase() takes a counter's first value for its beginning. An operator that starts finds what drifted meanwhile
    before its first scrape, so the first value of a process that began within the time counts as well.
    """
    first = f"min_over_time({series}[$__range]) unless {series} offset $__range"
    began = "process_start_time_seconds > time() - $__range_s"
    return f"sum(increase({series}[$__range])) + (sum({first} and on (job, instance) {began}) or vector(0))"
