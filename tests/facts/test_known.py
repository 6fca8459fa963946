"""What the bundled data tell of well-known packages: when they are asked, and what they must never outvote."""

from __future__ import annotations

import ast
import re
from importlib import resources

import pytest

from aiomend import EVERYTHING, Project, Settings
from aiomend.api import MemorySources
from aiomend.facts import catalog, known
from aiomend.facts.environment import Environment, Library
from aiomend.facts.inference import Inference
from aiomend.facts.known import Known, package
from aiomend.facts.project import ProjectFacts
from aiomend.facts.values import Coroutine, Instance, Values

ROOTS = sorted(
    file.name.removesuffix(known.SUFFIX)
    for file in resources.files(catalog).joinpath("known").iterdir()
    if file.name.endswith(known.SUFFIX)
)


def _probed(text: str, library: Library | None = None, **files: str) -> Values:
    """What may the argument of `probe` be? ``files`` are other modules of the project, `__` for a slash."""
    sources = {f"{name.replace('__', '/')}.py": other.encode() for name, other in files.items()}
    project = ProjectFacts(MemorySources({"main.py": text.encode(), **sources}))
    inference = Inference(project, Environment(library))
    facts = project.facts("main.py")
    assert facts is not None
    call = next(c for c in facts.calls if isinstance(c.func, ast.Name) and c.func.id == "probe")
    return inference.values(facts, call.args[0])


def _is_coroutine(text: str, library: Library | None = None, **files: str) -> bool:
    return all(isinstance(value, Coroutine) for value in _probed(text, library, **files))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import httpx\nprobe(httpx.Client().get('/'))", id="the twin that blocks"),
        pytest.param("import redis\nprobe(redis.Redis().close())", id="the twin of an inner module"),
        pytest.param("import httpx\nprobe(httpx.AsyncClient())", id="an instance"),
        pytest.param("import httpx\nprobe(httpx.AsyncClient().get)", id="a method that is not called"),
        pytest.param("import httpx\nprobe(httpx.AsyncClient().build_request('GET', '/'))", id="a plain method"),
        pytest.param("import httpx\nprobe(httpx.AsyncClient().stream('GET', '/'))", id="a context manager"),
        pytest.param("import httpx\nprobe(httpx.AsyncClient().no_such_thing())", id="a name that is not told"),
        pytest.param("import aiohttp\nprobe(aiohttp.ClientSession().close())", id="plain in old versions"),
        pytest.param("import aiohttp\nprobe(aiohttp.ClientSession().get('/'))", id="something to await or to enter"),
        pytest.param("import telegram\nprobe(telegram.Bot('').send_message(1, ''))", id="a package that became async"),
        pytest.param(
            "import httpx\ndef f(AsyncClient): probe(AsyncClient().get('/'))", id="another thing of that name"
        ),
        pytest.param(
            "try:\n    from httpx import AsyncClient\nexcept ImportError:\n    from mine import AsyncClient\n"
            "probe(AsyncClient().get('/'))",
            id="a fallback of which nothing is known",
        ),
        pytest.param(
            "from httpx import *\nfrom mine import *\nprobe(AsyncClient().get('/'))", id="one of two stars brings it"
        ),
        pytest.param(
            "import httpx\nclass Mine(httpx.AsyncClient):\n    def get(self, url): return 1\nprobe(Mine().get('/'))",
            id="a plain override",
        ),
        pytest.param(
            "import httpx, unknown\nclass Mine(unknown.Base, httpx.AsyncClient): pass\nprobe(Mine().get('/'))",
            id="a second base that may override it",
        ),
        pytest.param(
            "import httpx\nclass Mine(httpx.AsyncClient):\n    def __init__(self): self.get = print\nprobe(Mine().get('/'))",
            id="an attribute in its place",
        ),
    ],
)
def test_no_coroutine(text: str) -> None:
    assert not _is_coroutine(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("import httpx\nprobe(httpx.AsyncClient().get('/'))", id="a method"),
        pytest.param("from httpx import AsyncClient as C\nprobe(C().get('/'))", id="by another name"),
        pytest.param("from httpx import *\nprobe(AsyncClient().get('/'))", id="with the only star of the file"),
        pytest.param("import redis.asyncio as redis\nprobe(redis.Redis().close())", id="of an inner module"),
        pytest.param("import httpx\ndef f(c: httpx.AsyncClient): probe(c.get('/'))", id="a parameter"),
        pytest.param("import httpx\ndef f(c: 'httpx.AsyncClient | None'): probe(c.get('/'))", id="a text that says so"),
        pytest.param(
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from httpx import AsyncClient\n"
            "def f(c: 'AsyncClient'): probe(c.get('/'))",
            id="imported for types alone",
        ),
        pytest.param(
            "import httpx\nclass Mine:\n    def __init__(self): self.http = httpx.AsyncClient()\n"
            "    def f(self): probe(self.http.get('/'))",
            id="an attribute",
        ),
        pytest.param(
            "import httpx\nasync def f():\n    async with httpx.AsyncClient() as c: probe(c.get('/'))", id="entered"
        ),
        pytest.param(
            "import httpx\nclass Mine(httpx.AsyncClient): pass\n"
            "async def f():\n    async with Mine() as c: probe(c.get('/'))",
            id="a subclass, entered",
        ),
        pytest.param(
            "import httpx\nclass Mine(httpx.AsyncClient):\n    def f(self): probe(self.get('/'))", id="inherited"
        ),
        pytest.param(
            "import httpx\nclass Mine(httpx.AsyncClient):\n    def get(self, url): probe(super().get(url))",
            id="through super",
        ),
        pytest.param("import asyncpg\nprobe(asyncpg.connect())", id="a function"),
        pytest.param(
            "import asyncpg\nasync def f():\n    c = await asyncpg.connect()\n    probe(c.execute(''))",
            id="on what awaiting gives",
        ),
        pytest.param(
            "import asyncpg\nasync def f():\n    pool = await asyncpg.create_pool()\n    probe(pool.close())",
            id="on what awaiting an instance gives",
        ),
        pytest.param(
            "try:\n    import httpx\nexcept ImportError:\n    httpx = None\nprobe(httpx.AsyncClient().get('/'))",
            id="a package that may be missing",
        ),
    ],
)
def test_a_coroutine(text: str) -> None:
    assert _is_coroutine(text)


