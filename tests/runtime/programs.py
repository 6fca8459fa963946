"""The programs under fixtures/runtime and the expectations that each carries in its header.

A header is the block of comments that a program begins with: one sentence, an empty comment, then lines
``# key: value``. A value of several lines follows its key, indented. The keys:

``rules``           each of them has a part in the fix
``options``         as on the command line
``consume``         the value of that key of the configuration, its default unless given
``complains``       what stderr holds before the fix where no complaint of asyncio's shows the trap, one text a line
``exits before``    the exit code before the fix, 0 unless given
``prints before``   stdout before the fix, exactly; without it chance decides, as where another thread wakes the loop
``prints after``    stdout after the fix, exactly
``reports after``   what stderr still holds after the fix; nothing unless given
``prints``          stdout of a program that has no trap
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from aiomend.settings import EVERYTHING, NOTHING, Selection, Settings, TargetRange

ROOT = Path(__file__).parents[2] / "fixtures" / "runtime"
SECTIONS = (
    "blocking",
    "cancellation",
    "chaining",
    "closing",
    "exceptions",
    "pending",
    "scheduling",
    "several",
    "threads",
)
FORMS = ("generator", "native")  #: `yield from` for Python 3.6, `async def` for the newest

_INDENT = "#     "
_COMMON = {"options", "consume"}
_GUIDE = {"rules", "complains", "exits before", "prints before", "prints after", "reports after"}
_CLEAN = {"prints"}


@dataclass(frozen=True, slots=True)
class Program:
    """One program and what its header promises."""

    path: Path
    text: str
    title: str
    header: dict[str, tuple[str, ...]]

    @property
    def section(self) -> str:
        return self.path.parent.parent.name

    @property
    def form(self) -> str:
        return self.path.parent.name

    @property
    def name(self) -> str:
        """Section, form and file name: what a test is called by."""
        return f"{self.section}-{self.form}-{self.path.stem}"

    def lines(self, key: str) -> tuple[str, ...]:
        """Return the lines of a value, none where the header lacks the key."""
        return self.header.get(key, ())

    def printed(self, key: str) -> str:
        """Return the promised stdout."""
        return "".join(f"{line}\n" for line in self.header[key])

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(code.strip() for line in self.lines("rules") for code in line.split(","))

    @property
    def exit_before(self) -> int:
        return int(self.lines("exits before")[0]) if self.lines("exits before") else 0

    def settings(self, ignore: str | None = None) -> Settings:
        """Return what the header's options mean, with one rule left out on demand."""
        words = shlex.split(self.header["options"][0])
        unsafe = "--unsafe" in words
        rest = [word for word in words if word != "--unsafe"]
        select = NOTHING
        match rest:
            case ["--select", codes, *others]:
                select, rest = Selection(frozenset(codes.split(","))), others
            case _:
                pass  # the rules that run by default
        match rest:
            case ["--target-version", target]:
                return Settings(
                    select=select or Settings().select,
                    consume=self.lines("consume")[0] if self.lines("consume") else Settings().consume,
                    target=TargetRange.parse(target),
                    ignore=Selection(frozenset({ignore})) if ignore else NOTHING,
                    unsafe=EVERYTHING if unsafe else NOTHING,
                )
        raise ValueError(f"{self.path}: options are [--unsafe] --target-version V, not {' '.join(words)!r}")


def read(path: Path) -> Program:
    """Return the program at ``path``; raises ValueError where its header is not one."""
    text = path.read_text("utf-8")
    title, header = _parse(text, path)
    allowed = _COMMON | (_CLEAN if path.parent.parent.name == "clean" else _GUIDE)
    required = allowed - {"complains", "exits before", "prints before", "reports after", "consume"}
    if unknown := header.keys() - allowed:
        raise ValueError(f"{path}: unknown keys {sorted(unknown)}; known are {sorted(allowed)}")
    if missing := required - header.keys():
        raise ValueError(f"{path}: the header lacks {sorted(missing)}")
    return Program(path, text, title, header)


def _parse(text: str, path: Path) -> tuple[str, dict[str, tuple[str, ...]]]:
    first, *lines = text.splitlines()
    header: dict[str, list[str]] = {}
    key = ""
    for number, line in enumerate(lines, 2):
        if not line.startswith("#"):
            break
        if line.startswith(_INDENT) and key:
            header[key].append(line.removeprefix(_INDENT))
        elif line != "#":
            key, colon, value = line.removeprefix("# ").partition(":")
            if not colon or key in header:
                raise ValueError(f"{path}:{number}: neither '# key: value' nor a line of the value above")
            header[key] = [value.strip()] if value.strip() else []
    return first.removeprefix("# "), {name: tuple(value) for name, value in header.items()}


def guide_programs() -> list[Program]:
    """Return the programs with traps, by section, form and name."""
    return [program for program in _all() if program.section != "clean"]


def clean_programs() -> list[Program]:
    """Return the programs without a trap."""
    return [program for program in _all() if program.section == "clean"]


def _all() -> list[Program]:
    return [read(path) for path in sorted(ROOT.glob("*/*/*.py"))]
