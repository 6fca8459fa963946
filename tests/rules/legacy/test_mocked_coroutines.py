"""AIO001: tests that put a mock where something is waited for; `yield from` goes through one, `await` takes none."""

from __future__ import annotations

import asyncio
import textwrap
from typing import Any
from unittest import mock

import pytest

from aiomend import Finding, Safety
from aiomend.api import MemorySources
from aiomend.engine import Project
from aiomend.settings import EVERYTHING, Selection, Settings, TargetRange

ONLY = Settings(select=Selection(frozenset({"AIO001"})), unsafe=EVERYTHING, target=TargetRange.parse("3.6-3.13"))
WORK = """\
import asyncio


class Store:
    @asyncio.coroutine
    def get(self):
        yield from asyncio.sleep(0)


@asyncio.coroutine
def main(store: Store):
    return (yield from store.get())
"""
HEAD = "from unittest import mock\n\nfrom work import Store\n\n\n"


def run(test: str, work: str = WORK, *, unsafe: bool = True) -> tuple[Finding, dict[str, str]]:
    """Return what is said of `main()`, and the files afterwards."""
    files = {"work.py": work.encode(), "test_work.py": test.encode()}
    project = Project(MemorySources(files), lambda _: ONLY)
    report = project.run() if unsafe else project.run(accept=lambda _: False)
    (main,) = [one for one in report.findings if "`main()`" in one.message]
    changed = {one.path: (one.new or b"").decode() for one in report.changed}
    return main, {path: changed.get(path, data.decode()) for path, data in files.items()}


OTHERS = "\n\nclass Other:\n    def get(self):\n        return 1\n"


@pytest.mark.parametrize(
    "mocking",
    [
        pytest.param("with mock.patch.object(Other, 'get'):\n    pass\n", id="another class's method"),
        pytest.param("other = Other()\nother.get = mock.MagicMock()\n", id="another object's method"),
        pytest.param(
            "other = Other()\nother.store = mock.MagicMock()\n", id="an attribute that is called as the variable"
        ),
    ],
)
def test_a_mock_of_another_class_stays(mocking: str) -> None:
    finding, files = run(HEAD.replace("Store", "Other") + mocking, WORK + OTHERS)
    assert finding.safety is Safety.SAFE
    assert "_AwaitableMock" not in files["test_work.py"]


def test_a_mock_of_a_class_below_does_not() -> None:
    below = "\n\nclass Below(Store):\n    pass\n"
    finding, files = run(
        HEAD.replace("Store", "Below") + "with mock.patch.object(Below, 'get'):\n    pass\n", WORK + below
    )
    assert finding.safety is Safety.UNSAFE
    assert "_AwaitableMock" in files["test_work.py"]


@pytest.mark.parametrize(
    "mocking",
    [
        pytest.param(
            "@mock.patch('work.Store', new=Store)\ndef test(): pass\n", id="the test says what takes the place"
        ),
        pytest.param("with mock.patch.object(Store, 'get', new=print): pass\n", id="of a method"),
        pytest.param("Store.get = print\n", id="no mock"),
        pytest.param("@mock.patch('work.Other')\ndef test(other): pass\n", id="nothing that is waited for"),
        pytest.param("store = mock.MagicMock()\n", id="a mock that is in nobody's place"),
    ],
)
def test_without_a_mock_in_its_place_it_is_safe(mocking: str) -> None:
    main, files = run(HEAD + mocking)
    assert (main.safety, main.reason) == (Safety.SAFE, None)
    assert files["test_work.py"] == HEAD + mocking


@pytest.mark.parametrize(
    "mocking",
    [
        pytest.param("Store.get = mock.Mock(return_value=[])\n", id="no mock that one can go through"),
        pytest.param("def test(store):\n    store.get = mock.MagicMock()\n", id="on an object that is not known"),
        pytest.param("def test(store):\n    store.get.return_value = ()\n", id="a method of a mock that gives a tuple"),
        pytest.param("def test(store):\n    fake = mock.MagicMock()\n    store.get = fake\n", id="by a variable"),
        pytest.param("with mock.patch('store.get'): pass\n", id="in a module of others"),
        pytest.param("with mock.patch('work.shop.get'): pass\n", id="of what a module of the project imports"),
    ],
)
def test_a_mock_that_may_be_another_ones_stays_and_makes_it_unsafe(mocking: str) -> None:
    main, files = run(HEAD + mocking)
    assert main.safety is Safety.UNSAFE
    assert (main.reason or "").endswith("puts a mock behind `store.get()`, and nothing awaits what that gives")
    assert files["test_work.py"] == HEAD + mocking


