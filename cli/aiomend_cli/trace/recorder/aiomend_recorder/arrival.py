"""Does something when the program has imported a module, and not before."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def when_imported(name: str, action: "Callable[[], None]") -> None:
    """Call ``action`` as soon as the module ``name`` is there."""
    if name in sys.modules:
        action()
        return
    sys.meta_path.insert(0, _Finder(name, action))


class _Finder:
    """Finds what the others find, and has the module's loader call back once."""

    def __init__(self, name: str, action: "Callable[[], None]") -> None:
        self.name = name
        self.action = action

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            spec = find(name, path, target) if find is not None else None
            if spec is not None:
                return self._with_action(spec)
        return None

    def _with_action(self, spec: "Any") -> "Any":
        loader, action = spec.loader, self.action
        execute = getattr(loader, "exec_module", None)
        if execute is None:
            return spec

        def exec_module(module: "Any") -> None:
            del loader.exec_module  # the method of its class is back
            execute(module)
            action()

        try:
            loader.exec_module = exec_module
        except AttributeError:
            pass  # a loader that takes no attributes: the program is not watched, and the report says so
        return spec
