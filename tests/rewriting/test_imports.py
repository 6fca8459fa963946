"""Where a new import and a new helper go."""

from __future__ import annotations

import ast

import pytest

from aiomend.facts.module import ModuleFacts
from aiomend.rewriting.edits import Helper, Import, Replace
from aiomend.rewriting.splice import Order, splice
from aiomend.settings import Style
from aiomend.source import read

HELPER = Helper("_keep", "def _keep(task):\n    return task\n")


def _facts(text: str) -> ModuleFacts:
    return ModuleFacts(read("a.py", text.encode()), "a", False)


def _with(text: str, *needs: Import | Helper) -> str:
    """The text with what its last call, left as it is, needs."""
    facts = _facts(text)
    edits = (Replace(facts.calls[-1], lambda node: node),) if facts.calls else ()
    return splice(facts, [Order(edits, needs)], Style()).text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import asyncio\n", id="alone"),
        pytest.param("import os, asyncio\n", id="among others"),
        pytest.param("x = 1\nimport asyncio\n", id="not at the top"),
    ],
)
def test_an_import_that_is_there_is_not_added(text: str) -> None:
    assert _with(text, Import("asyncio")) == text


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("x = 1\n", "import asyncio\n\nx = 1\n", id="no import"),
        pytest.param("def f(): pass\n", "import asyncio\n\n\ndef f(): pass\n", id="a definition first"),
        pytest.param('"""Doc."""\n\nx = 1\n', '"""Doc."""\n\nimport asyncio\n\nx = 1\n', id="below the docstring"),
        pytest.param('"""Doc."""\nx = 1\n', '"""Doc."""\n\nimport asyncio\n\nx = 1\n', id="a docstring without a gap"),
        pytest.param(
            "#!/usr/bin/python\n# coding: utf-8\nx = 1\n",
            "#!/usr/bin/python\n# coding: utf-8\nimport asyncio\n\nx = 1\n",
            id="shebang and cookie",
        ),
        pytest.param("# License\n\nx = 1\n", "# License\n\nimport asyncio\n\nx = 1\n", id="a header comment"),
        pytest.param(
            "from __future__ import annotations\n\nx = 1\n",
            "from __future__ import annotations\n\nimport asyncio\n\nx = 1\n",
            id="below __future__",
        ),
        pytest.param(
            "from __future__ import annotations\n\n__all__: list[str] = []\n\nimport abc\nimport sys\n",
            "from __future__ import annotations\n\n__all__: list[str] = []\n\nimport abc\nimport asyncio\nimport sys\n",
            id="among those below what a module says of itself",
        ),
        pytest.param("import abc\nimport sys\n", "import abc\nimport asyncio\nimport sys\n", id="in order"),
        pytest.param("import sys\nimport time\n", "import asyncio\nimport sys\nimport time\n", id="first"),
        pytest.param(
            "from asyncio import sleep\nimport contextlib\n",
            "import asyncio\nfrom asyncio import sleep\nimport contextlib\n",
            id="mixed by module, the module itself first",
        ),
        pytest.param("import abc\n", "import abc\nimport asyncio\n", id="last"),
        pytest.param("from abc import ABC\n", "import asyncio\nfrom abc import ABC\n", id="plain ones before from"),
        pytest.param("import requests\n", "import asyncio\n\nimport requests\n", id="no standard library yet"),
        pytest.param(
            "import sys\n\nimport requests\n", "import asyncio\nimport sys\n\nimport requests\n", id="its own section"
        ),
        pytest.param(
            "from abc import ABC\nimport sys\n",
            "from abc import ABC\nimport asyncio\nimport sys\n",
            id="sorted together",
        ),
        pytest.param(
            "import sys; import time\n", "import asyncio\nimport sys; import time\n", id="a line with semicolons"
        ),
    ],
)
def test_imports(before: str, after: str) -> None:
    assert _with(before, Import("asyncio")) == after


