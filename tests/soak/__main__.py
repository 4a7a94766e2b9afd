"""`python -m tests.soak --minutes 30`: mixed load while parts of the engine are killed; exit code 0 when all held."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tests.soak.memory import FLAT_SHARE, JUDGED_SECONDS, Growth
from tests.soak.soak import Report, Settings, soak


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0, help="how long the load lasts")
    parser.add_argument("--clients", type=int, default=Settings.clients)
    parser.add_argument("--seed", type=int, default=Settings.seed, help="fixes who is killed and what clients do")
    parser.add_argument("--json", type=Path, help="write the figures to this file, too")
    given = parser.parse_args()
    report = soak(Settings(given.minutes, given.clients, given.seed))
    sys.stdout.write(shown(report))
    if given.json:
        given.json.write_text(json.dumps(report.as_json(), indent=1) + "\n")
    return 0 if report.passed else 1


def shown(report: Report) -> str:
    """Return the report as a person reads it."""
    settings = report.settings
    lines = [
        f"{settings.minutes:g} minutes from {report.began}, {settings.clients} clients, seed {settings.seed}",
        "acknowledged   " + _counts(report.acknowledged),
        "killed         " + _counts(report.kills),
        "to repeat      " + _counts(report.repeated),
        "unexpected     " + _counts(report.unexpected),
        *(f"               {kind}: {example}" for kind, example in report.examples.items()),
        "checked        " + _counts(report.kept),
        "lost           " + (str(len(report.lost)) if report.lost else "nothing"),
        *(f"               {line}" for line in report.lost[:20]),
        f"audit verify   {'passed' if report.audit['ok'] else report.audit}",
        *map(_memory, report.growths),
        *(f"log            {line}" for line in report.log_faults),
        "passed" if report.passed else "FAILED",
    ]
    return "\n".join(lines) + "\n"


def _memory(growth: Growth) -> str:
    rule = f"at most {FLAT_SHARE:.0%} is flat" if growth.seconds >= JUDGED_SECONDS else "too short to judge"
    share = f"{growth.share:+.1%} in {growth.seconds / 60:.0f} min; {rule}"
    return f"memory         {growth.mean_mb:.0f} MB on average, {growth.mb_per_hour:+.1f} MB/h ({share})"


def _counts(counter: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counter.items())) or "none"


if __name__ == "__main__":
    sys.exit(main())
