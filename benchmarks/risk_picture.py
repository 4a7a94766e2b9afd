"""`python -m benchmarks.risk_picture RESULT.json PICTURE.svg`: risk over coverage, as `abstention` measured it.

Risk is the share of the answers given that are unsupported, coverage the share of questions that are answered; each
point is one threshold of the confidence (R. El-Yaniv and Y. Wiener, "On the Foundations of Noise-free Selective
Classification", 2010).
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WIDTH, HEIGHT = 640, 360
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 24, 16, 48
_GOAL = 0.05
_LINES = (
    ("curve", "MCP Engine", "#4f46c8"),
    ("curve_retrieval_score", "a threshold of the retrieval score", "#b45309"),
)


def picture(settings: dict[str, Any]) -> str:
    """Return the SVG of a result's curves.

    Args:
        settings: of the result of `abstention`.
    """
    curves = [(name, colour, settings[key]) for key, name, colour in _LINES]
    most = max(point["risk"] for _, _, points in curves for point in points)
    top = max(math.ceil(round(most * 10, 6)), 1) / 10
    body = [*_grid(top), *(_line(points, colour, top) for _, colour, points in curves), _goal(top)]
    body += [_name(name, colour, place) for place, (name, colour, _) in enumerate(curves)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"',
            ' font-size="12" role="img" aria-label="Risk over coverage">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
            *body,
            "</svg>",
            "",
        ]
    )


def _name(name: str, colour: str, place: int) -> str:
    return f'<text x="{_LEFT + 12}" y="{_TOP + 20 + 18 * place}" fill="{colour}">{name}</text>'


def _x(coverage: float) -> float:
    return _LEFT + coverage * (WIDTH - _LEFT - _RIGHT)


def _y(risk: float, top: float) -> float:
    return HEIGHT - _BOTTOM - risk / top * (HEIGHT - _TOP - _BOTTOM)


def _grid(top: float) -> list[str]:
    lines: list[str] = []
    for tenth in range(round(top * 10) + 1):
        at = _y(tenth / 10, top)
        lines.append(f'<path d="M{_LEFT} {at:.1f}H{WIDTH - _RIGHT}" stroke="#e5e7eb"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="#4b5563">{tenth * 10} %</text>')
    for fifth in range(6):
        at = _x(fifth / 5)
        lines.append(
            f'<text x="{at:.1f}" y="{HEIGHT - _BOTTOM + 18}" text-anchor="middle" fill="#4b5563">{fifth * 20} %</text>'
        )
    middle = (_LEFT + WIDTH - _RIGHT) / 2
    lines.append(
        f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle" fill="#111827">questions answered (coverage)</text>'
    )
    lines.append(
        f'<text transform="translate(14 {(_TOP + HEIGHT - _BOTTOM) / 2}) rotate(-90)" text-anchor="middle" '
        'fill="#111827">of these unsupported (risk)</text>'
    )
    return lines


def _line(points: Sequence[dict[str, float]], colour: str, top: float) -> str:
    path = " ".join(f"{_x(one['coverage']):.1f},{_y(one['risk'], top):.1f}" for one in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'


def _goal(top: float) -> str:
    at = _y(_GOAL, top)
    return (
        f'<path d="M{_LEFT} {at:.1f}H{WIDTH - _RIGHT}" stroke="#047857" stroke-dasharray="4 4"/>'
        f'<text x="{WIDTH - _RIGHT - 8}" y="{at - 5:.1f}" text-anchor="end" fill="#047857">goal: 5 %</text>'
    )


if __name__ == "__main__":
    result, target = map(Path, sys.argv[1:])
    target.write_text(picture(json.loads(result.read_text())["settings"]))