def test_names_that_have_a_statement_each_stand_in_their_order() -> None:
    before = "import sys\nfrom typing import BinaryIO\nfrom typing import Optional\n"
    wanted = [Import("typing", "Any"), Import("typing", "Never"), Import("typing", "overload")]
    after = (
        "import sys\nfrom typing import Any\nfrom typing import BinaryIO\nfrom typing import Never\nfrom typing import Optional\n"
        "from typing import overload\n"
    )
    assert _with(before, *wanted) == after


def test_two_imports_share_a_section() -> None:
    assert (
        _with("import requests\n", Import("functools"), Import("asyncio"))
        == "import asyncio\nimport functools\n\nimport requests\n"
    )


def test_a_name_is_imported_from() -> None:
    assert _with("import sys\n", Import("asyncio", "sleep")) == "import sys\nfrom asyncio import sleep\n"


def test_more_names_than_a_line_holds_have_one_each() -> None:
    names = ["a" * 40, "b" * 40]
    written = f"from asyncio import (\n    {names[0]},\n    {names[1]},\n)\n"
    assert _with("import sys\n", *(Import("asyncio", name) for name in names)) == f"import sys\n{written}"
    assert _with("import sys\n", Import("asyncio", "a" * 68)) == f"import sys\nfrom asyncio import {'a' * 68}\n"


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param("from typing import Any  # for people", id="a comment that may be about its names"),
        pytest.param("from typing import (  # for people\n    Any,\n)  # and others", id="a comment behind it"),
        pytest.param("from typing import (\n    # for people\n    Any,\n)", id="a comment above a name"),
        pytest.param("from typing import (Any,  # for people\n    List)", id="a comment for several names"),
        pytest.param("from typing import Any; import abc", id="another statement on its line"),
        pytest.param("from typing import Any, \\\n    Set", id="lines that backslashes join"),
        pytest.param("from typing import *", id="a star"),
        pytest.param("from typing import Any as Anything", id="one that is renamed"),
        pytest.param(f"from typing import {'A' * 70}", id="too long with one more"),
        pytest.param(
            f"from typing import (A{'b' * 60},\n                    Set)", id="a line of a block would be too long"
        ),
        pytest.param("from typing import Any\nfrom typing import Set", id="one name each"),
    ],
)
def test_an_import_that_takes_no_more_names(lines: str) -> None:
    after = _with(f"{lines}\n", Import("typing", "AAwaitable"))
    assert sorted(after.splitlines()) == sorted([*lines.splitlines(), "from typing import AAwaitable"])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (f"(\n    List, M{'z' * 70}\n)", f"(\n    List, M{'z' * 70},\n    Something\n)"),
        (f"(List, M{'z' * 55})", f"(List, M{'z' * 55},\n                    Something)"),
        (f"(\n    List, M{'z' * 65}, sleep\n)", f"(\n    List, M{'z' * 65},\n    Something, sleep\n)"),
    ],
)
def test_a_full_line_in_brackets_goes_on_in_the_next(before: str, after: str) -> None:
    assert _with(f"from typing import {before}\n", Import("typing", "Something")) == f"from typing import {after}\n"


@pytest.mark.parametrize("there", ["", "from .core import keep\n"])
def test_what_is_renamed_has_a_statement_of_its_own(there: str) -> None:
    one, other = (Import(".core", name, f"_{name}") for name in ("hold", "keep"))
    before = f"import abc\n\nfrom . import a\n{there}"
    after = f"{before}from .core import hold as _hold\nfrom .core import keep as _keep\n"
    assert _with(before, one, other) == _with(_with(before, one), other) == _with(_with(before, other), one) == after
    assert _with(after, one, other) == after


@pytest.mark.parametrize("header", ["if True:", "try:", "def f():"])
def test_an_import_below_a_condition_takes_no_more_names(header: str) -> None:
    text = f"import abc\n{header}\n    from typing import Any\nfinally: pass\n"
    text = text if header == "try:" else text.replace("finally: pass\n", "")
    assert _with(text, Import("typing", "Set")) == text.replace("abc\n", "abc\nfrom typing import Set\n")


