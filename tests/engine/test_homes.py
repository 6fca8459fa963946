"""Where helper functions go: into each module, or once into one that the modules of a package share."""

from __future__ import annotations

import pytest

import aiomend
from aiomend import Finding, Report, Selection, Settings, SettingsError
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING

ONLY = Settings(select=Selection(frozenset({"AIO901", "AIO202"})))
HOME = "pkg/_asyncio_helpers.py"
Files = dict[str, str]


def _user(head: str = "from .core import work\n") -> str:
    head = f"\n{head}" if head else "\n\nasync def work(n):\n    pass\n"
    return f"import asyncio\n{head}\n\ndef start():\n    asyncio.ensure_future(work(1))\n"


def _package(*users: str, root: str = "pkg") -> Files:
    files = {f"{root}/__init__.py": "", f"{root}/core.py": "async def work(n):\n    pass\n"}
    return files | {f"{root}/m{number}.py": text for number, text in enumerate(users)}


def _run(
    files: Files, settings: Settings = ONLY, paths: list[str] | None = None, wanted: frozenset[str] | None = None
) -> tuple[Report, Files]:
    def accept(finding: Finding) -> bool:
        return finding.path in (wanted or ())

    sources = MemorySources({path: text.encode() for path, text in files.items()})
    report = Project(sources, lambda _: settings).run(paths, accept=accept if wanted is not None else None)
    after = dict(files) | {file.path: file.new.decode() for file in report.changed if file.new is not None}
    for path, text in after.items():
        compile(text, path, "exec")
    return report, after


def _stays(files: Files, settings: Settings = ONLY, paths: list[str] | None = None) -> None:
    """Every user gets a helper of its own."""
    _, after = _run(files, settings, paths)
    assert after.keys() == files.keys()
    users = [path for path, text in files.items() if "ensure_future(" in text]
    assert [path for path in users if "def _keep_task(task):" not in after[path]] == []


def test_two_modules_have_one_each() -> None:
    _stays(_package(_user(), _user()))


def test_the_configuration_may_want_one_in_each() -> None:
    _stays(_package(_user(), _user(), _user()), aiomend.Settings(select=ONLY.select, helpers="module"))


def test_scripts_in_a_folder_share_nothing() -> None:
    files = _package(*[_user("from core import work\n")] * 3)
    del files["pkg/__init__.py"]
    _stays(files)


def test_a_package_that_nobody_imports_as_one_may_be_a_folder_of_scripts() -> None:
    _stays(_package(*[_user("")] * 3))


def test_modules_that_may_be_run_by_themselves_keep_theirs() -> None:
    main = _user("") + "\n\nif __name__ == '__main__':\n    start()\n"
    _, after = _run(_package(_user(), _user(), _user(), main))
    assert "from ._asyncio_helpers import keep_task" in after["pkg/m0.py"]
    assert "def _keep_task(task):" in after["pkg/m3.py"]


def test_a_folder_that_no_import_names_as_part_of_the_package_shares_nothing_with_it() -> None:
    files = _package(root="pkg") | {"pkg/ext/sub/__init__.py": "", "pkg/m.py": "from pkg.core import work\n"}
    users = {f"pkg/ext/sub/m{number}.py": _user("import pkg\n\nfrom .core import work\n") for number in range(3)}
    _, after = _run(files | users | {"pkg/ext/sub/core.py": "async def work(n):\n    pass\n"})
    assert "pkg/ext/sub/_asyncio_helpers.py" in after
    assert HOME not in after


def test_an_unrelated_module_of_that_name_is_left_alone() -> None:
    files = _package(_user(), _user(), _user()) | {HOME: "def keep_task(task, group):\n    group.append(task)\n"}
    _stays(files)


def test_files_that_nobody_meant_are_not_made_nor_changed() -> None:
    files = _package(_user(), _user(), _user())
    _stays(files, paths=["pkg/m0.py", "pkg/m1.py", "pkg/m2.py"])
    _, after = _run(files)
    more = after | {
        "pkg/m3.py": "import asyncio\n\n\ndef later(fut: asyncio.Future, loop):\n    loop.call_soon(fut.set_result, 1)\n"
    }
    _, changed = _run(more, paths=["pkg/m3.py"])
    assert changed[HOME] == more[HOME]
    assert "def _set_result_unless_cancelled(" in changed["pkg/m3.py"]


