"""Rules that others wrote: of packages that are installed beside aiomend, and of files that ``--rules`` names.

What is loaded here is run. So it is only ever what the user installed or named on the command line: no configuration
file, and nothing else of a scanned project, can name rules, and neither the working directory nor its packages are asked.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from aiomend.codes import prefix_of
from aiomend.rules import Rule, registry
from aiomend.rules.validation import OWN, PREFIX, clashes, prefixes, problems, rules_in
from aiomend_cli.errors import UserError
from aiomend_cli.rule_places import GROUP, announcing

_RESERVED = frozenset({OWN, "ALL"})


@dataclass(frozen=True, slots=True)
class Package:
    """Rules with one prefix, and who brings them, as a person knows it: ``acme-rules 1.0``, or ``--rules FILE``."""

    origin: str
    rules: tuple[type[Rule], ...]

    @property
    def prefix(self) -> str:
        return prefix_of(self.rules[0].code)


@dataclass(frozen=True, slots=True)
class Known:
    """Every rule that there is in this run, by code: aiomend's own in the guide's order, then those of packages."""

    rules: Mapping[str, type[Rule]]
    packages: tuple[Package, ...] = ()

    def origin(self, code: str) -> str:
        """Return who brings a rule."""
        return next((one.origin for one in self.packages if one.prefix == prefix_of(code)), "aiomend")


@functools.cache
def known(files: tuple[Path, ...] = ()) -> Known:
    """Return aiomend's rules, those of installed packages, and those of ``files``, which are absolute.

    Raises UserError where a package or a file cannot be loaded, or its rules are not as they have to be.
    """
    packages: list[Package] = []
    given = (functools.partial(_from_file, file) for file in dict.fromkeys(files))
    loads: Iterable[Callable[[], Package]] = itertools.chain(_installed(), given)
    for load in loads:
        package = load()
        for other in packages:
            if other.prefix == package.prefix:
                raise UserError(
                    f"{other.origin} and {package.origin} both have rules with codes that begin with {package.prefix}: "
                    "use one of them"
                )
        others = [*registry().values(), *(rule for one in packages for rule in one.rules)]
        _refuse(package.origin, list(clashes(package.rules, others)))
        packages.append(package)
    theirs = {rule.code: rule for package in packages for rule in package.rules}
    return Known(registry() | dict(sorted(theirs.items())), tuple(packages))


def checked(origin: str, rules: list[type[Rule]], prefix: str | None = None) -> Package:
    """Return the rules of one package; raises UserError for what is wrong with them. ``prefix`` is what it announced."""
    if not rules:
        raise UserError(f"{origin}: it defines no rule, which is a subclass of aiomend.Rule with a code")
    _refuse(origin, [problem for rule in rules for problem in problems(rule)])
    found = prefixes(rules)
    for taken in _RESERVED.intersection(found):
        raise UserError(f"{origin}: codes that begin with {taken} are aiomend's own; choose another prefix")
    if len(found) > 1:
        raise UserError(f"{origin}: its codes begin with {' and '.join(found)}; a package has one prefix")
    if prefix is not None and found != [prefix]:
        raise UserError(f"{origin}: its codes begin with {found[0]}, and its entry point is named {prefix}")
    return Package(origin, tuple(rules))


def _refuse(origin: str, wrong: list[str]) -> None:
    if wrong:
        raise UserError("\n".join([f"{origin}: its rules cannot be used", *wrong]))


# ---- installed packages ---


def _installed() -> Iterator[Callable[[], Package]]:
    """Yield what loads each package that announces rules; sorted, so that every run finds the same."""
    for name, metadata in sorted(announcing().items()):
        from importlib.metadata import Distribution

        origin = f"rule package {name} {metadata.stem.rpartition('-')[2]}"
        with _quietly(origin):
            entries = tuple(Distribution.at(metadata).entry_points.select(group=GROUP))
        for entry in entries:
            yield functools.partial(
                _from_entry_point, f"{origin} ({entry.name} = {entry.value})", entry.name, entry.value
            )


def _from_entry_point(origin: str, name: str, value: str) -> Package:
    import importlib

    if not PREFIX.fullmatch(name) or name in _RESERVED:
        raise UserError(
            f"{origin}: the name of the entry point is the prefix of the codes, 2 to 10 capital letters and not {OWN}"
        )
    if ":" in value:
        raise UserError(f"{origin}: the entry point has to name a module")
    with _quietly(origin):
        module = importlib.import_module(value)
    return checked(origin, rules_in(vars(module).values(), value), name)


# ---- files ---


def _from_file(file: Path) -> Package:
    """Return the rules of a file. It is no package: it imports what is installed, and no neighbours."""
    origin = f"--rules {file}"
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{origin}: cannot be read: {error.strerror}") from error
    module = ModuleType(f"aiomend_rules_{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # dataclasses look their module up
    with _quietly(origin):
        exec(compile(data, file, "exec", dont_inherit=True), vars(module))
    return checked(origin, rules_in(vars(module).values(), module.__name__))


@contextlib.contextmanager
def _quietly(origin: str) -> Iterator[None]:
    """Turn whatever somebody else's code raises into an error for people; what it prints is no report."""
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        what = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise UserError(f"{origin} cannot be loaded: {what}{_place(error)}") from error


def _place(error: BaseException) -> str:
    """Return the innermost place in a file that is not Python's own import machinery."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        if not name.startswith("<") and name != __file__:
            place = f"\n{name}, line {trace.tb_lineno}"
        trace = trace.tb_next
    return place
