"""The report of `mcp-engine ci`, for people (Markdown) and for programs (JUnit XML)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from xml.etree import ElementTree as ET

from mcp_engine.cli.checks.changes import Branch
from mcp_engine.cli.checks.running import Checked
from mcp_engine.cli.figures import interval, number

_MARKS = {"passed": "✅ passed", "failed": "❌ failed", "skipped": "➖ skipped", "broken": "💥 broken"}
_WORDS = {"better": "better", "worse": "**worse**", "undecided": "not shown either way"}


def markdown(branch: Branch, found: Sequence[Checked]) -> str:
    """Return a comment for a pull request: the verdicts, then the figures of each check."""
    counts = Counter(one.state for one in found)
    head = ", ".join(f"{counts[state]} {state}" for state in _MARKS if counts[state]) or "no prompt changed"
    lines = [f"### Prompts: {head}", "", f"Commit {branch.commit} against {branch.base}.", ""]
    if found:
        rows = [(_cell(_name(one)), _cell(one.dataset), _MARKS[one.state], _cell(one.reason)) for one in found]
        lines += _table(("prompt", "rows", "verdict", ""), rows)
    for one in found:
        if one.metrics:
            lines += [
                "",
                f"<details><summary>{_cell(_name(one))} on {_cell(one.dataset)}</summary>",
                "",
                *_figures(one),
            ]
            lines += ["", f"Evaluations: {', '.join(one.evaluations)}", "</details>"]
    return "\n".join(lines) + "\n"


def junit(found: Sequence[Checked]) -> str:
    """Return a JUnit report: a test case a check."""
    counts = Counter(one.state for one in found)
    suite = ET.Element(
        "testsuite", name="mcp-engine ci", tests=str(len(found)), failures=str(counts["failed"]),
        errors=str(counts["broken"]), skipped=str(counts["skipped"]), time=f"{sum(one.seconds for one in found):.3f}",
    )  # fmt: skip
    for one in found:
        case = ET.SubElement(
            suite, "testcase", classname=one.file, name=f"{_name(one)} on {one.dataset}".removesuffix(" on "),
            time=f"{one.seconds:.3f}",
        )  # fmt: skip
        tag = {"failed": "failure", "broken": "error", "skipped": "skipped"}.get(one.state)
        if tag is not None:
            ET.SubElement(case, tag, message=one.reason)
        if one.metrics:
            ET.SubElement(case, "system-out").text = "\n".join(_figures(one))
    ET.indent(suite)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(suite, encoding="unicode")}\n'


def _name(one: Checked) -> str:
    return one.prompt if one.version is None else f"{one.prompt}/{one.version}"


def _figures(one: Checked) -> list[str]:
    if not one.differences:
        rows = [
            (
                metric["scorer"],
                number(metric["mean"]),
                interval(metric["low"], metric["high"]),
                str(sum(metric["failures"].values())),
            )
            for metric in one.metrics
        ]
        return _table(("scorer", "mean", "95 % interval", "failed"), rows)
    headings = ("scorer", f"{one.prompt}/{one.baseline}", _name(one), "difference", "95 % interval", "rows", "")
    rows = [
        (
            found["scorer"],
            number(found["baseline_mean"]),
            number(found["candidate_mean"]),
            number(found["difference"]),
            interval(found["low"], found["high"]),
            f"+{found['gained']} −{found['lost']} of {found['rows']}",
            _WORDS[found["verdict"]],
        )
        for found in one.differences
    ]
    return _table(headings, rows)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (headings, ["---"] * len(headings), *rows)]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