def test_tests_are_a_package_of_their_own() -> None:
    setter = "import asyncio\n\nfrom .tools import x\n\n\ndef later(fut: asyncio.Future, loop):\n    loop.call_soon(fut.set_result, x)\n    fut.cancel()\n"
    files = _package() | {"pkg/tests/__init__.py": "", "pkg/tests/tools.py": "x = 1\n"}
    files |= {f"pkg/tests/test_{number}.py": setter for number in range(3)}
    _, after = _run(files)
    assert "pkg/tests/_asyncio_helpers.py" in after
    assert "from ._asyncio_helpers import set_result_unless_cancelled\n" in after["pkg/tests/test_0.py"]
    assert HOME not in after


@pytest.mark.parametrize("root", ["pkg", "src/pkg"])
def test_three_modules_share_one(root: str) -> None:
    files = _package(_user(), _user(), _user("from pkg.core import work\n"), root=root)
    files |= {f"{root}/sub/__init__.py": "", f"{root}/sub/deep.py": _user("from ..core import work\n")}
    report, after = _run(files)
    home = f"{root}/_asyncio_helpers.py"
    assert [file.path for file in report.changed if file.created] == [home]
    assert "\ndef keep_task(task):\n" in after[home]
    assert after[home].endswith(")\n")
    assert "from ._asyncio_helpers import keep_task\nfrom .core import work\n" in after[f"{root}/m0.py"]
    assert "from pkg._asyncio_helpers import keep_task\n" in after[f"{root}/m2.py"]
    assert "from .._asyncio_helpers import keep_task\n" in after[f"{root}/sub/deep.py"]
    assert "    keep_task(asyncio.ensure_future(work(1)))\n" in after[f"{root}/m0.py"]


def test_a_folder_without_init_is_part_of_the_package_that_imports_name_it_in() -> None:
    files = _package(_user(), _user()) | {"pkg/ext/sub/__init__.py": "", "app.py": "from pkg.ext import sub\n"}
    files |= {
        "pkg/ext/sub/m.py": _user("from .core import work\n"),
        "pkg/ext/sub/core.py": "async def work(n):\n    pass\n",
    }
    report, after = _run(files)
    assert [file.path for file in report.changed if file.created] == [HOME]
    assert "\nfrom pkg._asyncio_helpers import keep_task\n" in after["pkg/ext/sub/m.py"]
    assert _run(after)[1] == after


@pytest.mark.parametrize("init", ["from .m0 import *\n", "from .m0 import start\n"])
def test_what_a_module_gives_to_others_is_taken_under_a_private_name(init: str) -> None:
    files = _package(_user(), _user(), _user()) | {"pkg/__init__.py": init}
    if "*" not in init:
        files["pkg/__init__.py"] += _user()
        del files["pkg/m2.py"]
    taker = "pkg/m0.py" if "*" in init else "pkg/__init__.py"
    report, after = _run(files)
    assert [file.path for file in report.changed if file.created] == [HOME]
    assert "from ._asyncio_helpers import keep_task as _keep_task\n" in after[taker]
    assert "    _keep_task(asyncio.ensure_future(work(1)))\n" in after[taker]
    assert "from ._asyncio_helpers import keep_task\n" in after["pkg/m1.py"]
    assert _run(after)[1] == after


def test_a_module_goes_on_with_the_helper_that_it_has() -> None:
    _, before = _run(_package(_user()))
    once = before["pkg/m0.py"]
    _, after = _run(_package(once + "\n\ndef again():\n    asyncio.ensure_future(work(2))\n", *[_user()] * 3))
    assert after["pkg/m0.py"] == once + "\n\ndef again():\n    _keep_task(asyncio.ensure_future(work(2)))\n"
    assert "from ._asyncio_helpers import keep_task\n" in after["pkg/m1.py"]


@pytest.mark.parametrize("init", ["", "from .m0 import *\n"])
def test_a_second_run_changes_nothing(init: str) -> None:
    _, after = _run(_package(_user(), _user(), _user()) | {"pkg/__init__.py": init})
    report, again = _run(after)
    assert (report.findings, again) == ((), after)


