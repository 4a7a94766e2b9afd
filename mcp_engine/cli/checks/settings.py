"""The settings of `mcp-engine ci`: which files are prompts, and what each is checked on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mcp_engine.cli.failures import CommandFailed, ExitCode
from mcp_engine.faults import faults_of

FILE = "mcp-engine.ci.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bounds(_Part):
    """Where the mean of a scorer must lie, whatever the baseline."""

    at_least: float | None = None
    at_most: float | None = None

    def holds(self, mean: float | None) -> bool:
        if mean is None:
            return False
        return (self.at_least is None or mean >= self.at_least) and (self.at_most is None or mean <= self.at_most)

    def __str__(self) -> str:
        ends = (("≥", self.at_least), ("≤", self.at_most))
        return " and ".join(f"{sign} {value:g}" for sign, value in ends if value is not None)


class Check(_Part):
    """Rows to run a changed prompt on, and when that fails."""

    dataset: str = Field(min_length=1, max_length=180)
    split: str = "open"
    scorers: list[str] = Field(min_length=1, max_length=16)
    prompts: list[str] = Field(default=[], description="Names; without any, every changed prompt.")
    fail_when: Literal["worse", "not_better"] = Field(
        default="worse", description="`worse`: a scorer shows it to be worse. `not_better`: none shows it to be better."
    )
    bounds: dict[str, Bounds] = {}
    model: str | None = None
    limit: int | None = Field(default=None, ge=1)

    def is_of(self, prompt: str) -> bool:
        return not self.prompts or prompt in self.prompts


class CheckSettings(_Part):
    """The whole file."""

    namespace: str = "default"
    baseline: str = Field(default="production", description="The label to compare with.")
    files: list[Annotated[str, Field(min_length=1)]] = Field(default=["**/*.prompt"], min_length=1)
    checks: list[Check] = Field(min_length=1)


def read_settings(path: Path) -> CheckSettings:
    """Return the settings in a file; a bad one ends the command and says where it is wrong."""
    try:
        found: object = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise CommandFailed(
            f"There is no {path}. Write one: `checks: [{{dataset: NAME, scorers: [exact]}}]`.", ExitCode.USAGE
        ) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CommandFailed(f"{path} can't be read: {error}", ExitCode.USAGE) from error
    try:
        return CheckSettings.model_validate(found)
    except ValidationError as error:
        raise CommandFailed(f"Correct {path}: {faults_of(error, whole='file')}.", ExitCode.USAGE) from error