@pytest.mark.parametrize(
    ("between", "is_taken"),
    [
        pytest.param(
            "try:\n    from socket import AF_UNIX\nexcept ImportError:\n    AF_UNIX = None\n", True, id="a choice"
        ),
        pytest.param("if sys.version_info > (3, 8):\n    import tomllib\nelse:\n    pass\n", True, id="of a version"),
        pytest.param("DEBUG = False\n", True, id="a constant"),
        pytest.param("QUEUE = asyncio.JoinableQueue\n", False, id="what may use a name"),
        pytest.param("if asyncio.iscoroutine(1):\n    pass\n", False, id="a call"),
        pytest.param("def f(): pass\n", False, id="a function"),
    ],
)
def test_names_go_into_an_import_below_others(between: str, is_taken: bool) -> None:
    text = f"import sys\n\n{between}from typing import Any\n"
    after = text.replace("Any", "Any, Set") if is_taken else text.replace("sys\n", "sys\nfrom typing import Set\n", 1)
    assert _with(text, Import("typing", "Set")) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("Any, List", "Any, Awaitable, List, Set", id="sorted"),
        pytest.param("List", "Awaitable, List, Set", id="one"),
        pytest.param("List, Any", "List, Any, Awaitable, Set", id="unsorted: among those at the end"),
        pytest.param("List, Tuple, Any, Union", "List, Tuple, Any, Awaitable, Set, Union", id="sorted at the end"),
        pytest.param("TYPE_CHECKING, Any", "TYPE_CHECKING, Any, Awaitable, Set", id="constants first"),
        pytest.param("Any, TYPE_CHECKING, Tuple", "Any, Awaitable, Set, TYPE_CHECKING, Tuple", id="by letters"),
        pytest.param("Any as A, List as L", "Any as A, Awaitable, List as L, Set", id="renamed"),
        pytest.param("(Any, List)", "(Any, Awaitable, List, Set)", id="in parentheses"),
        pytest.param("(Any, List,)", "(Any, Awaitable, List, Set,)", id="a comma behind the last one"),
        pytest.param(
            "(\n    Any,\n    List,\n)", "(\n    Any,\n    Awaitable,\n    List,\n    Set,\n)", id="a line each"
        ),
        pytest.param("(\n  Any,\n  List\n)", "(\n  Any,\n  Awaitable,\n  List,\n  Set\n)", id="no last comma"),
        pytest.param("(\n  Any,\n  List)", "(\n  Any,\n  Awaitable,\n  List,\n  Set)", id="a bracket beside the last"),
        pytest.param(
            "(\n    Any,  # noqa\n    List  # all\n)",
            "(\n    Any,  # noqa\n    Awaitable,\n    List,  # all\n    Set\n)",
            id="comments beside names",
        ),
        pytest.param(
            f"(\n    {'A' * 62}, List\n)",
            f"(\n    {'A' * 62}, Awaitable, List, Set\n)",
            id="a line that just takes them",
        ),
        pytest.param(
            "(\n    Any, Dict,\n    List\n)", "(\n    Any, Awaitable, Dict,\n    List, Set\n)", id="several in a line"
        ),
    ],
)
def test_names_go_into_an_import_that_is_there(before: str, after: str) -> None:
    wanted = [Import("typing", "Awaitable"), Import("typing", "Set")]
    for line_end in ("\n", "\r\n"):
        old, new = (f"from typing import {names}\n".replace("\n", line_end) for names in (before, after))
        assert _with(old, *wanted) == new
        assert _with(_with(old, wanted[0]), wanted[1]) == new
        assert _with(_with(old, wanted[1]), wanted[0]) == new


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "import os\n\n\ndef f():\n    g()\n",
            "import os\n\n\ndef _keep(task):\n    return task\n\n\ndef f():\n    g()\n",
            id="above the first definition",
        ),
        pytest.param(
            "import os\n\n\n# About f.\n@d\ndef f():\n    g()\n",
            "import os\n\n\ndef _keep(task):\n    return task\n\n\n# About f.\n@d\ndef f():\n    g()\n",
            id="above its comment and decorators",
        ),
        pytest.param(
            "import os\n\ng()\n\n\ndef f(): pass\n",
            "import os\n\n\ndef _keep(task):\n    return task\n\n\ng()\n\n\ndef f(): pass\n",
            id="below the imports where it is used earlier",
        ),
        pytest.param(
            "import os\n\ng()\n",
            "import os\n\n\ndef _keep(task):\n    return task\n\n\ng()\n",
            id="no definition at all",
        ),
        pytest.param(
            "import os\ng()\n",
            "import os\n\n\ndef _keep(task):\n    return task\n\n\ng()\n",
            id="no gap below the imports",
        ),
        pytest.param(
            "import os\n\n\n\ng()\n",
            "import os\n\n\ndef _keep(task):\n    return task\n\n\n\ng()\n",
            id="the gap below the imports is wide enough",
        ),
        pytest.param(
            "import os\n\ndef e():\n    f()\n\ndef f():\n    g()\n",
            "import os\n\ndef _keep(task):\n    return task\n\ndef e():\n    f()\n\ndef f():\n    g()\n",
            id="one blank line, as between the definitions of the file",
        ),
        pytest.param(
            "X = 1\ndef e():\n    f()\n\n\ndef f():\n    g()\n",
            "X = 1\n\n\ndef _keep(task):\n    return task\n\n\ndef e():\n    f()\n\n\ndef f():\n    g()\n",
            id="two blank lines on both sides, as the definitions of the file have",
        ),
        pytest.param(
            "# A license.\n\ndef e():\n    f()\n\n\ndef f():\n    g()\n",
            "# A license.\n\ndef _keep(task):\n    return task\n\n\ndef e():\n    f()\n\n\ndef f():\n    g()\n",
            id="the comment that heads the file keeps its distance",
        ),
        pytest.param(
            "X = 1\n\ndef f():\n    g()\n",
            "X = 1\n\ndef _keep(task):\n    return task\n\n\ndef f():\n    g()\n",
            id="one definition shows no habit",
        ),
        pytest.param(
            "X = 1\ndef f():\n    g()\n",
            "X = 1\n\n\ndef _keep(task):\n    return task\n\n\ndef f():\n    g()\n",
            id="but a helper stands apart",
        ),
    ],
)
def test_helpers(before: str, after: str) -> None:
    assert _with(before, HELPER) == after


