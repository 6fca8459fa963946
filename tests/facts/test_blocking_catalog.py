"""The catalogue of blocking calls: what it may say, what it knows, and when a written call blocks."""

from __future__ import annotations

import ast
import importlib
import sys
import tomllib
import warnings
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any, get_args

import pytest

from aiomend.facts.catalog import blocking
from aiomend.facts.catalog.blocking import BlockingCall, Blocks, Condition, lookup
from aiomend.settings import SettingsError

ALWAYS, NEVER, UNKNOWN = Blocks.ALWAYS, Blocks.NEVER, Blocks.UNKNOWN
TEXT = files("aiomend.facts.catalog").joinpath("blocking.toml").read_text("utf-8")
DATA: dict[str, Any] = tomllib.loads(TEXT)
FAMILIES = ("module", "class", "object")
ENTRIES = tuple(blocking.entries().values())


def entry(name: str) -> BlockingCall:
    found = lookup(name)
    assert found is not None, name
    return found


def dotted(expression: ast.expr) -> str | None:
    """Resolve as plain imports would: names in dots mean themselves, single names are variables."""
    name = ast.unparse(expression)
    return name if "." in name and all(part.isidentifier() for part in name.split(".")) else None


def verdict(name: str, arguments: str, resolve: Callable[[ast.expr], str | None] = dotted) -> Blocks:
    call = ast.parse(f"f({arguments})", mode="eval").body
    assert isinstance(call, ast.Call)
    return blocking.verdict(entry(name), call, resolve)