@pytest.mark.parametrize(
    "mocking",
    [
        pytest.param("with mock.patch.object(Store, 'get', return_value=[]): pass\n", id="a list"),
        pytest.param("with mock.patch('work.Store.get', return_value=iter(())): pass\n", id="an iterator"),
        pytest.param("with mock.patch.object(Store, 'get', side_effect=lambda: []): pass\n", id="what gives a list"),
        pytest.param(
            "@mock.patch.object(Store, 'get')\ndef test(get):\n    get.return_value = []\n", id="told by a parameter"
        ),
    ],
)
def test_a_mock_that_is_told_to_give_what_nothing_awaits_stays(mocking: str) -> None:
    main, files = run(HEAD + mocking)
    assert main.safety is Safety.UNSAFE
    assert (main.reason or "").endswith("puts a mock behind `store.get()`, and nothing awaits what that gives")
    assert files["test_work.py"] == HEAD + mocking


FAKE = "def fake(*given):\n    return 3\n    yield\n\n\n"


@pytest.mark.parametrize(
    "placing",
    [
        pytest.param("Store.get = fake\n", id="assigned"),
        pytest.param("def test(monkeypatch):\n    monkeypatch.setattr(Store, 'get', fake)\n", id="set"),
        pytest.param("with mock.patch.object(Store, 'get', fake): pass\n", id="patched"),
        pytest.param("@mock.patch('work.Store.get', fake)\ndef test(): pass\n", id="patched by a text"),
    ],
)
def test_a_plain_generator_function_in_its_place_makes_it_unsafe(placing: str) -> None:
    main, files = run(HEAD + FAKE + placing)
    assert main.safety is Safety.UNSAFE
    assert (main.reason or "").endswith("puts `fake` behind `store.get()`, and nothing awaits what that gives")
    assert files["test_work.py"] == HEAD + FAKE + placing


@pytest.mark.parametrize(
    ("fake", "is_safe"),
    [("lambda self: 3", False), ("lambda self: asyncio.Future()", True), ("mock.MagicMock()", False)],
)
def test_the_decorator_waited_for_what_is_returned_only_where_that_could_be(fake: str, is_safe: bool) -> None:
    work = WORK.replace("return (yield from store.get())", "return store.get()")
    main, _ = run(f"import asyncio\n{HEAD}Store.get = {fake}\n", work)
    assert (main.safety is Safety.SAFE) is is_safe


@pytest.mark.parametrize(
    ("head", "mocking"),
    [
        pytest.param("import asynctest", "@asynctest.patch('work.Store')\ndef test(store): pass\n", id="of asynctest"),
        pytest.param(
            "import asynctest", "def test():\n    Store.get = asynctest.MagicMock()\n", id="made by asynctest"
        ),
        pytest.param("def patch(text): pass  # mock", "@patch('work.Store')\ndef test(): pass\n", id="of the project"),
    ],
)
def test_the_mocks_of_others_than_unittest_stay(head: str, mocking: str) -> None:
    test = f"{head}\n\nfrom work import Store  # with a mock\n\n\n{mocking}"
    main, files = run(test)
    assert main.safety is Safety.UNSAFE
    assert files["test_work.py"] == test


def test_asynctest_itself_makes_a_mock_that_can_be_awaited_of_a_coroutine_function() -> None:
    test = "import asynctest.mock\n\n\n@asynctest.mock.patch('work.Store.get')\ndef test(get): pass\n"
    main, files = run(test)
    assert (main.safety, main.reason) == (Safety.SAFE, None)
    assert files["test_work.py"] == test


def test_a_mock_that_is_told_to_give_a_future_stays() -> None:
    test = (
        f"import asyncio\n{HEAD}def test(mocker):\n    store = mocker.patch('work.Store')\n"
        "    store.return_value.get.return_value = asyncio.Future()\n"
    )
    main, files = run(test)
    assert (main.safety, main.reason) == (Safety.SAFE, None)
    assert files["test_work.py"] == test


@pytest.mark.parametrize(
    "told",
    [
        pytest.param("store.return_value.get.return_value = 1", id="something else"),
        pytest.param("store.return_value.put.return_value = asyncio.Future()", id="another method"),
    ],
)
def test_a_mock_that_is_told_something_else_does_not(told: str) -> None:
    test = f"import asyncio\n{HEAD}def test(mocker):\n    store = mocker.patch('work.Store')\n    {told}\n"
    assert "_AwaitableMock" in run(test)[1]["test_work.py"]