def test_the_parts_of_a_helper_stand_as_far_apart_as_the_definitions_of_the_file() -> None:
    helper = Helper("_keep", "_kept = set()\n\n\ndef _keep(task):\n    _kept.add(task)\n")
    close = "X = 1\n\ndef e():\n    f()\n\ndef f():\n    g()\n"

    assert _with(close, helper).startswith(
        "X = 1\n\n_kept = set()\n\ndef _keep(task):\n    _kept.add(task)\n\ndef e():"
    )
    assert "_kept = set()\n\n\ndef _keep(task):" in _with(close.replace("\n\n", "\n\n\n"), helper)


def test_a_helper_that_is_there_is_not_added() -> None:
    text = "def _keep(task):\n    # as the tool wrote it\n    return task\n\n\ndef f(): g()\n"
    assert _with(text, HELPER) == text


def test_a_helper_brings_its_imports() -> None:
    helper = Helper("_keep", HELPER.code, (Import("asyncio"),))
    assert _with("def f(): g()\n", helper).startswith("import asyncio\n\n\ndef _keep(task):")


def test_a_helper_has_the_files_own_indentation() -> None:
    assert "def _keep(task):\n\treturn task\n" in _with("def f():\n\tg()\n", HELPER)


def test_everything_that_is_added_parses() -> None:
    text = _with('"""Doc."""\nfrom os import path\ng()\n', HELPER, Import("asyncio"), Import("functools"))
    ast.parse(text)
    assert text.index("import asyncio") < text.index("def _keep") < text.index("g()")


@pytest.mark.parametrize(
    ("above", "below"),
    [
        pytest.param('"""Doc."""\n\nfrom __future__ import annotations\n\n', "x = call()\n", id="below __future__"),
        pytest.param('"""Doc."""\n\n', "x = call()\n", id="below the docstring"),
        pytest.param('"""Doc."""\n\n', "import requests\n\nx = call()\n", id="above the first section"),
        pytest.param("", "x = call()\n", id="at the top"),
    ],
)
def test_imports_that_begin_a_section_stand_together(above: str, below: str) -> None:
    wanted = [Import("asyncio"), Import("os"), Import("typing", "Any")]
    assert _with(above + below, *wanted) == f"{above}import asyncio\nimport os\nfrom typing import Any\n\n{below}"