def test_a_later_run_takes_what_is_there_and_adds_to_it() -> None:
    _, after = _run(_package(_user(), _user(), _user()))
    later = "import asyncio\n\nfrom .core import work\n\n\ndef go(fut: asyncio.Future, loop):\n    asyncio.ensure_future(work(1))\n    loop.call_soon(fut.set_result, 1)\n"
    report, more = _run(after | {"pkg/m3.py": later})
    assert not any(file.created for file in report.changed)
    assert "from ._asyncio_helpers import keep_task, set_result_unless_cancelled\n" in more["pkg/m3.py"]
    assert "def set_result_unless_cancelled(fut, result):" in more[HOME]
    assert after[HOME].partition("def ")[2] in more[HOME]


@pytest.mark.parametrize("count", [1, 3], ids=["in each module", "in the shared module"])
@pytest.mark.parametrize("first", ["AIO202", "AIO901"])
def test_rules_that_run_one_after_the_other_write_what_they_write_together(first: str, count: int) -> None:
    both = "\n\ndef later(fut: asyncio.Future, loop):\n    loop.call_soon(fut.set_result, 1)\n"
    files = _package(*[_user() + both] * count)
    _, once = _run(files)
    _, step = _run(files, Settings(select=Selection(frozenset({first}))))
    assert step != once
    assert _run(step)[1] == once


def test_it_is_made_only_for_somebody_who_uses_it() -> None:
    files = _package(_user(), _user(), _user())
    report, after = _run(files, wanted=frozenset())
    assert after == files
    assert all(HOME in finding.paths for finding in report.findings)
    _, one = _run(files, wanted=frozenset({"pkg/m1.py"}))
    assert one.keys() - files.keys() == {HOME}
    assert one["pkg/m0.py"] == files["pkg/m0.py"]
    assert _run(one)[1] == _run(files)[1]


def test_each_fix_holds_the_whole_new_file() -> None:
    files = _package(_user(), _user(), _user())
    report, after = _run(files)
    for finding in report.findings:
        assert finding.fix is not None
        (edit,) = (edit for edit in finding.fix.edits if edit.path == HOME)
        assert (edit.start, edit.end, edit.text) == (0, 0, after[HOME])


def test_a_name_that_means_something_else_keeps_the_helper_in_the_module() -> None:
    mine = _user().replace("def start", "def keep_task():\n    pass\n\n\ndef start")
    _, after = _run(_package(_user(), _user(), _user(), mine))
    assert "def _keep_task(task):" in after["pkg/m3.py"]


def test_a_typed_package_gets_typed_helpers() -> None:
    typed = _user().replace("def start():", "def start() -> None:")
    _, after = _run(_package(typed, typed, typed))
    assert "from __future__ import annotations\n" in after[HOME]
    assert "def keep_task(task: asyncio.Future[Any]) -> asyncio.Future[Any]:" in after[HOME]


def test_the_configuration_names_the_module() -> None:
    settings = Settings(select=ONLY.select, unsafe=EVERYTHING, helpers="pkg.aio")
    report, after = _run(_package(_user()), settings)
    assert [file.path for file in report.changed if file.created] == ["pkg/aio.py"]
    assert "from .aio import keep_task\n" in after["pkg/m0.py"]
    there = _package(_user()) | {"pkg/aio.py": "LIMIT = 1\n"}
    assert "def keep_task(task):" in _run(there, settings)[1]["pkg/aio.py"]
    assert _run(after, settings)[1] == after


def test_a_named_module_that_imports_the_user_would_run_in_a_circle() -> None:
    files = _package(_user()) | {"pkg/aio.py": "from . import m0\n"}
    _, after = _run(files, Settings(select=ONLY.select, helpers="pkg.aio"))
    assert after["pkg/aio.py"] == files["pkg/aio.py"]
    assert "def _keep_task(task):" in after["pkg/m0.py"]


@pytest.mark.parametrize(
    ("name", "said"), [("other.aio", "there is no package 'other'"), ("aio", "it is in no package in this project")]
)
def test_a_named_module_that_nobody_can_make_is_an_error(name: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        _run(_package(_user()), Settings(select=ONLY.select, helpers=name))


def test_a_named_module_that_may_not_be_changed_holds_the_fix_back() -> None:
    files = _package(_user()) | {"pkg/aio.py": "LIMIT = 1\n"}
    report, after = _run(files, Settings(select=ONLY.select, helpers="pkg.aio"), paths=["pkg/m0.py"])
    assert after == files
    assert "pkg/aio.py, which is not among the files that may be changed" in (report.findings[0].reason or "")
