"""What a site lets robots read (RFC 9309, Robots Exclusion Protocol)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from urllib.parse import quote, unquote

MAX_BYTES = 512 * 1024
"""RFC 9309, 2.5: at least 500 KiB are read."""
_AGENT = re.compile(r"[A-Za-z_-]+|\*")


@dataclass(frozen=True, slots=True)
class Rule:
    """A line of a group; `path` may hold `*`, and `$` at its end."""

    allow: bool
    path: str

    def matches(self, path: str) -> bool:
        anchored = self.path.endswith("$")
        pattern = re.sub(r"([?\[])", r"[\1]", self.path.removesuffix("$"))
        return fnmatchcase(path, pattern if anchored else pattern + "*")


class Robots:
    """The rules of a site for one robot.

    Args:
        text: its robots.txt.
        agent: the robot's product token.
    """

    def __init__(self, text: str, agent: str) -> None:
        groups = _groups(text)
        mine = groups.get(agent.lower())
        self._rules = groups.get("*", []) if mine is None else mine

    def allows(self, path: str) -> bool:
        """Return whether a path with its query may be read: the longest rule decides, and of equal ones `allow`."""
        wanted = _same(path or "/")
        found = [rule for rule in self._rules if rule.matches(wanted)]
        best = max(found, key=lambda rule: (len(rule.path), rule.allow), default=None)
        return best is None or best.allow


def _groups(text: str) -> dict[str, list[Rule]]:
    """Return the rules by lower-case product token; groups of one robot are taken together."""
    groups: dict[str, list[Rule]] = {}
    agents: list[str] = []
    in_rules = False
    for line in text.lstrip("\ufeff").splitlines():
        key, colon, value = line.split("#", 1)[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            if in_rules:
                agents, in_rules = [], False
            if token := _AGENT.match(value):
                agents.append(token.group().lower())
                groups.setdefault(agents[-1], [])
        elif key in ("allow", "disallow"):
            in_rules = True
            if value:
                for agent in agents:
                    groups[agent].append(Rule(key == "allow", _same(value)))
    return groups


def _same(path: str) -> str:
    """Return a path in one spelling: what may be written with and without percent signs compares as equal."""
    return quote(unquote(path, errors="surrogateescape"), safe="/*$?&=[]:@!'(),;+~", errors="surrogateescape")