_SET_UP = "import os\nimport sys\n\nsys.path[0] = os.path.dirname(sys.path[0])\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            _SET_UP + "os.chdir('..')\n\nfrom bot.core import Bot\n\nBot()\n",
            _SET_UP + "os.chdir('..')\n\nfrom bot.core import Bot\nfrom bot.helpers import keep\n\nBot()\n",
            id="beside what the project imports there",
        ),
        pytest.param(
            "import sys\n\nif sys.flags.dev_mode:\n    print()\n\nfrom bot.core import Bot\nfrom bot.panel import Panel\n\nBot()\n",
            "import sys\n\nif sys.flags.dev_mode:\n    print()\n\nfrom bot.core import Bot\nfrom bot.helpers import keep\n"
            "from bot.panel import Panel\n\nBot()\n",
            id="among them in their order",
        ),
        pytest.param(
            "import sys\n\nprint()\n\nfrom bot.panel import Panel\n\nBot()\n",
            "import sys\n\nprint()\n\nfrom bot.helpers import keep\nfrom bot.panel import Panel\n\nBot()\n",
            id="or before them",
        ),
        pytest.param(
            _SET_UP + "\nrun()\n", _SET_UP + "from bot.helpers import keep\n\nrun()\n", id="behind the statement itself"
        ),
        pytest.param(
            "import sys\n\ndef f():\n    sys.path.append('')\n\nf()\n",
            "import sys\n\nfrom bot.helpers import keep\n\ndef f():\n    sys.path.append('')\n\nf()\n",
            id="not for what a function does later",
        ),
        pytest.param(
            "import sys\n\ndef f(): ...\n\nfrom bot import jobs  # for a circle\n",
            "import sys\n\nfrom bot.helpers import keep\n\ndef f(): ...\n\nfrom bot import jobs  # for a circle\n",
            id="not behind an import that may call a function",
        ),
    ],
)
def test_the_projects_modules_are_imported_behind_what_says_where_they_are(before: str, after: str) -> None:
    assert _with(before, Import("bot.helpers", "keep")) == after


def test_the_standard_library_is_imported_above_that() -> None:
    assert _with(_SET_UP + "\nrun()\n", Import("asyncio")) == f"import asyncio\n{_SET_UP}\nrun()\n"


@pytest.mark.parametrize(
    ("there", "more", "after"),
    [
        pytest.param("Future, sleep", "wait", "Future, sleep, wait", id="a function behind a class"),
        pytest.param("Future, sleep", "Task", "Future, Task, sleep", id="a class in front of a function"),
        pytest.param("Future, sleep", "FIRST_COMPLETED", "FIRST_COMPLETED, Future, sleep", id="a constant in front of both"),
        pytest.param("FIRST_COMPLETED, sleep", "Task", "FIRST_COMPLETED, Task, sleep", id="a class between both"),
        pytest.param("Future, X", "Y", "Future, X, Y", id="one capital letter is a class"),
        pytest.param("ALL_COMPLETED, Future, wait", "sleep", "ALL_COMPLETED, Future, sleep, wait", id="a function among functions"),
        pytest.param("ensure_future, Future, wait", "Task", "ensure_future, Future, Task, wait", id="small and capital letters alike"),
        pytest.param("ensure_future, Future, wait", "gather", "ensure_future, Future, gather, wait", id="small and capital letters alike, a function"),
        pytest.param("wait, Future, sleep", "Task", "wait, Future, Task, sleep", id="unsorted: by type among the last ones"),
        pytest.param("sleep", "Future", "Future, sleep", id="one name: by type"),
    ],
)  # fmt: skip
def test_a_name_goes_where_the_others_are_sorted_so(there: str, more: str, after: str) -> None:
    assert _with(f"from asyncio import {there}\n", Import("asyncio", more)) == f"from asyncio import {after}\n"