def test_a_comma_stands_behind_the_last_argument_only_where_the_parenthesis_has_a_line_of_its_own() -> None:
    tight = run(HEAD + "with mock.patch(\n        'work.Store') as store:\n    pass\n")[1]["test_work.py"]
    wide = run(HEAD + "with mock.patch(\n    'work.Store'\n) as store:\n    pass\n")[1]["test_work.py"]
    assert "'work.Store',\n        new_callable=_AwaitableMock) as store" in tight
    assert "'work.Store',\n    new_callable=_AwaitableMock,\n) as store" in wide


def test_a_name_that_is_taken_is_not_used() -> None:
    test = f"{HEAD}_AwaitableMock = None\n\n\n@mock.patch('work.Store')\ndef test(store): pass\n"
    assert run(test)[1]["test_work.py"] == test


@pytest.mark.parametrize(
    ("mocking", "becomes"),
    [
        (
            "@mock.patch('work.Store')\ndef test(store): pass\n",
            "@mock.patch('work.Store', new_callable=_AwaitableMock)\ndef test(store): pass\n",
        ),
        (
            "def test():\n    with mock.patch.object(Store, 'get'): pass\n",
            "def test():\n    with mock.patch.object(Store, 'get', new_callable=_AwaitableMock): pass\n",
        ),
        (
            "def test():\n    with mock.patch('work.Store.get'): pass\n",
            "def test():\n    with mock.patch('work.Store.get', new_callable=_AwaitableMock): pass\n",
        ),
        (
            "def test():\n    Store.get = mock.MagicMock(name='get')\n",
            "def test():\n    Store.get = _AwaitableMock(name='get')\n",
        ),
    ],
)
def test_a_mock_in_the_place_of_what_is_awaited_becomes_one_that_can_be(mocking: str, becomes: str) -> None:
    main, files = run(HEAD + mocking)
    assert main.safety is Safety.UNSAFE
    line = 6 if mocking.startswith("@") else 7
    assert main.reason == (
        f"line 12: test_work.py:{line} puts a mock behind `store.get()`, which becomes one that can be awaited"
    )
    assert (
        files["test_work.py"]
        == HEAD
        + textwrap.dedent(
            """\
        class _AwaitableMock(mock.MagicMock):
            \"""A mock that can be awaited as well as gone through with `yield from`.\"""

            def __await__(self):
                return iter(self)


        """
        )
        + becomes
    )
    assert run(HEAD + mocking, unsafe=False)[1]["test_work.py"] == HEAD + mocking


def test_a_mock_of_a_class_is_known_by_its_methods_where_the_object_is_not() -> None:
    work = WORK.replace("store: Store", "store")
    assert run(f"{HEAD}@mock.patch('work.Store')\ndef test(store): pass\n", work)[0].safety is Safety.UNSAFE


def test_the_class_is_imported_as_people_do() -> None:
    test = "from unittest.mock import patch\n\n\n@patch('work.Store')\ndef test(store): pass\n"
    new = run(test)[1]["test_work.py"]
    assert "class _AwaitableMock(MagicMock):" in new
    assert "import unittest.mock" not in new


def test_waiting_gives_what_it_gave() -> None:
    files = run(f"{HEAD}@mock.patch('work.Store')\ndef test(store): pass\n")[1]
    test: dict[str, Any] = {}
    work: dict[str, Any] = {}
    exec(files["test_work.py"].replace("from work import Store\n", "").partition("@mock")[0], test)
    exec(files["work.py"], work)
    store = test["_AwaitableMock"]()
    assert asyncio.run(work["main"](store)) is None
    assert store.mock_calls == [mock.call.get(), mock.call.get().__iter__()]


BOT = """\
import asyncio


class Bot:
    def start(self):
        asyncio.ensure_future(self.main())

    @asyncio.coroutine
    def main(self):
        yield from asyncio.sleep(0)
"""
NOW = "import asyncio\nfrom unittest.mock import patch\n\nfrom work import Bot\n\n\n"


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("def now(coro):\n    for _ in coro: pass\nnow(Bot)\n", id="in the place of nothing"),
        pytest.param(
            "def now(coro):\n    for _ in coro: pass\npatch('work.asyncio.gather', now)\n", id="of another function"
        ),
        pytest.param("patch('work.asyncio.ensure_future')\n", id="by a mock"),
        pytest.param(
            "def now(coro):\n    coro.close()\npatch('work.asyncio.ensure_future', now)\n",
            id="by what does with either kind",
        ),
    ],
)
def test_what_asyncio_is_replaced_by_goes_through_no_coroutine(test: str) -> None:
    main, _ = run(NOW + test, BOT)
    assert (main.safety, main.reason) == (Safety.SAFE, None)


