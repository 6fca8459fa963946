"""The version is that of the package beside its own metadata, else what Python finds on its path."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from aiomend_cli import version

METADATA = "Metadata-Version: 2.4\nName: aiomend\nVersion: 9.8.7\n\nVersion: what its readme speaks of\n"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the package is installed in, no metadata there yet."""
    monkeypatch.setattr(version, "__file__", str(tmp_path / "aiomend_cli" / "version.py"))
    return tmp_path


def installed(site: Path, name: str) -> None:
    (site / name).mkdir()
    (site / name / "METADATA").write_text(METADATA)


@pytest.mark.parametrize(
    "names",
    [
        pytest.param([], id="a checkout"),
        pytest.param(["aiomend_rules-1.0.dist-info"], id="another package"),
        pytest.param(["aiomend-9.8.6.dist-info", "aiomend-9.8.7.dist-info"], id="what is left of another version"),
        pytest.param(["aiomend-9.8.7"], id="no metadata"),
    ],
)
def test_python_is_asked_where_no_metadata_or_several_are_beside_the_package(
    site: Path, monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    for name in names:
        installed(site, name)
    monkeypatch.setattr(metadata, "version", lambda name: f"that of {name}")

    assert version.version() == "that of aiomend"


def test_python_is_asked_where_the_metadata_cannot_be_read(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (site / "aiomend-9.8.7.dist-info").mkdir()
    monkeypatch.setattr(metadata, "version", lambda _: "1.2.3")

    assert version.version() == "1.2.3"


def test_what_was_never_installed_has_no_version(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)

    assert version.version() == "unknown"


def test_the_metadata_beside_the_package_say_it(site: Path) -> None:
    installed(site, "aiomend-9.8.7.dist-info")

    assert version.version() == "9.8.7"
