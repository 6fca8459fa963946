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


def test_two_imports_share_a_section() -> None:
    assert (
        _with("import requests\n", Import("functools"), Import("asyncio"))
        == "import asyncio\nimport functools\n\nimport requests\n"
    )


def test_a_name_is_imported_from() -> None:
    assert _with("import sys\n", Import("asyncio", "sleep")) == "import sys\nfrom asyncio import sleep\n"


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("from typing import Set, Any", id="unsorted"),
        pytest.param("from typing import Any as Anything", id="renamed"),
        pytest.param("from typing import (Any)", id="in parentheses"),
        pytest.param("from typing import Any  # for people", id="with a comment"),
        pytest.param(f"from typing import {'A' * 70}", id="too long with one more"),
    ],
)
def test_a_line_of_imports_that_is_not_plain_stays(line: str) -> None:
    assert _with(f"{line}\n", Import("typing", "Awaitable")).splitlines() == [
        line,
        "from typing import Awaitable",
    ]


def test_what_asyncio_gives_gets_a_line_of_its_own() -> None:
    """The fix may take the last use of a name that is there."""
    after = _with("from asyncio import sleep\n", Import("asyncio", "gather"))
    assert after == "from asyncio import sleep\nfrom asyncio import gather\n"


def test_names_go_into_a_plain_line() -> None:
    wanted = [Import("typing", "Awaitable"), Import("typing", "Set")]
    assert _with("from typing import Any, List\n", *wanted) == "from typing import Any, Awaitable, List, Set\n"


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