@pytest.mark.parametrize(
    "step", ["for _ in coro: pass", "next(coro)", "list(coro)", "later = coro\n    for _ in later: pass"]
)
@pytest.mark.parametrize(
    "patch",
    [
        "patch('work.asyncio.ensure_future', now)",
        "patch.object(asyncio, 'ensure_future', new=now)",
        "def test(monkeypatch): monkeypatch.setattr(asyncio, 'ensure_future', now)",
    ],
)
def test_a_function_in_the_place_of_asyncios_that_goes_through_it_makes_it_unsafe(step: str, patch: str) -> None:
    main, _ = run(f"{NOW}def now(coro, **options):\n    {step}\n\n\n{patch}\n", BOT)
    assert main.safety is Safety.UNSAFE
    assert (main.reason or "").endswith("may be `main()`, and is gone through by hand")


@pytest.mark.parametrize(
    ("work", "test"),
    [
        pytest.param(
            BOT.replace("import asyncio", "import asyncio as aio").replace("asyncio.", "aio."),
            "patch('work.aio.ensure_future', now)",
            id="a module by another name",
        ),
        pytest.param(
            "from asyncio import ensure_future\n" + BOT.replace("asyncio.ensure_future", "ensure_future"),
            "patch('work.ensure_future', now)",
            id="a function that the file imports",
        ),
        pytest.param(
            "from asyncio import ensure_future as later\n" + BOT.replace("asyncio.ensure_future", "later"),
            "import work\npatch.object(work, 'later', now)",
            id="a function by another name",
        ),
        pytest.param(
            BOT,
            "from unittest.mock import patch as put\nput('work.asyncio.ensure_future', now)",
            id="the patch by another name",
        ),
        pytest.param(
            BOT,
            "class Fake:\n    def __call__(self): pass\n    @staticmethod\n    def now(c): list(c)\n"
            "patch('work.asyncio.ensure_future', Fake.now)",
            id="by a static method",
        ),
        pytest.param(
            BOT,
            "class Fake:\n    def now(self, c): list(c)\npatch('work.asyncio.ensure_future', Fake().now)",
            id="by a method",
        ),
    ],
)
def test_what_asyncio_is_replaced_by_is_known_by_other_names(work: str, test: str) -> None:
    main, _ = run(f"{NOW}def now(coro, **options):\n    for _ in coro: pass\n\n\n{test}\n", work)
    assert main.safety is Safety.UNSAFE
    assert (main.reason or "").endswith("may be `main()`, and is gone through by hand")


SESSION = """\
import asyncio


class Session:
    def __init__(self, store):
        self.store = store

    @asyncio.coroutine
    def main(self):
        yield from self.store.save(self)
"""
PASSED = "import asyncio\nfrom unittest import mock\n\nfrom work import Session\n\n\n"


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("Session(mock)\n", id="no mock"),
        pytest.param("mock.MagicMock()\n", id="a mock that nobody is given"),
        pytest.param("Session(mock.Mock())\n", id="a mock that cannot be gone through"),
        pytest.param("store = mock.MagicMock()\nstore.save = fake\nSession(store)\n", id="its method is another one"),
        pytest.param(
            "store = mock.MagicMock()\nstore.save.return_value = asyncio.Future()\nSession(store)\n",
            id="its method gives a future",
        ),
    ],
)
def test_what_callers_pass_is_no_mock_that_is_gone_through(test: str) -> None:
    main, _ = run(PASSED + test, SESSION)
    assert (main.safety, main.reason) == (Safety.SAFE, None)


@pytest.mark.parametrize(
    "test",
    [
        pytest.param("Session(mock.MagicMock())\n", id="at once"),
        pytest.param(
            "import pytest\n@pytest.fixture\ndef store(): return mock.MagicMock()\ndef test(store): Session(store)\n",
            id="by a fixture",
        ),
        pytest.param("store = mock.MagicMock()\nstore.load = fake\nSession(store)\n", id="another method is told"),
    ],
)
def test_a_mock_that_callers_pass_makes_it_unsafe(test: str) -> None:
    main, _ = run(PASSED + test, SESSION)
    assert main.safety is Safety.UNSAFE
    assert main.reason == "line 10: `self.store` is a mock for some callers, and nothing awaits what that gives"
