"""Which fixes go together into one pull request."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from aiomend.model import Finding, Safety
from aiomend_cli.forge.settings import PREFIX, SplitBy
from aiomend_cli.selection import with_required

_CONTAINERS = frozenset({"src", "lib", "python", "packages"})  #: folders that only hold the real ones


@dataclass(frozen=True, slots=True)
class FixSet:
    """The fixes of one pull request."""

    name: str  #: what its branch is called behind the prefix
    safety: Safety
    ids: frozenset[str]
    rule: str | None = None  #: the code, where it is of one rule
    part: str | None = None  #: the directory or the owners, where it is for one of them
    later: int = 0  #: files whose fixes come once this one is merged, since it would grow too large

    @property
    def branch(self) -> str:
        return PREFIX + self.name

    @property
    def digest(self) -> str:
        """Return what stands for exactly these fixes; ids survive moved lines, and so does it."""
        return digest(sorted(self.ids))


def digest(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:16]


def fix_sets(
    findings: Sequence[Finding],
    requires: Mapping[str, tuple[str, ...]],
    split: SplitBy,
    owner: Callable[[str], str],
    max_files: int,
) -> list[FixSet]:
    """Return the sets of the applied ``findings``: safe ones first, each kind in the guide's order or by name.

    An unsafe set is of one rule and changes at most ``max_files`` files, or what belongs together where that is more.
    """
    groups: dict[tuple[int, tuple[int, str], str], list[Finding]] = defaultdict(list)
    for finding in findings:
        if finding.applied:
            of_rule = split is SplitBy.RULE or finding.safety is not Safety.SAFE
            rule = (finding.section, finding.code) if of_rule else (-1, "")
            groups[-finding.safety, rule, part_of(finding.path, split, owner)].append(finding)
    sets = []
    for (safety, (_, code), part), members in sorted(groups.items()):
        level = Safety(-safety)
        ids, later = _first(members, requires, max_files if level is not Safety.SAFE else None)
        sets.append(FixSet(_name(level, code, part), level, ids, code or None, part or None, later))
    return sets


def part_of(path: str, split: SplitBy, owner: Callable[[str], str]) -> str:
    match split:
        case SplitBy.DIRECTORY:
            folders = path.split("/")[:-1]
            depth = 2 if folders[:1] and folders[0] in _CONTAINERS else 1
            return "/".join(folders[:depth]) or "."
        case SplitBy.OWNER:
            return owner(path)
        case SplitBy.NONE | SplitBy.RULE:
            return ""


def _name(safety: Safety, rule: str, part: str) -> str:
    words = [safety.label, rule.lower(), _slug(part)]
    return "-".join(word for word in words if word)


def _slug(part: str) -> str:
    """Return ``part`` as a word for a branch; where that loses something, a digest keeps two of them apart."""
    if not part:
        return ""
    plain = re.sub(r"[^a-z0-9]+", "-", part).strip("-")[:40]
    return plain if plain == part else f"{plain}-{digest([part])[:6]}".lstrip("-")


def _first(
    members: Sequence[Finding], requires: Mapping[str, tuple[str, ...]], max_files: int | None
) -> tuple[frozenset[str], int]:
    """Return the ids of the first of ``members`` that change no more than ``max_files`` files, with what they require,
    and the number of files that only the others change."""
    known = {finding.id: finding for finding in members}
    ids: frozenset[str] = frozenset()
    files: set[str] = set()
    left: set[str] = set()
    for finding in sorted(members, key=lambda one: (one.path, one.line, one.column)):
        more = with_required([finding.id], requires)
        touched = {path for one in more if one in known for path in known[one].paths}
        if max_files is None or not ids or len(files | touched) <= max_files:
            ids |= more
            files |= touched
        else:
            left |= touched
    return ids, len(left - files)
