"""Every promise on real packages. They come from the package index once; without a network the tests skip."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from aiomend import EVERYTHING, Project, Settings
from aiomend.api import MemorySources
from aiomend_cli import forks
from aiomend_cli.forks import Forks

ROOT = Path(__file__).resolve().parents[2]
SUBSET = ("aiomysql==0.0.12", "asyncio-redis==0.14.3", "hbmqtt==0.9.6", "kademlia==1.0", "websockets==7.0")


def _load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("aiomend_corpus", ROOT / "benchmarks" / "corpus.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["aiomend_corpus"] = module
    spec.loader.exec_module(module)
    return module


corpus = _load()


def _packages() -> list[object]:
    return [
        pytest.param(
            name, marks=[pytest.mark.corpus, *([pytest.mark.corpus_subset] if name in SUBSET else [])], id=name
        )
        for name in corpus.wanted()
    ]


def _folder(requirement: str) -> Path:
    try:
        folder: Path = corpus.fetch(requirement)
    except (subprocess.CalledProcessError, StopIteration):
        pytest.skip(f"{requirement} cannot be had: no network, or `unearth` is not installed")
    return folder


@pytest.mark.parametrize("requirement", _packages())
def test_every_promise_holds(requirement: str) -> None:
    """No crash, everything compiles, a second run is empty, git applies the diff, safe first makes no difference."""
    assert corpus.examine(_folder(requirement)).broken == []


@pytest.mark.corpus
@pytest.mark.parametrize("requirement", corpus.wanted())
def test_the_number_of_processes_makes_no_difference(requirement: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All fixes, as one process makes them and as three do."""
    monkeypatch.setattr(forks, "LEAST", 1)
    sources, settings = MemorySources(corpus.load(_folder(requirement))), Settings(unsafe=EVERYTHING)
    alone, shared = (Project(sources, lambda _: settings, crew=crew).run() for crew in (None, Forks(3)))
    assert replace(shared, counters={}) == replace(alone, counters={})


@pytest.mark.parametrize("requirement", _packages())
def test_the_screen_passes_every_file_with_a_finding(requirement: str) -> None:
    assert corpus.missed_by_the_screen(_folder(requirement)) == []
