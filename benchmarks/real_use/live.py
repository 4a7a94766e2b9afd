"""Plays the users of a live experiment: each asks one question, and says whether the answer was right.

    python -m benchmarks.real_use.live PROMPT ROWS --rule f1|number

Every row is a unit of its own. The prompt runs under `production` with the unit's id, so the engine chooses the arm;
what is right is computed by the task's own rule and given as feedback on the run.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from mcp_engine_client import Client

ENOUGH = 0.5
"""The share of words (F1) from which on an answer counts as right."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("prompt")
    parser.add_argument("rows", type=Path)
    parser.add_argument("--rule", choices=sorted(RULES), required=True)
    options = parser.parse_args()
    with Client() as client:
        for number, line in enumerate(options.rows.read_text().splitlines()):
            row, unit = json.loads(line), f"{options.rows.stem}-{number}"
            run = client.run(options.prompt, row["inputs"], label="production", unit_id=unit)
            is_right = RULES[options.rule](run.output, row["expected"])
            client.feedback("right", is_right, execution_id=run.execution_id)
            print(unit, f"version {run.number}", "right" if is_right else "wrong", flush=True)


def shares_words(output: str, expected: list[str]) -> bool:
    """Return whether the output shares enough words with an accepted answer, as SQuAD counts them."""
    return max(_f1(_words(output), _words(one)) for one in expected) >= ENOUGH


def ends_with_number(output: str, expected: str) -> bool:
    """Return whether the last number in the output is the expected one."""
    found = _NUMBER.findall(output.replace(",", ""))
    return bool(found) and float(found[-1]) == float(expected)


def _words(text: str) -> list[str]:
    return re.sub(r"\b(a|an|the)\b", " ", re.sub(r"[^\w\s]", "", text.lower())).split()


def _f1(given: list[str], right: list[str]) -> float:
    shared = (Counter(given) & Counter(right)).total()
    return 2 * shared / (len(given) + len(right)) if shared else 0.0


RULES: dict[str, Callable[..., bool]] = {"f1": shares_words, "number": ends_with_number}


if __name__ == "__main__":
    main()
