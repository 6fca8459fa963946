"""The census: what was kept of a tree never says anything of a file that is another one by now."""

from __future__ import annotations

import json
import random
import zlib
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aiomend.api import MemorySources
from aiomend.facts import census
from aiomend.facts.census import Census
from aiomend.facts.file_names import FileNames, names_in
from aiomend.facts.names import tree_names
from aiomend.facts.project import ProjectFacts
from aiomend.facts.words import WordIndex

TREE = {
    "a.py": b"from bells import ring as toll\n\n\nasync def strike():\n    toll()\n",
    "b.py": b"def peal():\n    return strike()\n",
    "c.py": b"",
    "d.py": b"",
    "e.py": "from a import coroutine as glocke_läuten\n\n\n@glocke_läuten\ndef hum():\n    yield\n".encode(),
}
PIECES = (
    *(b"async def %b(): pass\n", b"from x import %b as other\n", b"%b = bell\n", b"def give():\n    return %b()\n"),
    *(b"import a as %b\n", b"from b import %b\n", b"def %b(): asyncio\n"),
    *(b"import %b\n", b"# %b\n", b"@coroutine\ndef %b(): yield\n", b"def inner():\n    import q as %b\n"),
)
WORDS = (b"ring", b"toll", b"peal", b"strike", b"bell")


def _same(found: Census, files: dict[str, bytes]) -> bool:
    fresh, names = WordIndex(files.items()), tree_names(files)
    held = {word.decode("utf-8", "replace") for word in [*fresh.table, *found.index.table, *WORDS]}
    return (
        found.names == names
        and all(found.index.files(word) == fresh.files(word) for word in held)
        and all(found.names.nearby.hears_of_asyncio(path) == names.nearby.hears_of_asyncio(path) for path in files)
        and all(
            found.names.nearby.may_have(path, {word}) == names.nearby.may_have(path, {word})
            for path in files
            for word in WORDS
        )
    )


def _told(data: object, *numbers: int) -> bytes:
    told = json.dumps(data).encode()
    return zlib.compress(len(told).to_bytes(8, "little") + told + array("I", numbers).tobytes())


@pytest.mark.parametrize(
    "kept",
    [
        b"",
        b"no data",
        zlib.compress(b""),
        zlib.compress(b"\xff" * 9),
        zlib.compress((2).to_bytes(8, "little") + b"{}"),
        zlib.compress((4).to_bytes(8, "little") + b"null" + b"123"),
        Census(TREE, None).packed()[:-5],
        _told({"digests": [], "names": [], "words": "ring", "lengths": [1]}, 7),
        _told({"digests": ["a"], "names": [[[], [], [], [], [], []]], "words": "ring", "lengths": [2]}, 0),
        _told({"digests": ["a"], "names": [], "words": "", "lengths": []}),
    ],
)
def test_data_that_it_did_not_write_is_nothing(kept: bytes) -> None:
    found = Census(TREE, kept)

    assert found.is_new
    assert _same(found, TREE)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({**TREE, "a.py": b"def strike(): pass\n"}, id="a file that has changed"),
        pytest.param({path: data for path, data in TREE.items() if path != "a.py"}, id="a file that is gone"),
        pytest.param({"a.py": TREE["b.py"], "b.py": TREE["a.py"]}, id="files that changed places"),
        pytest.param({"z.py": TREE["a.py"]}, id="nearly all files gone"),
        pytest.param({}, id="no file left"),
    ],
)
def test_what_is_no_more_is_not_found(files: dict[str, bytes]) -> None:
    assert _same(Census(files, Census(TREE, None).packed()), files)


def test_a_file_that_was_gone_and_is_back_is_found() -> None:
    less = {path: data for path, data in TREE.items() if path != "a.py"}
    kept = Census(less, Census(TREE, None).packed()).packed()

    assert _same(Census(TREE, kept), TREE)


def test_files_of_the_same_bytes_are_each_found() -> None:
    files = {**TREE, "f.py": TREE["a.py"], "g.py": TREE["a.py"]}
    kept = Census(files, None).packed()

    assert not Census(files, kept).is_new
    assert _same(Census(files, kept), files)
    assert _same(Census({**files, "f.py": b"x = 1\n"}, kept), {**files, "f.py": b"x = 1\n"})


def test_where_nothing_has_changed_no_file_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Census(TREE, None).packed()
    read: list[bytes] = []

    def noting(data: bytes) -> FileNames:
        read.append(data)
        return names_in(data)

    monkeypatch.setattr(census, "names_in", noting)

    assert not Census(TREE, kept).is_new
    assert Census({**TREE, "b.py": b"x = 1\n"}, kept).is_new
    assert read == [b"x = 1\n"]


@pytest.mark.parametrize("seed", range(12))
def test_random_changes_from_run_to_run(seed: int) -> None:
    pick = random.Random(seed)
    files: dict[str, bytes] = {}
    kept = None
    for _ in range(8):
        for _ in range(pick.randint(0, 4)):
            path = f"{pick.choice('abcdef')}.py"
            if pick.random() < 0.2:
                files.pop(path, None)
            else:
                files[path] = b"".join(pick.choice(PIECES) % pick.choice(WORDS) for _ in range(pick.randint(0, 4)))
        found = Census(files, kept)
        kept = found.packed()
        assert _same(found, files)
        assert not Census(files, kept).is_new


@given(st.lists(st.binary(max_size=30), max_size=6), st.integers(0, 5))
def test_bytes_that_are_no_text_are_kept_too(texts: list[bytes], changed: int) -> None:
    files = {f"{number}.py": text for number, text in enumerate(texts)}
    kept = Census(files, None).packed()
    after = {**files, f"{changed}.py": b"caf\xe9\x85ring = \xa0bell\r"}

    assert not Census(files, kept).is_new
    assert _same(Census(after, kept), after)


def test_a_project_that_took_one_knows_what_others_find_out() -> None:
    kept = ProjectFacts(MemorySources(TREE)).take_census(None)
    changed = {**TREE, "b.py": b"def peal():\n    return hum()\n"}
    one, other = ProjectFacts(MemorySources(changed)), ProjectFacts(MemorySources(changed))

    assert one.take_census(kept) is not None
    assert ProjectFacts(MemorySources(TREE)).take_census(kept) is None
    assert one.tree_names == other.tree_names
    assert one.files_mentioning("hum") == other.files_mentioning("hum") == ("b.py", "e.py")
