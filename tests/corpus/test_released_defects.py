"""Traps that people released, each found where it is, and one place that looks like a trap and is none."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from aiomend import Project, Report
from aiomend.api import MemorySources

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a release, which holds ``text``."""

    requirement: str
    path: str
    line: int
    text: str

    def __str__(self) -> str:
        return f"{self.requirement}-{self.path}"


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("aiomend_corpus_places", ROOT / "benchmarks" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


corpus = _load()


def _checked(place: Place, *select: str) -> tuple[list[str], Report]:
    """The lines of a file, and what the rules make of the whole release, unsafe fixes included."""
    folder: Path = corpus.CORPUS / place.requirement.replace("==", "-")
    if not folder.exists():
        pytest.skip(f"{place.requirement} is not here: python benchmarks/corpus.py fetch")
    files = corpus.load(folder)
    lines = files[place.path].decode("utf-8").splitlines()
    assert place.text in lines[place.line - 1]
    return lines, Project(MemorySources(files), corpus.settings_of(folder, unsafe=True, select=select)).run()


@pytest.mark.corpus
def test_a_call_in_the_branch_for_plain_functions_stays() -> None:
    """The branch is for subclasses whose `disconnect` is a plain method; this class's own is a coroutine function."""
    place = Place("telethon==1.0.4", "telethon/client/telegrambaseclient.py", 343, "self.disconnect()")
    lines, report = _checked(place)
    assert [one for one in report.findings if one.path == place.path and one.line == place.line] == []
    [changed] = [file for file in report.changed if file.path == place.path]
    assert changed.new is not None
    assert lines[place.line - 1] in changed.new.decode("utf-8").splitlines()


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("place", "code"),
    [
        pytest.param(
            Place("hbmqtt==0.9.6", "hbmqtt/mqtt/protocol/handler.py", 413, "self.handle_connect(packet)"), "AIO601"
        ),
        pytest.param(Place("pulsar==1.6.4", "pulsar/async/protocols.py", 736, "self.close()"), "AIO601"),
        pytest.param(Place("irc3==1.0.3", "examples/dcc_chat.py", 41, "end_chat.set_result"), "AIO202"),
        pytest.param(Place("websockets==7.0", "src/websockets/__main__.py", 189, "stop.set_result"), "AIO202"),
        pytest.param(
            Place("moonraker==0.9.3", "moonraker/components/database.py", 788, "future.set_exception"), "AIO202"
        ),
        pytest.param(Place("chainlit==1.0.506", "chainlit/socket.py", 244, "time.sleep(0.001)"), "AIO401"),
        pytest.param(Place("metagpt==0.8.1", "metagpt/repo_parser.py", 731, "subprocess.run("), "AIO402"),
    ],
    ids=str,
)
def test_a_released_trap_is_found(place: Place, code: str) -> None:
    _, report = _checked(place, code)
    assert code in {one.code for one in report.findings if one.path == place.path and one.line == place.line}
