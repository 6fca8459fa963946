"""Where the helper functions of a run go: into each file, or once into a module that the files of a package share."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from aiomend.facts.module import ModuleFacts
from aiomend.facts.packages import Packages, reaches
from aiomend.facts.project import ProjectFacts
from aiomend.facts.view import Home, Module
from aiomend.rewriting.edits import Helper
from aiomend.rewriting.helpers import Annotations
from aiomend.rewriting.task_helpers import holds_helpers
from aiomend.rules.rule import Fix
from aiomend.settings import Settings, SettingsError
from aiomend.source import Source, read

#: More modules of a package than these, and a helper is written once for all of them.
_FEW = 2
_NAME = "_asyncio_helpers"
_DOCSTRING = '"""Helpers for asyncio that several modules share."""\n'


class Homes:
    """The shared modules of one run. What a file needs is known once its findings are; then it is decided who shares."""

    def __init__(self, project: ProjectFacts, settings: Callable[[str], Settings], chosen: Collection[str]) -> None:
        self._project = project
        self._settings = settings
        self._chosen = frozenset(chosen)
        self._packages = Packages(project)
        self._kinds: dict[str, frozenset[str]] = {}  #: of helpers that each file is without
        self._drafts: dict[str, ModuleFacts] = {}
        self._circles: dict[tuple[str, str], bool] = {}

    def draft(self, path: str) -> ModuleFacts | None:
        """Return a module as it begins that is to be made, where its package is part of what the user meant."""
        is_meant = f"{posixpath.dirname(path)}/__init__.py" in self._chosen
        return self._drafts.get(path) if is_meant and path not in self._project.known else None

    # ---- which module ---

    def of(self, module: Module) -> Home | None:
        """Return the module that has a file's helpers; None where they stand in the file itself.

        Raises SettingsError where the configuration names a module that nobody can make.
        """
        match module.settings.helpers:
            case "module":
                return None
            case "auto":
                return self._shared(module)
            case name:
                return self._configured(module, name)

    def _shared(self, module: Module) -> Home | None:
        if not self._drafts and not any(path.endswith(f"/{_NAME}.py") for path in self._project.paths):
            return None  # no package shares anything
        folder = self._packages.home(module.path)
        path = f"{folder}/{_NAME}.py"
        if folder is None or (path not in self._drafts and not self._is_ours(path)):
            return None
        return self._home(module, path, is_open=path in self._drafts or path in self._chosen)

    def _home(self, module: Module, path: str, *, is_open: bool) -> Home | None:
        if path == module.path:
            return Home(module, "")
        spelling = self._spelling(module, path)
        facts = self._project.facts(path) if path in self._project.known else self._drafts[path]
        if spelling is None or facts is None:
            return None
        shared = Module(facts, module.inference, module.threads, self._settings(path))
        return Home(shared, spelling, is_open, is_private=self._packages.gives_all(module.facts))

    def _spelling(self, module: Module, path: str) -> str | None:
        folder, name = posixpath.split(path)
        return self._packages.spelling(module.facts, folder, name.removesuffix(".py"))

    def _is_ours(self, path: str) -> bool:
        facts = self._project.facts(path) if path in self._project.known else None
        return facts is not None and holds_helpers(facts)

    def _configured(self, module: Module, name: str) -> Home | None:
        found = self._project.module(name, near=module.path)
        path = found.path if found is not None else self._new(module, name)
        if found is None or path == module.path:
            return self._home(module, path, is_open=True)
        key = (path, module.path)
        if key not in self._circles:
            self._circles[key] = reaches(self._project, found, module.path)
        return None if self._circles[key] else self._home(module, path, is_open=True)

    def _new(self, module: Module, name: str) -> str:
        """Begin the module that the configuration names, and return its path."""
        package, _, last = name.rpartition(".")
        parent = self._project.module(package, near=module.path) if package else None
        if parent is None or not parent.is_package:
            where = f"there is no package {package!r}" if package else "it is in no package"
            raise SettingsError(
                f"helpers = {name!r}: {where} in this project; create an empty module of that name first"
            )
        path = f"{posixpath.dirname(parent.path)}/{last}.py"
        if path not in self._drafts:
            if self._project.exists(path):
                raise SettingsError(f"helpers = {name!r}: {path} is not looked at; it is excluded, or git ignores it")
            self._begin(path, [module])
        return path

    def _begin(self, path: str, users: Sequence[Module]) -> None:
        """Begin a module that looks like those that use it."""
        text = _DOCSTRING
        if any(Annotations(user).wanted for user in users):
            is_lazy = self._settings(path).target.all_at_least((3, 7))
            text += "\nfrom __future__ import annotations\n" if is_lazy else "\nfrom typing import Any\n"
        newline, indent = users[0].source.newline, users[0].facts.indent
        self.begin(path, read(path, text.replace("\n", newline).encode()), indent)

    def begin(self, path: str, source: Source, indent: str) -> None:
        """Begin a module with that content and that step of indentation."""
        facts = self._project.draft(source)
        facts.indent = indent
        self._drafts[path] = facts

    @property
    def begun(self) -> dict[str, tuple[Source, str]]:
        """What `begin` was told of each module that was begun."""
        return {path: (facts.source, facts.indent) for path, facts in self._drafts.items()}

    # ---- who shares ---

    def settle(self, found: Mapping[str, tuple[Module, Iterable[Fix]]]) -> set[str]:
        """Take what the files of a round need; return those whose helpers have a home only now: their fixes change."""
        for path, (module, fixes) in found.items():
            self._kinds[path] = _kinds(fixes) if module.settings.helpers == "auto" else frozenset()
        if not self._is_common(self._kinds):
            return set()
        packages: dict[str, dict[str, Module]] = {}
        for path, (module, _) in found.items():
            folder = self._packages.home(path) if self._kinds[path] else None
            if folder is not None and self._spelling(module, f"{folder}/{_NAME}.py") is not None:
                packages.setdefault(folder, {})[path] = module
        return {path for folder, users in packages.items() if self._begins(folder, users) for path in users}

    def _is_common(self, paths: Iterable[str]) -> bool:
        count = Counter(kind for path in paths for kind in self._kinds[path])
        return any(number > _FEW for number in count.values())

    def _begins(self, folder: str, users: Mapping[str, Module]) -> bool:
        path = f"{folder}/{_NAME}.py"
        if path in self._drafts or path in self._project.known or self._project.exists(path):
            return False  # it is there already, or something else is
        if f"{folder}/__init__.py" not in self._chosen or not self._is_common(users):
            return False  # the package is not what the user meant, or too few of its modules share anything
        self._begin(path, list(users.values()))
        return True


def _kinds(fixes: Iterable[Fix]) -> frozenset[str]:
    needs = [need for fix in fixes for part in fix.parts for need in part.needs]
    return frozenset(need.kind for need in needs if isinstance(need, Helper) and need.kind)