# ---- what comes before it ---


def test_the_project_outvotes_the_data_with_all_modules_of_a_package_that_it_has() -> None:
    text = "import httpx, httpx.inner\nprobe(httpx.AsyncClient().get('/'))"
    assert not _is_coroutine(text, httpx="class AsyncClient:\n    def get(self, url): return 1\n")
    assert not _is_coroutine(text, httpx__inner="")  # a folder of that name, from which the client may come


def test_an_installed_package_outvotes_the_data_with_all_of_its_modules() -> None:
    class Typed:
        def find(self, module: str) -> str | None:
            return "/env/httpx.py" if module == "httpx" else None

        def read(self, path: str) -> bytes:
            return b"class AsyncClient:\n    def get(self, url): return 1\n"

    assert not _is_coroutine("import httpx\nprobe(httpx.AsyncClient().get('/'))", Typed())
    assert not _is_coroutine("import httpx\nprobe(httpx.AsyncClient().post('/'))", Typed())
    assert _is_coroutine("import asyncpg\nprobe(asyncpg.connect())", Typed())


def test_an_instance_keeps_the_name_by_which_the_project_knows_its_class() -> None:
    assert _probed("import httpx\nprobe(httpx.AsyncClient())") == {Instance("httpx.AsyncClient")}


def test_a_class_of_a_package_is_one_thing_by_all_of_its_names() -> None:
    environment = Environment()
    assert environment.inherits("redis.asyncio.Redis", "redis.asyncio.client.Redis") is True
    assert environment.inherits("redis.asyncio.Redis", "redis.Redis") is not True


# ---- a run ---


def _run(text: str) -> list[tuple[str, str, list[str]]]:
    settings = Settings(unsafe=EVERYTHING)
    report = Project(MemorySources({"main.py": text.encode()}), lambda _: settings).run()
    return [(one.code, one.safety.label, [place.note for place in one.evidence]) for one in report.findings]


def test_a_finding_says_what_it_rests_on() -> None:
    [(code, safety, [note])] = _run(
        "import httpx\n\n\nasync def main():\n    async with httpx.AsyncClient() as client:\n        client.get('/')\n"
    )
    assert (code, safety) == ("AIO601", "unsafe")
    assert note.startswith("`httpx.AsyncClient.get()` gives a coroutine in all versions that were looked at: httpx 0.")


def test_what_may_be_a_plain_function_in_some_version_is_no_finding() -> None:
    assert _run("import telegram\n\n\nasync def main(bot: telegram.Bot):\n    bot.send_message(1, '')\n") == []


def test_an_object_that_can_be_awaited_but_is_no_coroutine_is_no_finding() -> None:
    assert _run("import textual.app\n\n\nasync def main(app: textual.app.App):\n    app.mount()\n") == []


