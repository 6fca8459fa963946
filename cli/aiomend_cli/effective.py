"""What governs one file: options, over the nearest configuration, over what the project says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from aiomend.settings import EVERYTHING, NOTHING, Selection, Settings, TargetRange
from aiomend_cli import forms
from aiomend_cli.configured import governing
from aiomend_cli.errors import UserError
from aiomend_cli.limits import SECONDS, Limits, megabytes
from aiomend_cli.options import Options
from aiomend_cli.projectfiles import may_tell
from aiomend_cli.style import style_of
from aiomend_cli.target import target_of

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

    from aiomend_cli.config import Config
    from aiomend_cli.forge.settings import PullRequests


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Overrides:
    """The options that decide about files, checked once."""

    select: Selection | None
    ignore: Selection
    unsafe: Selection
    target: TargetRange | None
    offload: str | None
    executor: str | None
    helpers: str | None
    config: Config | None
    exclude: tuple[str, ...]
    python: Path | None
    types: bool | None
    file_timeout: float | None
    memory_limit: int | None

    @classmethod
    def parse(cls, options: Options, known: Mapping[str, str], cwd: Path) -> Overrides:
        """Return the checked options; raises SettingsError or UserError for a value that makes no sense."""
        executor = options.executor
        if executor is not None and forms.is_address(executor):
            executor = None  # of nothing in the code
        elif executor is not None and not forms.is_executor(executor):
            raise UserError(f"--executor {executor!r}: {forms.EXECUTOR_FORM}")
        if options.helpers is not None and not forms.is_home(options.helpers):
            raise UserError(f"--helpers {options.helpers!r}: {forms.HELPERS_FORM}")
        if options.file_timeout is not None and not forms.is_timeout(options.file_timeout):
            raise UserError(f"--file-timeout {options.file_timeout:g}: {forms.TIMEOUT_FORM}")
        if options.memory_limit is not None and not forms.is_memory(options.memory_limit):
            raise UserError(f"--memory-limit {options.memory_limit}: {forms.MEMORY_FORM}")
        unsafe = Selection.parse(options.unsafe_rules, known, "--unsafe-rules")
        return cls(
            select=Selection.parse(options.select, known, "--select") if options.select else None,
            ignore=Selection.parse(options.ignore, known, "--ignore"),
            unsafe=EVERYTHING if options.unsafe else unsafe,
            target=TargetRange.parse(options.target_version) if options.target_version else None,
            offload=options.offload,
            executor=executor,
            helpers=options.helpers,
            config=_loaded(cwd / options.config, known) if options.config else None,
            exclude=options.exclude,
            python=cwd / options.python.expanduser() if options.python else None,
            types=options.types,
            file_timeout=options.file_timeout,
            memory_limit=options.memory_limit,
        )


@dataclass(slots=True)
class Effective:
    """Settings by project-root-relative path; one reading for each folder that says something, and those below it."""

    root: Path
    cwd: Path
    overrides: Overrides
    known: Mapping[str, str]
    _places: dict[str, str] = field(default_factory=dict)
    _settings: dict[str, Settings] = field(default_factory=dict)
    _configs: dict[str, Config | None] = field(default_factory=dict)
    _patterns: dict[str, list[tuple[Path, tuple[str, ...]]]] = field(default_factory=dict)
    _specs: dict[tuple[Path, tuple[str, ...]], GitIgnoreSpec] = field(default_factory=dict)

    def __call__(self, path: str) -> Settings:
        """Return what governs ``path``; raises SettingsError or UserError for a wrong configuration."""
        place = self._place(path.rpartition("/")[0])
        if place not in self._settings:
            self._settings[place] = self._read(place)
        return self._settings[place]

    def config(self, folder: str) -> Config | None:
        """Return the configuration that governs the files in ``folder``, None where nothing is configured."""
        place = self._place(folder)
        if place not in self._configs:
            self._configs[place] = self.overrides.config or self._nearest(place)
        return self._configs[place]

    def environment(self, paths: Iterable[str]) -> tuple[Path, str] | None:
        """Return the interpreter or environment that the project of ``paths`` is read with, and who named it.

        Raises UserError where the configurations of these files name different ones.
        """
        if self.overrides.python is not None:
            return self.overrides.python, "--python"
        named = {one.python: one.path for one in self._configs_of(paths) if one.python is not None}
        if len(named) > 1:
            first, second, *_ = named.values()
            raise UserError(
                f"{first} and {second} name different environments, and a project is read with one: "
                "name it with --python"
            )
        return next(((python, f"{origin}: python") for python, origin in named.items()), None)

    def types(self, paths: Iterable[str]) -> bool:
        """Return True where a type checker is to be asked about the project of ``paths``: some configuration says so."""
        if self.overrides.types is not None:
            return self.overrides.types
        return any(one.types for one in self._configs_of(paths))

    def limits(self, paths: Iterable[str]) -> Limits:
        """Return what one file of a project of ``paths`` may take: of several configurations the one that allows most."""
        named, over = self._configs_of(paths), self.overrides
        seconds = [one.file_timeout for one in named if one.file_timeout is not None]
        memory = [one.memory_limit for one in named if one.memory_limit is not None]
        if over.file_timeout is not None:
            seconds = [over.file_timeout]
        if over.memory_limit is not None:
            memory = [over.memory_limit]
        return Limits(
            seconds=0 if 0 in seconds else max(seconds, default=SECONDS),
            megabytes=0 if 0 in memory else max(memory, default=megabytes()),
        )

    def pull_requests(self) -> PullRequests:
        """Return what the configuration at the root says of pull requests."""
        from aiomend_cli.forge.settings import PullRequests

        found = self.config("")
        return found.pr if found else PullRequests()

    def _configs_of(self, paths: Iterable[str]) -> list[Config]:
        folders = dict.fromkeys(path.rpartition("/")[0] for path in paths)
        return list({id(one): one for folder in folders if (one := self.config(folder))}.values())

    def excluded(self, path: str) -> bool:
        """Return True where a pattern of the configuration or of ``--exclude`` names ``path``."""
        folder = path.rpartition("/")[0]
        if folder not in self._patterns:
            found = self.config(folder)
            places = [(self.cwd, self.overrides.exclude), *([(found.path.parent, found.exclude)] if found else [])]
            self._patterns[folder] = [(base, patterns) for base, patterns in places if patterns]
        return any(self._matches(base, patterns, path) for base, patterns in self._patterns[folder])

    def _place(self, folder: str) -> str:
        """Return the nearest folder up to the root that may say something: what governs it governs ``folder``."""
        if folder not in self._places:
            tells = not folder or may_tell(self.root / folder)
            self._places[folder] = folder if tells else self._place(folder.rpartition("/")[0])
        return self._places[folder]

    def _nearest(self, folder: str) -> Config | None:
        file = governing(self.root / folder, self.root)
        return _loaded(file, self.known) if file is not None else None

    def _matches(self, base: Path, patterns: tuple[str, ...], path: str) -> bool:
        from pathspec import GitIgnoreSpec

        key = (base, patterns)
        if key not in self._specs:
            self._specs[key] = GitIgnoreSpec.from_lines(patterns)
        whole = self.root / path
        # a pattern from elsewhere still holds for names and for folders of the project
        relative = whole.relative_to(base) if whole.is_relative_to(base) else PurePosixPath(path)
        return self._specs[key].match_file(relative.as_posix())

    def _read(self, folder: str) -> Settings:
        here = self.root / folder
        found, over = self.config(folder), self.overrides
        style = style_of(here, self.root)
        if found and found.line_length:
            style = replace(style, line_length=found.line_length, follows_file=False)
        given: dict[str, TargetRange | str] = {}
        if over.target:
            given["target"] = over.target
        elif found is None or "target" not in found.values:
            given["target"] = target_of(here, self.root)
        if over.offload:
            given["offload"] = over.offload
        if over.executor:
            given["executor"] = over.executor
        if over.helpers:
            given["helpers"] = over.helpers
        settings = replace(Settings(), **{**(found.values if found else {}), **given})
        settings = replace(settings, style=style)
        return replace(
            settings,
            select=over.select or settings.select,
            # --select says exactly which rules run, so it also sets aside what the configuration ignores
            ignore=_joined(NOTHING if over.select else settings.ignore, over.ignore),
            unsafe=_joined(settings.unsafe, over.unsafe),
        )


def _loaded(file: Path, known: Mapping[str, str]) -> Config:
    """Return what a configuration file says; what reads it is loaded here, as most projects have none."""
    from aiomend_cli.config import load

    return load(file, known)


def _joined(one: Selection, other: Selection) -> Selection:
    return Selection(one.terms | other.terms)
