"""The results as Markdown: for people on a terminal, and for `bench/README.md` between its marks."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

BEGIN, END = "<!-- results: {name} -->", "<!-- end of results: {name} -->"
WANTED: Final = {
    "kafka_to_lake_vs_duckdb_script": 1.5,
    "kafka_to_lake_vs_ordinary": 12,
    "fetch_vs_kafka_python": 8,
    "produce_vs_kafka_python": 6,
    "report_vs_goaccess": 4,
    "report_vs_goaccess_with_broker": 2.5,
}
MEGABYTE: Final = 1e6


def as_markdown(results: dict[str, Any]) -> str:
    """Write all tables of one bench."""
    machine = results["machine"]
    truth = results["input"]
    about = (
        f"{results['made_at'][:10]}, {machine['processor']}, {machine['cores']} cores, {machine['system']}, "
        f"Python {results['versions']['python']}; {truth['records']:,} records ({truth['lines']:,} log lines of "
        f"{truth['line_bytes'] / truth['lines']:.0f} bytes, {truth['events']:,} events), {truth['addresses']:,} addresses; "
        f"medians of {_rounds(results)} alternating runs on one core."
    )
    lines = [
        about,
        "",
        *_ratios(results["ratios"], results["ratios_without_start"]),
        *_costs(results.get("costs")),
        *_cases(results["cases"]),
        *_stages(results["stages"]),
        *_growth(results["growth"], results.get("growth_ratios")),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _rounds(results: dict[str, Any]) -> str:
    """Say how many runs the medians are of."""
    if "reports" not in results:
        return str(results["rounds"])
    return f"{results['reports']} (file to report) and {results['rounds']} (growth)"


def put_between_marks(path: Path, name: str, text: str) -> None:
    """Replace what stands between the marks of a bench in a document.

    Raises:
        ValueError: the marks are not there.
    """
    begin, end = BEGIN.format(name=name), END.format(name=name)
    before, found, rest = path.read_text(encoding="utf-8").partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise ValueError(f"{path}: the marks {begin} and {end} are not there")
    path.write_text(f"{before}{begin}\n{text}{end}{after}", encoding="utf-8")


def _ratios(ratios: dict[str, float], without_start: dict[str, float]) -> list[str]:
    rows = [
        (
            f"`{name}`",
            f"{value:.2f} x",
            f"{WANTED[name]:g} x" if name in WANTED else "",
            f"{without_start[name]:.2f} x" if name in without_start else "",
        )
        for name, value in ratios.items()
    ]
    return _table(("ratio", "measured", "at least", "without start"), rows)


def _costs(costs: dict[str, Any] | None) -> list[str]:
    """Write what the promise costs: a row for each piece of work, with it and without it."""
    rows = [
        (
            one["what"],
            *(
                f"{one[side]:,.2f} ({one[f'{side}_min']:,.2f} to {one[f'{side}_max']:,.2f})"
                for side in ("with_us", "without_us")
            ),
            f"{one['added']:+.1%}",
            "" if one["at_most"] is None else f"{one['at_most']:.0%}",
            "" if one["opening_s"] is None else f"{one['opening_s']:.2f}",
        )
        for one in (costs["rows"] if costs else ())
    ]
    head = ("what it costs", "µs with (spread)", "µs without (spread)", "added", "at most", "CPU s to open a session")
    return _table(head, rows)


def _cases(cases: dict[str, dict[str, Any]]) -> list[str]:
    rows = [
        (
            name,
            f"{one['cpu_s']:.2f} ({one['cpu_s_min']:.2f} to {one['cpu_s_max']:.2f})",
            f"{one['cpu_us_a_record']:.2f}",
            "" if one["work_cpu_us_a_record"] is None else f"{one['work_cpu_us_a_record']:.2f}",
            f"{one['peak_bytes'] / MEGABYTE:,.0f}",
            f"{one['broker_cpu_s']:.2f}",
        )
        for name, one in cases.items()
    ]
    head = ("program", "CPU s (spread)", "µs a record", "without start", "peak MB", "broker's CPU s")
    return _table(head, rows)


def _stages(stages: list[dict[str, Any]]) -> list[str]:
    rows = [(one["stage"], f"{one['cpu_us_a_record']:.3f}", f"{one['share']:.0%}") for one in stages]
    return _table(("stage of `footfall ingest`", "µs a record", "share"), rows)


def _growth(growth: list[dict[str, Any]], ratios: dict[str, float] | None) -> list[str]:
    rows = [
        (
            f"{one['records']:,}",
            f"{one['addresses']:,} ({one['address_share']:.0%})",
            f"{one['cpu_us_a_record']:.2f}",
            f"{one['work_cpu_us_a_record']:.2f}",
            f"{one['peak_bytes'] / MEGABYTE:,.0f}",
        )
        for one in growth
    ]
    lines = _table(("records", "distinct addresses", "µs a record", "without start", "peak MB"), rows)
    if ratios is not None:
        lines.append(
            f"A record of the largest input costs {ratios['all']:.2f} x one of the input before it (each further record: "
            f"{ratios['next']:.2f} x); at most 1.15 x is wanted."
        )
    return lines


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    marks = ["---", *["---:"] * (len(head) - 1)]
    return ["| " + " | ".join(cells) + " |" for cells in (head, marks, *rows)] + [""]
