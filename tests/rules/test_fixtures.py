"""Every fixture against every proof; and what is kept of each beside this test: its diff, and what its findings say.

A `.findings` file holds what no diff tells: how safe each fix is, why there is none, and what a claim rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import Snapshot, SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from syrupy.types import SerializedData, SnapshotIndex

from aiomend import registry, testing

ROOT = Path(__file__).parents[2] / "fixtures"
KEPT = Path(__file__).parent / "__snapshots__"
CASES = {case.name: case for case in testing.discover(ROOT)}
POSITIVE = [name for name, case in CASES.items() if not case.silent]


class _KeptExtension(SingleFileSnapshotExtension):
    """Keeps a text about ``section/rule/case`` in ``__snapshots__/section/rule/case.<file_extension>``."""

    _write_mode = WriteMode.TEXT
    test: str

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return test_location.testname

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(Path(test_location.filepath).parent / str(cls.snapshot_dirname))

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        return cls.dirname(test_location=test_location)

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        return test_location.testname.partition("[")[2].removesuffix("]")

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return snapshot_location == cls.get_location(test_location=test_location, index=0)

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        name = Path(snapshot_location).relative_to(Path(__file__).parent / str(self.snapshot_dirname))
        collection = SnapshotCollection(location=snapshot_location)
        collection.add(Snapshot(name=f"{self.test}[{name.with_suffix('').as_posix()}]"))
        return collection

    def read_snapshot_data_from_location(
        self, *, snapshot_location: str, snapshot_name: str, session_id: str
    ) -> str | None:
        path = Path(snapshot_location)
        return path.read_bytes().decode() if path.is_file() else None  # line ends are part of a diff

    @classmethod
    def write_snapshot_collection(
        cls, *, snapshot_collection: SnapshotCollection, name_order: dict[str, int] | None = None
    ) -> None:
        Path(snapshot_collection.location).write_bytes(str(next(iter(snapshot_collection)).data).encode())

    def diff_lines(self, serialized_data: SerializedData, snapshot_data: SerializedData) -> Iterator[str]:
        yield from testing.differences(str(snapshot_data), str(serialized_data))


class DiffExtension(_KeptExtension):
    """Keeps unified diffs."""

    file_extension = "diff"
    test = "test_the_diff"


class FindingsExtension(_KeptExtension):
    """Keeps what findings say."""

    file_extension = "findings"
    test = "test_the_findings"


def test_no_folder_of_fixtures_is_without_a_rule() -> None:
    assert testing.strays(ROOT) == []


# All tests of a case run one after the other (`scope`), as they share its report.


@pytest.mark.parametrize("proof", testing.PROOFS)
@pytest.mark.parametrize("name", CASES, scope="module")
def test_a_fixture_keeps_the_promise(name: str, proof: str) -> None:
    testing.PROOFS[proof](CASES[name])


@pytest.mark.parametrize("name", POSITIVE, scope="module")
def test_the_diff(name: str, snapshot: SnapshotAssertion) -> None:
    _is_kept(testing.patch(CASES[name]), snapshot.use_extension(DiffExtension))


@pytest.mark.parametrize("name", CASES, scope="module")
def test_the_findings(name: str, snapshot: SnapshotAssertion) -> None:
    found = testing.findings(CASES[name])
    if found:
        _is_kept(found, snapshot.use_extension(FindingsExtension))
    else:
        assert not (KEPT / f"{name}.findings").exists(), "nothing is found any more; --snapshot-update deletes the file"


def _is_kept(text: str, stored: SnapshotAssertion) -> None:
    same = stored == text
    assert same, "\n".join(["--snapshot-update accepts it, after a look at it:", *stored.get_assert_diff()])


@pytest.mark.parametrize("code", [code for code in registry() if code != "AIO000"])
def test_silent_twins_outnumber_the_positive_cases(code: str) -> None:
    count = Counter(case.silent for case in CASES.values() if case.code == code)
    assert count[False] > 0, f"{code} has no positive fixture"
    assert count[True] > count[False], f"{code} has {count[False]} positive fixtures and {count[True]} silent ones"