def bring(name: str) -> object:
    """Import what a qualified name means; raises ImportError or AttributeError."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        for part in parts[count:]:
            found = getattr(found, part)
        return found
    raise ImportError(name)


@pytest.fixture(autouse=True)
def quiet_deprecations() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class TestTheData:
    def test_holds_every_callable(self) -> None:
        assert len(ENTRIES) >= 762

    def test_names_nothing_twice_across_its_tables(self) -> None:
        tables = [owner for family in FAMILIES for owner in DATA[family]]
        assert len(tables) == len(set(tables))

    def test_has_no_table_and_no_fact_that_the_loader_does_not_read(self) -> None:
        assert set(DATA) == {"schema", "notes", *FAMILIES, "aliases", "bases", "results"}
        known = {field for field in BlockingCall.__dataclass_fields__ if field not in ("name", "conditions")}
        for family in FAMILIES:
            for table in DATA[family].values():
                for facts in table.values():
                    assert set(facts) <= known | {"see", "nonblocking"}

    @pytest.mark.parametrize("family", [*FAMILIES, "notes", "aliases", "bases", "results"])
    def test_is_sorted(self, family: str) -> None:
        assert list(DATA[family]) == sorted(DATA[family])
        if family in FAMILIES:
            for table in DATA[family].values():
                assert list(table) == sorted(table)

    def test_uses_every_shared_note(self) -> None:
        used = {
            facts["see"]
            for family in FAMILIES
            for table in DATA[family].values()
            for facts in table.values()
            if "see" in facts
        }
        assert used == set(DATA["notes"])

    def test_stays_within_its_vocabulary(self) -> None:
        for call in ENTRIES:
            assert call.kind in get_args(blocking.Kind), call
            assert call.blocks in get_args(blocking.Duration), call
            assert call.returns in get_args(blocking.Returns), call
            assert call.affinity is None or call.affinity in get_args(blocking.Affinity), call
            assert call.fallback in (None, "executor", "none"), call
            assert call.checked in ("import", "docs"), call
            assert call.sources, call
            assert call.replacement or call.kind not in ("async_api", "await"), call
            assert call.kind == "async_api" or not call.drop_in, call

    def test_conditions_stay_within_their_vocabulary(self) -> None:
        seen: set[str] = set()

        def check(condition: Condition) -> None:
            seen.add(condition.test)
            match condition.test:
                case "state":
                    assert condition.value in get_args(blocking.State)
                    return
                case "all":
                    assert len(condition.parts) > 1
                    for part in condition.parts:
                        check(part)
                    return
                case "is" | "flag":
                    assert isinstance(condition.value, tuple)
                    assert all("." in name or name == "None" for name in condition.value)
                case "at_most":
                    assert isinstance(condition.value, int)
                case "written" | "address":
                    assert isinstance(condition.value, bool)
            assert condition.arg is not None or condition.position is not None

        for call in ENTRIES:
            for condition in call.conditions:
                check(condition)
        assert seen == set(get_args(blocking.Test)), "a test that nothing uses can go"

    def test_uses_every_state(self) -> None:
        used = {c.value for call in ENTRIES for c in call.conditions if c.test == "state"}
        assert used == set(get_args(blocking.State))

    def test_aliases_lead_to_names_in_use_in_one_step(self) -> None:
        in_use = {part for name in (*blocking.entries(), *DATA["results"]) for part in prefixes(name)}
        for alias, name in DATA["aliases"].items():
            assert name in in_use, alias
            assert blocking.canonical(name) == name, alias

    def test_bases_and_results_lead_to_classes_under_their_canonical_names(self) -> None:
        for name in (*DATA["bases"], *DATA["bases"].values(), *DATA["results"].values()):
            assert name in blocking.class_names()
            assert blocking.canonical(name) == name
        for base in DATA["bases"].values():
            assert any(method.startswith(f"{base}.") for method in blocking.entries()), base


def prefixes(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def on_this_version(call: BlockingCall) -> bool:
    running = sys.version_info[:2]
    return (call.min_python or running) <= running <= (call.max_python or running)


#: modules that some builds of Python come without
OPTIONAL = {"crypt", "dbm", "readline", "sqlite3", "tkinter", "turtle"}
#: made at run time: the class holds the method only while it exists
MADE_BY_A_FACTORY = {"threading.Lock.acquire", "threading.RLock.acquire", "threading.Condition.acquire"}


class TestNamesAreReal:
    @pytest.mark.parametrize(
        "call",
        [call for call in ENTRIES if call.package is None and call.checked == "import" and on_this_version(call)],
        ids=lambda call: call.name,
    )
    def test_standard_library_names_can_be_imported(self, call: BlockingCall) -> None:
        if call.name in MADE_BY_A_FACTORY:
            owner, _, method = call.name.rpartition(".")
            factory = bring(owner)
            assert callable(factory)
            assert callable(getattr(factory(), method))
            return
        try:
            assert callable(bring(call.name))
        except (ImportError, AttributeError):
            if sys.platform == "linux" and call.name.partition(".")[0] not in OPTIONAL:
                raise
            pytest.skip("not on this platform, or not in this build")

    def test_names_outside_their_versions_are_absent(self) -> None:
        gone = [c for c in ENTRIES if c.package is None and c.checked == "import" and not on_this_version(c)]
        assert gone
        for call in gone:
            with pytest.raises((ImportError, AttributeError)):
                bring(call.name)

    @pytest.mark.parametrize(
        "alias",
        [
            "posixpath.exists",
            "_io.open",
            "sqlite3.dbapi2.connect",
            "_pickle.load",
            "concurrent.futures._base.Future",
            "asyncio.runners.run",
            "multiprocessing.context.Process",
            "multiprocessing.pool.ApplyResult",
            "concurrent.futures.thread.ThreadPoolExecutor",
        ],
    )
    def test_an_alias_is_the_same_object(self, alias: str) -> None:
        assert bring(alias) is bring(blocking.canonical(alias))

    def test_library_classes_inherit_from_the_bases_named(self) -> None:
        checked = 0
        for name, base in DATA["bases"].items():
            if name.partition(".")[0] not in sys.stdlib_module_names:
                continue
            try:
                derived, ancestor = bring(name), bring(base)
            except (ImportError, AttributeError):
                continue  # another version or platform has it
            assert isinstance(derived, type)
            assert isinstance(ancestor, type)
            assert issubclass(derived, ancestor), name
            checked += 1
        assert checked > 30

    def test_positions_are_those_of_the_real_signatures(self) -> None:
        import inspect

        checked = 0
        for call in (c for c in ENTRIES if c.package is None and on_this_version(c)):
            conditions = [part for c in call.conditions for part in (c.parts or (c,)) if part.arg]
            try:
                signature = inspect.signature(bring(call.name))  # type: ignore[arg-type]
            except (ValueError, TypeError, ImportError, AttributeError):
                continue  # written in C without a signature, or not here
            names = [name for name in signature.parameters if name != "self"]
            for condition in conditions:
                assert condition.arg in names, call.name
                kind = signature.parameters[condition.arg or ""].kind
                if condition.position is None:
                    assert kind is inspect.Parameter.KEYWORD_ONLY, call.name
                else:
                    assert names[condition.position] == condition.arg, call.name
                checked += 1
        assert checked > 40


class TestLookup:
    @pytest.mark.parametrize(
        "name",
        [
            "asyncio.sleep",
            "mypkg.sleep",
            "sleep",
            "requests.Session",
            "queue.Queue.get_nowait",
            "io.StringIO.read",
            "io.BytesIO.readline",
            "aiofiles.open",
            "os.path.join",
            "pathlib.PurePath.exists",
            "get",
            "",
        ],
    )
    def test_does_not_know(self, name: str) -> None:
        assert lookup(name) is None

    def test_of_a_method_does_not_answer_for_a_like_named_class(self) -> None:
        assert lookup("requests.Response.get") is None
        assert lookup("asyncio.Queue.get") is None

    @pytest.mark.parametrize(
        ("alias", "name"),
        [
            ("open", "builtins.open"),
            ("_io.open", "io.open"),
            ("input", "builtins.input"),
            ("posixpath.exists", "os.path.exists"),
            ("ntpath.getsize", "os.path.getsize"),
            ("requests.api.get", "requests.get"),
            ("requests.sessions.Session.get", "requests.Session.get"),
            ("redis.StrictRedis.get", "redis.Redis.get"),
            ("sqlalchemy.orm.session.Session.execute", "sqlalchemy.orm.Session.execute"),
            ("six.moves.urllib.request.urlopen", "urllib.request.urlopen"),
            ("concurrent.futures._base.Future.result", "concurrent.futures.Future.result"),
        ],
    )
    def test_finds_an_alias(self, alias: str, name: str) -> None:
        assert entry(alias).name == name

    @pytest.mark.parametrize(
        ("name", "base"),
        [
            ("smtplib.SMTP_SSL.sendmail", "smtplib.SMTP.sendmail"),
            ("http.server.ThreadingHTTPServer.handle_request", "socketserver.BaseServer.handle_request"),
            ("ssl.SSLSocket.recvfrom", "socket.socket.recvfrom"),
            ("pathlib.PosixPath.read_text", "pathlib.Path.read_text"),
        ],
    )
    def test_finds_what_a_library_class_inherits(self, name: str, base: str) -> None:
        assert entry(name).name == base

    def test_prefers_the_class_itself_to_its_base(self) -> None:
        assert entry("ssl.SSLSocket.recv").name == "ssl.SSLSocket.recv"
        assert entry("threading.Timer.join").blocks == "always"

    def test_gives_all_facts(self) -> None:
        run = entry("sqlite3.Connection.backup")
        assert (run.kind, run.category, run.package) == ("async_api", "db", None)
        assert run.replacement == "aiosqlite.Connection.backup"
        assert (run.fallback, run.affinity, run.executor_unsafe) == ("executor", "creator_thread", True)
        assert (run.min_python, run.max_python) == ((3, 7), None)
        assert entry("requests.get").package == "requests"
        assert entry("os.stat").note

    def test_screen_names_hold_functions_methods_and_aliases(self) -> None:
        assert {"sleep", "open", "recv", "urlopen", "Connect", "done"} <= blocking.last_names()
        assert not {"Session", "requests", "StrictRedis", "get_nowait"} & blocking.last_names()
        assert blocking.last_names((("mypkg.get_all", "executor"),)) - blocking.last_names() == {"get_all"}

    def test_method_names_leave_functions_out(self) -> None:
        assert {"recv", "fetchall", "read_text"} <= blocking.method_names()
        assert not {"sleep", "urlretrieve", "rmtree", "ZipFile"} & blocking.method_names()

    def test_class_names_leave_modules_and_single_objects_out(self) -> None:
        assert {"requests.Session", "socket.socket", "smtplib.SMTP_SSL"} <= blocking.class_names()
        assert not {"os.path", "PIL.Image", "sys.stdin", "requests"} & blocking.class_names()


class TestClassOfResult:
    @pytest.mark.parametrize(
        "name", ["time.sleep", "requests.Session.close", "mypkg.Session", "json.loads", "sys.stdin"]
    )
    def test_is_unknown(self, name: str) -> None:
        assert blocking.class_of_result(name) is None

    @pytest.mark.parametrize(
        ("name", "cls"),
        [
            ("requests.session", "requests.Session"),
            ("requests.sessions.Session", "requests.Session"),
            ("requests.api.post", "requests.Response"),
            ("sqlite3.connect", "sqlite3.Connection"),
            ("sqlite3.Connection.cursor", "sqlite3.Cursor"),
            ("subprocess.Popen", "subprocess.Popen"),
            ("queue.Queue", "queue.Queue"),
            ("threading.Lock", "threading.Lock"),
            ("open", "io.TextIOWrapper"),
            ("pathlib.Path", "pathlib.Path"),
            ("pathlib.Path.cwd", "pathlib.Path"),
            ("concurrent.futures.ThreadPoolExecutor.submit", "concurrent.futures.Future"),
            ("psycopg2.connect", "psycopg2.extensions.connection"),
            ("psycopg2.extensions.connection.cursor", "psycopg2.extensions.cursor"),
            ("multiprocessing.Queue", "multiprocessing.queues.Queue"),
            ("zmq.Context", "zmq.Context"),
            ("zmq.Context.socket", "zmq.Socket"),
        ],
    )
    def test_is_known(self, name: str, cls: str) -> None:
        assert blocking.class_of_result(name) == cls

    def test_reaches_every_class_with_catalogued_methods(self) -> None:
        for cls in DATA["class"]:
            assert blocking.class_of_result(cls) == cls


class TestVerdict:
    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("queue.Queue.get", "False"),
            ("queue.Queue.get", "block=False"),
            ("queue.Queue.get", "block=0"),
            ("queue.Queue.get", "True, 0"),
            ("queue.Queue.get", "timeout=0.0"),
            ("queue.Queue.put", "item, False"),
            ("queue.Queue.get", "block=False, **options"),
            ("threading.Lock.acquire", "blocking=False"),
            ("threading.Event.wait", "0"),
            ("os.waitpid", "-1, os.WNOHANG"),
            ("os.waitpid", "-1, posix.WNOHANG"),
            ("os.waitpid", "pid, os.WUNTRACED | os.WNOHANG"),
            ("os.waitpid", "pid, extra | os.WNOHANG"),
            ("os.spawnl", "os.P_NOWAIT, *command"),
            ("fcntl.flock", "f, fcntl.LOCK_EX | fcntl.LOCK_NB"),
            ("fcntl.flock", "f, fcntl.LOCK_UN"),
            ("os.lockf", "fd, os.F_ULOCK, 0"),
            ("select.select", "r, w, x, 0"),
            ("selectors.DefaultSelector.select", "-1"),
            ("multiprocessing.connection.Connection.poll", ""),
            ("psutil.cpu_percent", ""),
            ("psutil.cpu_percent", "interval=None"),
            ("smtplib.SMTP", ""),
            ("smtplib.SMTP", "timeout=3"),
            ("socket.getaddrinfo", "'127.0.0.1', 80"),
            ("socket.getaddrinfo", "'::1', 80"),
            ("socket.getaddrinfo", "None, 80"),
            ("socket.getaddrinfo", "host, 80, flags=socket.AI_NUMERICHOST"),
            ("ssl.create_default_context", "cadata=pem"),
            ("ssl.SSLContext.load_verify_locations", "None, None, pem"),
            ("concurrent.futures.ThreadPoolExecutor.shutdown", "wait=False"),
            ("sched.scheduler.run", "blocking=False"),
            ("redis.client.PubSub.get_message", "True"),
        ],
    )
    def test_never(self, name: str, arguments: str) -> None:
        assert verdict(name, arguments) is NEVER

    @pytest.mark.parametrize(
        ("name", "arguments", "because"),
        [
            ("queue.Queue.get", "timeout=patience", "a timeout that is a variable may be 0"),
            ("queue.Queue.get", "block", "so may a flag be false"),
            ("queue.Queue.get", "*args", "a star may bring block"),
            ("queue.Queue.get", "**options", "two stars may bring it too"),
            ("sched.scheduler.run", "blocking=flag", "even where the call otherwise always blocks"),
            ("os.waitpid", "pid, options", "a variable may hold the flag"),
            ("os.waitpid", "pid, 1", "a number may be the flag"),
            ("os.waitpid", "pid, os.WUNTRACED | extra", "half of it is known"),
            ("os.waitpid", "pid, flags.WNOHANG", "a constant of somewhere else"),
            ("os.spawnl", "*command", "the mode comes with the star"),
            ("select.select", "*lists, 0", "nobody knows which position the 0 has"),
            ("select.select", "r, w, x, *rest", "the star may bring the timeout"),
            ("psutil.cpu_percent", "interval=every", "may be None"),
            ("socket.getaddrinfo", "host, 80, flags=flags", "may hold AI_NUMERICHOST"),
            ("ssl.create_default_context", "cadata=pem, **more", "may bring cafile"),
            ("socket.socket.recv", "4096", "the socket may be non-blocking"),
            ("os.read", "fd, 10", "so may the descriptor"),
            ("threading.Thread.join", "", "the thread may have ended"),
            ("concurrent.futures.Future.result", "timeout=5", "the future may be done"),
            ("queue.Queue.put", "item", "the queue may be without bound"),
            ("json.load", "f", "the file may be in memory"),
            ("zlib.compress", "data", "the data may be small"),
            ("fcntl.ioctl", "fd, request", "blocks sometimes, and no condition says when"),
        ],
    )
    def test_unknown(self, name: str, arguments: str, because: str) -> None:
        assert verdict(name, arguments) is UNKNOWN, because

    @pytest.mark.parametrize(
        ("name", "arguments"),
        [
            ("time.sleep", "*args, **kwargs"),
            ("requests.get", "url, timeout=0"),
            ("queue.Queue.get", ""),
            ("queue.Queue.get", "True, 5"),
            ("queue.Queue.get", "block=True, timeout=None"),
            ("queue.Queue.get", "True, -1"),
            ("threading.Lock.acquire", ""),
            ("threading.Lock.acquire", "timeout=-1"),
            ("os.wait", ""),
            ("os.waitpid", "pid, 0"),
            ("os.waitpid", "pid, os.WUNTRACED | os.WCONTINUED"),
            ("os.spawnl", "os.P_WAIT, *command"),
            ("fcntl.flock", "f, fcntl.LOCK_EX"),
            ("os.lockf", "fd, os.F_LOCK, 0"),
            ("select.select", "r, w, x"),
            ("select.select", "r, w, x, None"),
            ("selectors.DefaultSelector.select", "None"),
            ("selectors.DefaultSelector.select", "0.5"),
            ("multiprocessing.connection.Connection.poll", "None"),
            ("psutil.cpu_percent", "1"),
            ("smtplib.SMTP", "host"),
            ("smtplib.SMTP", "host='mail.example'"),
            ("socket.getaddrinfo", "'example.org', 80"),
            ("socket.getaddrinfo", "host, 80, 0, socket.SOCK_STREAM"),
            ("ssl.create_default_context", "cafile=path"),
            ("ssl.create_default_context", ""),
            ("ssl.SSLContext.load_verify_locations", "path"),
            ("os.stat", "path"),
            ("hashlib.scrypt", "password"),
        ],
    )
    def test_always(self, name: str, arguments: str) -> None:
        assert verdict(name, arguments) is ALWAYS

    def test_of_a_resolved_alias_of_a_constant(self) -> None:
        assert verdict("os.waitpid", "pid, NOHANG", lambda _: "os.WNOHANG") is NEVER


class TestTheUsersOwnCalls:
    def test_an_unknown_kind_is_refused_with_the_kinds_that_exist(self) -> None:
        with pytest.raises(SettingsError, match=r'mypkg\.fetch = "thread".*"executor".*"manual".*"none"'):
            blocking.extended((("mypkg.fetch", "thread"),))

    @pytest.mark.parametrize("name", ["fetch", "", "mypkg.", "mypkg.fetch()", "my-pkg.fetch"])
    def test_a_name_that_is_not_qualified_is_refused(self, name: str) -> None:
        with pytest.raises(SettingsError, match="no qualified name"):
            blocking.extended(((name, "executor"),))

    def test_without_pairs_it_is_the_catalogue(self) -> None:
        find = blocking.extended(())
        assert find("requests.api.get") == lookup("requests.get")
        assert find("mypkg.fetch") is None

    def test_executor_always_blocks_and_is_offloaded(self) -> None:
        found = blocking.extended((("mypkg.fetch", "executor"),))("mypkg.fetch")
        assert found is not None
        assert (found.kind, found.blocks, found.returns, found.affinity) == (
            "executor",
            "always",
            "value",
            None,
        )
        assert lookup("mypkg.fetch") is None, "the catalogue itself stays as it is"

    def test_manual_is_only_reported(self) -> None:
        found = blocking.extended((("mypkg.Client.fetch", "manual"),))("mypkg.Client.fetch")
        assert found is not None
        assert (found.kind, found.replacement) == ("redesign", None)

    def test_none_removes_an_entry_under_all_its_names(self) -> None:
        find = blocking.extended((("requests.api.get", "none"), ("open", "none")))
        assert find("requests.get") is find("requests.api.get") is find("builtins.open") is find("open") is None
        assert find("requests.post") is not None
        assert find("io.open") is not None, "another function, though it opens files too"

    def test_none_for_a_base_holds_for_what_inherits_and_not_the_other_way_round(self) -> None:
        assert blocking.extended((("smtplib.SMTP.quit", "none"),))("smtplib.SMTP_SSL.quit") is None
        narrow = blocking.extended((("smtplib.SMTP_SSL.quit", "none"),))
        assert narrow("smtplib.SMTP_SSL.quit") is None
        assert narrow("smtplib.SMTP.quit") is not None

    def test_replaces_a_built_in_entry(self) -> None:
        found = blocking.extended((("time.sleep", "manual"),))("time.sleep")
        assert found is not None
        assert found.kind == "redesign"
