"""A judged comparison in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp_engine.cli import output
from mcp_engine.cli.figures import interval, number, short
from mcp_engine.cli.references import say

if TYPE_CHECKING:
    from rich.console import Console

_VERDICTS = {
    "better": "the candidate is better",
    "worse": "the candidate is worse",
    "undecided": "not shown either way",
}


def render(console: Console, found: dict[str, Any]) -> None:
    """Print what a judge made of two evaluations; of its rows those that `found["judged"]` holds."""
    judge, prompt = f"{found['judge']}/{found['judge_number']}", f"{found['prompt']}/{found['prompt_number']}"
    say(console, f"{found['id']}  judged by {judge} (prompt {prompt}, {found['model']}): {found['state']}")
    if found["error_message"]:
        say(console, found["error_message"])
    figures = found["figures"]
    if figures is not None:
        _figures(console, figures)
    for row in found.get("judged", []):
        say(console, f"row {row['position']}: {short(row['inputs'])}  (expected: {short(row['expected'])})")
        for side in ("baseline", "candidate"):
            say(console, f"    {side:<9}  {short(row[side]['output'])}")
        said = [one["failure_code"] or f"{one['answer']} ({one['preferred']})" for one in row["verdicts"]]
        say(console, f"    {row['result']}: baseline first: {said[0]}; candidate first: {said[1]}")


def _figures(console: Console, figures: dict[str, Any]) -> None:
    counted = ["wins", "losses", "ties", "inconsistent", "failed"]
    line = [*(figures[name] for name in counted), number(figures["difference"])]
    line += [interval(figures["low"], figures["high"]), f"{figures['p_value']:.2g}", _VERDICTS[figures["verdict"]]]
    columns = ["WINS", "LOSSES", "TIES", "INCONSISTENT", "FAILED", "DIFFERENCE", "95 % INTERVAL", "P", "VERDICT"]
    output.table(columns, [tuple(line)], empty="")(console)
    bias = figures["first_position"]
    if bias is not None:
        ends = interval(bias["low"], bias["high"])
        say(console, f"It named what stood first in {number(bias['share'])} of its verdicts ({ends}; 0.5 is no bias).")
    for code, count in figures["failures"].items():
        say(console, f"{count:,} verdicts are missing: {code}")
    say(console, "This judge is not calibrated: what it says informs, and is evidence for no gate.")
