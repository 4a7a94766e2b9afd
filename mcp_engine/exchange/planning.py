"""What an import does, in which order, and what stands in its way: all known before the first push.

A version is pushed after the versions that it includes, and after those of its own name with lower numbers. A label
that an include needs is moved as soon as it can be. Labels are settled last: those of including prompts first, each
after its includes' labels stand where its lock pins them, so that what is released stays what it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mcp_engine.artifacts.kinds import LATEST, Reference
from mcp_engine.exchange.parcel import ParcelPrompt, ParcelVersion, Release, Remark, StoredForm, stored_form
from mcp_engine.prompts.kind import KIND, includes_of, parse_body


@dataclass(frozen=True, slots=True)
class Existing:
    """What a namespace has under a name: numbers by digest, where labels point, and what their locks pin."""

    numbers: Mapping[str, int] = field(default_factory=dict[str, int])
    latest: int = 0
    labels: Mapping[str, int] = field(default_factory=dict[str, int])
    pins: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])


@dataclass(frozen=True, slots=True)
class Prepared:
    """Prompts, what the registry would make of each version, and what each includes; both by `name/number`."""

    prompts: Sequence[ParcelPrompt]
    forms: Mapping[str, StoredForm]
    includes: Mapping[str, Sequence[Reference]]
    faults: Sequence[Remark]

    @property
    def names(self) -> list[str]:
        """The names that must be known of a namespace before a plan can be made."""
        included = (reference.name for references in self.includes.values() for reference in references)
        return sorted({*(prompt.name for prompt in self.prompts), *included})


@dataclass(frozen=True, slots=True)
class Push:
    """A version to push; `number` is what it gets here, `exists` that it is there already."""

    version: ParcelVersion
    number: int
    exists: bool


@dataclass(frozen=True, slots=True)
class Move:
    """A label to point at what is version `number` here; `passing`: only until another release has pinned it."""

    name: str
    label: str
    number: int
    passing: bool = False


@dataclass(slots=True)
class Plan:
    """The steps, in order, and what is to be said about them."""

    steps: list[Push | Move] = field(default_factory=list[Push | Move])
    remarks: list[Remark] = field(default_factory=list[Remark])

    @property
    def faults(self) -> list[Remark]:
        return [remark for remark in self.remarks if remark.outcome == "fault"]


def prepare(prompts: Sequence[ParcelPrompt]) -> Prepared:
    """Look at every version: a fault of a body is a remark with its place."""
    forms: dict[str, StoredForm] = {}
    includes: dict[str, Sequence[Reference]] = {}
    faults: list[Remark] = []
    for version in (version for prompt in prompts for version in prompt.versions):
        form = stored_form(version)
        if isinstance(form, Remark):
            faults.append(form)
        else:
            forms[version.subject] = form
            names = includes_of(parse_body(form.body))
            includes[version.subject] = [Reference.parse(KIND, name) for name in names]
    return Prepared(prompts, forms, includes, faults)


def make_plan(
    prepared: Prepared, existing: Mapping[str, Existing], *, skip_faulty: bool = False, place: str = "here"
) -> Plan:
    """Return what an import does.

    Args:
        existing: what the namespace has, for each of `prepared.names` that it has.
        skip_faulty: leave out versions that can't be brought over, and what includes them; their faults become
            remarks of what is left out. Else a plan with faults must not be carried out.
        place: how remarks call what the prompts are brought to.
    """
    left: list[Remark] = []
    plan = _Planner(prepared, existing, place).plan()
    while skip_faulty and plan.faults:
        left += [replace(fault, outcome="left_out") for fault in plan.faults]
        faulty = {fault.subject for fault in plan.faults}
        kept = [_without(prompt, faulty) for prompt in prepared.prompts]
        prepared = replace(prepared, prompts=kept, faults=())
        plan = _Planner(prepared, existing, place).plan()
    plan.remarks[:0] = left
    return plan


def _without(prompt: ParcelPrompt, faulty: set[str]) -> ParcelPrompt:
    return replace(prompt, versions=tuple(one for one in prompt.versions if one.subject not in faulty))


class _Planner:
    """Plays an import through; `_number` and `_labels` are what the namespace would hold by then."""

    def __init__(self, prepared: Prepared, existing: Mapping[str, Existing], place: str) -> None:
        self._place = place
        by_name = sorted(prepared.prompts, key=lambda prompt: prompt.name)
        self._waiting = {one.name: {each.number: each for each in one.versions} for one in by_name if one.versions}
        self._releases = {(prompt.name, one.label): one for prompt in prepared.prompts for one in prompt.releases}
        self._forms = prepared.forms
        self._includes = prepared.includes
        self._existing = existing
        self._number: dict[tuple[str, int], int] = {}
        self._digests = {name: dict(found.numbers) for name, found in existing.items()}
        self._latest = {name: found.latest for name, found in existing.items()}
        self._labels = {(name, label): at for name, found in existing.items() for label, at in found.labels.items()}
        self._pinned = {(name, label): dict(at) for name, found in existing.items() for label, at in found.pins.items()}
        self._plan = Plan(remarks=[*prepared.faults])

    def plan(self) -> Plan:
        """Return the steps; a plan with faults is not finished."""
        for play in (self._push_all, self._settle_labels):
            if not self._plan.faults:
                play()
        return self._plan

    def _push_all(self) -> None:
        """Push in rounds over the names, each as far as it comes; a round without any push gives up waiting for labels
        to point where they will, and the next one without any ends it."""
        patient = True
        while self._waiting:
            pushed = False
            for name in [*self._waiting]:
                while self._may_push(name, patient=patient):
                    self._push(self._take(name))
                    pushed = patient = True
            if not (pushed or patient):
                self._say_why_stuck()
                return
            patient = pushed

    def _may_push(self, name: str, *, patient: bool) -> bool:
        waiting = self._waiting.get(name)
        return bool(waiting) and all(
            self._there(one, patient=patient) for one in self._includes[next(iter(waiting.values())).subject]
        )

    def _take(self, name: str) -> ParcelVersion:
        """Return the next version of a name, which waits no more."""
        waiting = self._waiting[name]
        version = waiting.pop(next(iter(waiting)))
        if not waiting:
            del self._waiting[name]
        return version

    def _there(self, wanted: Reference, *, patient: bool) -> bool:
        """Return whether an include would find what it names."""
        coming = self._waiting.get(wanted.name, {})
        if wanted.version is not None:
            found = self._existing.get(wanted.name, Existing())
            known = (wanted.name, wanted.version) in self._number or wanted.version <= found.latest
            return wanted.version not in coming and known
        release = self._releases.get((wanted.name, wanted.label or LATEST))
        if release is not None and release.number in coming and patient:
            return False
        return self._can_point(wanted)

    def _can_point(self, wanted: Reference) -> bool:
        has_versions = self._latest.get(wanted.name, 0) > 0
        if wanted.label in (None, LATEST):
            return has_versions
        there = (wanted.name, str(wanted.label)) in self._labels
        return there or (has_versions and (wanted.name, str(wanted.label)) in self._releases)

    def _push(self, version: ParcelVersion) -> None:
        for reference in self._includes[version.subject]:
            self._check_number(version, reference)
            self._point_somewhere(reference)
        digests = self._digests.setdefault(version.name, {})
        digest = self._forms[version.subject].digest
        exists = digest in digests
        if not exists:
            self._latest[version.name] = digests[digest] = self._latest.get(version.name, 0) + 1
        number = self._number[version.name, version.number] = digests[digest]
        self._plan.steps.append(Push(version, number, exists))
        if number != version.number:
            self._remark(version.subject, f"It is version {number} {self._place}.")

    def _check_number(self, version: ParcelVersion, wanted: Reference) -> None:
        """An include by number must mean the version that it meant where it was written."""
        number = self._number.get((wanted.name, wanted.version or 0), wanted.version)
        if wanted.version is not None and number != wanted.version:
            self._fault(
                version.subject,
                f"It includes {wanted}, which is version {number} {self._place}; numbers stay where there is none yet.",
            )

    def _point_somewhere(self, wanted: Reference) -> None:
        """Give a label that an include needs, and that is nowhere yet, its version or, until then, the latest."""
        key = (wanted.name, wanted.label or LATEST)
        if wanted.version is not None or wanted.label in (None, LATEST) or key in self._labels:
            return
        release = self._releases.get(key)
        final = None if release is None else self._number.get((wanted.name, release.number))
        self._move(*key, final or self._latest[wanted.name], passing=final is None)

    def _settle_labels(self) -> None:
        waiting = {f"{name}@{label}": (name, release) for (name, label), release in sorted(self._releases.items())}
        first = self._first(waiting)
        while waiting:
            free = [text for text in waiting if not first[text] & waiting.keys()] or [next(iter(waiting))]
            for text in free:
                self._settle(*waiting.pop(text))

    def _first(self, releases: Mapping[str, tuple[str, Release]]) -> Mapping[str, set[str]]:
        """Return which releases come before each: those that pin its label where it may not stay, and, where nothing
        is said of pins, those that it includes."""
        first: dict[str, set[str]] = {text: set() for text in releases}
        for text, (name, release) in releases.items():
            for pinned in first.keys() & release.pins.keys() - {text}:
                first[pinned].add(text)
            if not release.pins:
                first[text] |= {str(one) for one in self._includes.get(f"{name}/{release.number}", ())} - {text}
        return first

    def _settle(self, name: str, release: Release) -> None:
        subject = f"{name}@{release.label}"
        number = self._number.get((name, release.number))
        if number is None:
            why = f"It points at version {release.number}, which is not brought over."
            self._plan.remarks.append(Remark(subject, "left_out", why))
            return
        key, pins = (name, release.label), self._pins_here(subject, release)
        if self._labels.get(key) == number and self._pinned.get(key, {}) == pins:
            return
        for text, pinned in pins.items():
            wanted = Reference.parse(KIND, text)
            if self._labels.get((wanted.name, str(wanted.label))) != pinned:
                self._move(wanted.name, str(wanted.label), pinned, passing=True)
        self._move(name, release.label, number, passing=False)

    def _pins_here(self, subject: str, release: Release) -> dict[str, int]:
        """Return which versions of ours a release must pin, as far as labels can bring that about."""
        pins: dict[str, int] = {}
        for text, pinned in sorted(release.pins.items()):
            wanted = Reference.parse(KIND, text)
            here = self._number.get((wanted.name, pinned))
            if wanted.label != LATEST and here is not None:
                pins[text] = here
            elif here is None or here != self._latest.get(wanted.name):
                self._remark(
                    subject, f"Where it comes from it pins version {pinned} of {text}; {self._place} it pins another."
                )
        return pins

    def _move(self, name: str, label: str, number: int, *, passing: bool) -> None:
        self._labels[name, label] = number
        release = self._releases.get((name, label))
        pins = (Reference.parse(KIND, text) for text in (release.pins if release else ()))
        found = {str(one): self._labels.get((one.name, str(one.label))) for one in pins}
        self._pinned[name, label] = {text: at for text, at in found.items() if at is not None}
        self._plan.steps.append(Move(name, label, number, passing))

    def _say_why_stuck(self) -> None:
        lacks: dict[str, list[str]] = {}
        for version in (version for versions in self._waiting.values() for version in versions.values()):
            wanted = self._includes[version.subject]
            lacks[version.subject] = [str(one) for one in wanted if not self._can_come(one)]
        in_a_circle = not any(lacks.values())
        for subject, missing in lacks.items():
            if missing:
                self._fault(subject, f"It includes {', '.join(missing)}: neither brought over nor in the namespace.")
            elif in_a_circle:
                self._fault(subject, "It includes what includes it, or what comes after it.")

    def _can_come(self, wanted: Reference) -> bool:
        """Return whether an include names something that is there or still to be pushed."""
        coming = self._waiting.get(wanted.name, {})
        if wanted.version is not None:
            return wanted.version in coming or self._there(wanted, patient=False)
        labelled = wanted.label == LATEST or (wanted.name, str(wanted.label)) in self._releases
        return bool(coming and labelled) or self._can_point(wanted)

    def _fault(self, subject: str, why: str) -> None:
        self._plan.remarks.append(Remark(subject, "fault", why))

    def _remark(self, subject: str, why: str) -> None:
        self._plan.remarks.append(Remark(subject, "changed", why))