@pytest.mark.parametrize(
    "use",
    ["async with session.get('/') as answer:\n        pass", "waiting = session.get('/')", "session.get('/').close()"],
)
def test_an_object_that_is_more_than_a_coroutine_may_be_used_as_that(use: str) -> None:
    assert _run(f"import aiohttp\n\n\nasync def main(session: aiohttp.ClientSession):\n    {use}\n") == []


def test_a_dropped_object_whose_class_says_that_it_is_a_coroutine_is_a_finding() -> None:
    [(code, _, [note])] = _run(
        "import aiosqlite\n\n\nasync def main(db: aiosqlite.Connection):\n"
        "    async with db.execute('select 1'):\n        pass\n    db.execute('drop table t')\n"
    )
    assert code == "AIO601"
    assert note.startswith("`aiosqlite.Connection.execute()` gives a coroutine in all versions that were looked at")


def test_a_name_that_was_a_plain_function_for_some_years_is_not_told() -> None:
    assert not _is_coroutine("import aioesphomeapi\ndef f(c: aioesphomeapi.APIClient): probe(c.execute_service(1, {}))")
    assert _is_coroutine("import aioesphomeapi\ndef f(c: aioesphomeapi.APIClient): probe(c.disconnect())")


def test_an_object_is_called_as_its_class_says() -> None:
    text = "from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware as Proxy\n"
    assert _is_coroutine(text + "def f(app: Proxy): probe(app(1, 2, 3))")
    assert not _is_coroutine("import httpx\nprobe(httpx.AsyncClient()())")


def test_nothing_is_loaded_of_packages_that_no_question_is_about() -> None:
    package.cache_clear()
    _run("import httpx, asyncpg\n\n\nasync def main():\n    await asyncpg.connect()\n")
    assert package.cache_info().currsize == 0
    _run("import httpx, asyncpg\n\n\nasync def main():\n    asyncpg.connect()\n")
    package("asyncpg")
    assert package.cache_info().currsize == 1


# ---- the data ---


def test_a_name_that_is_no_package_is_not_looked_up_as_a_file() -> None:
    assert package("..") is None
    assert package("") is None
    assert Known().find("no_such_package.at.all") is None


@pytest.mark.parametrize("root", ROOTS)
def test_the_data_are_well_formed(root: str) -> None:
    told = package(root)
    assert told is not None
    for part in told.versions.split("; "):
        assert re.fullmatch(r"[\w.-]+ \d[\w.]*(, \d[\w.]*)*", part), (
            "each distribution names the versions it was read from"
        )
    written = [name for name, text in told.modules.items() if text]
    assert written == sorted(written), "modules are sorted"
    for name, text in told.modules.items():
        assert name.partition(".")[0] == root
        _check(ast.parse(text, f"{root}{known.SUFFIX}:{name}"))


def _check(tree: ast.Module) -> None:
    """Classes, then functions and values, each sorted and each told once; no bodies, no texts, no comments."""
    names = [name for statement in tree.body if (name := _name(statement)) is not None]
    assert len(names) == len(set(names))
    classes = [one for one in tree.body if isinstance(one, ast.ClassDef)]
    assert [one.name for one in classes] == sorted(one.name for one in classes)
    for cls in classes:
        members = [_name(one) for one in cls.body if not isinstance(one, ast.Expr)]
        assert len(members) == len(set(members)), cls.name
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Constant) or node.value in (None, ...), ast.dump(node)
        assert not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or ast.unparse(node.body[0]) == "..."


def _name(statement: ast.stmt) -> str | None:
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case ast.Import() | ast.ImportFrom():
            return None
        case _:
            raise AssertionError(ast.dump(statement))


@pytest.mark.parametrize("root", ROOTS)
def test_what_the_data_name_of_their_own_package_is_told(root: str) -> None:
    environment, told = Environment(), package(root)
    assert told is not None
    for module, text in told.modules.items():
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    if (name := ast.unparse(base)).startswith(f"{root}."):
                        assert environment.inherits(f"{module}.{node.name}", name) is True
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    full = f"{module}.{alias.asname or alias.name}"
                    assert environment.offers(full) or environment.result(full), full


# ---- what reading the releases showed ---


def test_objects_that_wait_for_each_other_end_in_unknown() -> None:
    text = (
        "class A:\n    def __await__(self): return self.emit().__await__()\n    async def emit(self): return await B()\n"
        "class B:\n    def __await__(self): return self.emit().__await__()\n    async def emit(self): return await A()\n"
        "async def f():\n    probe(await A())\n"
    )
    assert not _is_coroutine(text)
