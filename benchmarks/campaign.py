"""Take twenty repositories from nothing to merged with `aiomend fleet`, against a GitHub on this machine.

    python benchmarks/campaign.py run [NAME ...]       print what came of each
    python benchmarks/campaign.py report               the same, into benchmarks/campaign.md

The repositories are made of real packages (`corpus.py fetch` brings them), copied to a temporary folder. Each gets a test for every
file, that it compiles; six get one that fails from the start, and four one that fails with the first safe fix. A maintainer, who is
played here, merges whatever is open after each run. Nothing of a package is imported or executed.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tests" / "cli" / "forge"), str(HERE)]
from fake_github import TOKEN, FakeGitHub  # noqa: E402

import corpus  # noqa: E402
from aiomend_cli.guarded import junit  # noqa: E402
from aiomend_cli.guarded.junit import End  # noqa: E402
from aiomend_cli.target import target_of  # noqa: E402

NAMES = (
    "aiobotocore-0.8.0", "aiocoap-0.3", "aiocoap-0.4.1", "aioes-0.7.2", "aiokafka-0.5.2", "aiokafka-0.6.0", "aiomysql-0.0.12",
    "aiomysql-0.0.20", "amqtt-0.10.0", "asyncio-nats-client-0.8.2", "asyncio-nats-client-0.10.0", "asyncio-redis-0.14.3",
    "bellows-0.5.2", "bellows-0.6.0", "hangups-0.4.4", "hbmqtt-0.9.6", "kademlia-1.0", "maubot-0.4.2", "websockets-7.0",
    "websockets-8.0",
)  # fmt: skip
FAILING = frozenset(NAMES[::3][:6])  #: have a test that fails from the start
GUARDED = frozenset(NAMES[1::4][:4])  #: have a test that fails with their first safe fix
UNSAFE = frozenset(NAMES[::5])  #: accept unsafe fixes, too
TESTS = "test_campaign.py"
#: The packages' own configuration wants plugins, and those of this environment take longer to load than the tests.
PYTEST = [
    *("env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", sys.executable, *["-m", "pytest", "-q", "-p", "no:cacheprovider"]),
    *("-c", os.devnull, "--rootdir", ".", "--noconftest", TESTS),
]
ROUNDS = 12  #: runs of the fleet until there has to be nothing left to do
_COMPILES = """\
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(file.relative_to(HERE).as_posix() for file in HERE.rglob("*.py"))


@pytest.mark.parametrize("name", FILES)
def test_it_compiles(name):
    compile((HERE / name).read_bytes(), name, "exec")
"""
_FAILS = "\n\ndef test_that_fails_from_the_start():\n    assert FILES == []\n"
_GUARDS = "\n\ndef test_that_fails_with_a_fix():\n    assert (HERE / {path!r}).read_text('utf-8').splitlines().count({line!r}) == {number}\n"

Ends = Mapping[str, End]


@dataclass
class Repository:
    """One of them: its GitHub, and what was true of it before."""

    name: str
    forge: FakeGitHub
    tests: Ends
    lint: Counter[str]
    merged: list[str] = field(default_factory=list)  #: the titles
    lost: tuple[str, ...] = ()  #: tests that passed before, and do not in the end
    complaints: Counter[str] = field(default_factory=Counter)  #: of ruff, that are new
    problems: tuple[str, ...] = ()  #: what GitHub's description of its API does not allow

    @property
    def held(self) -> bool:
        """True where everything is as it should be."""
        return not (self.lost or self.problems or self.complaints)


@dataclass(frozen=True)
class Campaign:
    """All of them, and how it went."""

    repositories: tuple[Repository, ...]
    runs: int  #: of the fleet, the last one of which had nothing to do
    seconds: float
    writes: int  #: pushes and other requests that changed something

    @property
    def held(self) -> bool:
        return all(one.held for one in self.repositories)


def bring(names: tuple[str, ...] = NAMES) -> None:
    """Bring the packages from the index that are not there yet."""
    for name in names:
        corpus.fetch("==".join(name.rsplit("-", 1)))


def run(names: tuple[str, ...] = NAMES) -> Campaign:
    """Return what came of the campaign over packages of the corpus; they have to be there."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="aiomend-campaign-") as folder, ExitStack() as stack:
        place = Path(folder)
        repositories = tuple(stack.enter_context(_repository(name, place)) for name in names)
        file = place / "repos.toml"
        test = shlex.join(PYTEST)
        tables = [
            f"[[repository]]\nurl = {one.forge.url + '/acme/' + one.name + '.git'!r}\ntest = {test!r}\n"
            + ("unsafe = ['AIO']\n" if one.name in UNSAFE else "")
            for one in repositories
        ]
        file.write_text("\n".join(tables))
        for number in range(1, ROUNDS + 1):
            before = _writes(repositories)
            _fleet(file, place)
            if not _merge(repositories) and _writes(repositories) == before:
                break
            print(f"run {number}: {_writes(repositories)} writes, {time.monotonic() - begun:.0f} s", file=sys.stderr)
        else:
            raise RuntimeError(f"there is still something to do after {ROUNDS} runs")
        for one in repositories:
            _judge(one, place)
        return Campaign(repositories, number, time.monotonic() - begun, before)


@contextmanager
def _repository(name: str, place: Path) -> Iterator[Repository]:
    source = place / "sources" / name
    shutil.copytree(corpus.CORPUS / name, source, symlinks=True, ignore=shutil.ignore_patterns(".git"))
    tests = _COMPILES + (_FAILS if name in FAILING else "")
    (source / TESTS).write_text(tests + (_guard(source) if name in GUARDED else ""))
    for command in (["init", "-q", "-b", "main"], ["add", "-A", "-f"], ["commit", "-qm", "as it is"]):
        _git(source, *command)
    bare = place / "bare"
    _git(place, "clone", "-q", "--bare", str(source), str(bare / "acme" / f"{name}.git"))
    with FakeGitHub(bare, slug=f"acme/{name}").serving() as forge:
        yield Repository(name, forge, _ends(source), _lint(source))


def _guard(source: Path) -> str:
    """Return a test that fails where the first safe fix is made, nothing where there is none."""
    found = json.loads(_aiomend(source, "check", "--output-format", "json"))["findings"]
    for one in found:
        for edit in one["fix"]["edits"] if one["applied"] else ():
            text = (source / edit["path"]).read_text("utf-8")
            line = text.splitlines()[one["line"] - 1]
            return _GUARDS.format(path=edit["path"], line=line, number=text.splitlines().count(line))
    return ""


def _merge(repositories: tuple[Repository, ...]) -> int:
    """Merge whatever is open, as a maintainer does; return how many those were."""
    number = 0
    for one in repositories:
        for pull in one.forge.pulls:
            if pull["state"] == "open":
                pull["draft"] = False
                one.forge.merge(pull["number"])
                one.merged.append(pull["title"])
                number += 1
    return number


def _judge(one: Repository, place: Path) -> None:
    """Note what is worse than before."""
    clone = place / "merged" / one.name
    _git(place, "clone", "-q", str(one.forge.bare / f"{one.forge.slug}.git"), str(clone))
    after = _ends(clone)
    one.lost = tuple(
        sorted(test for test, end in one.tests.items() if end is End.PASSED and after.get(test) is not end)
    )
    one.complaints = _new(one.lint, _lint(clone))
    one.problems = tuple(one.forge.problems)


# ---- programs ---


def _fleet(file: Path, place: Path) -> None:
    _aiomend(place, "fleet", "--file-timeout", "0", str(file), cache=place / "cache")


def _aiomend(folder: Path, *arguments: str, cache: Path | None = None) -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("GH_", "GITHUB_"))}
    environ |= {"GH_ENTERPRISE_TOKEN": TOKEN, "PYTHONPATH": os.pathsep.join(sys.path), **_IDENTITY}
    environ |= {"AIOMEND_CACHE_DIR": str(cache)} if cache is not None else {"AIOMEND_NO_CACHE": "1"}
    words = [sys.executable, "-m", "aiomend_cli", *arguments]
    done = subprocess.run(words, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    if done.returncode == 2:
        raise RuntimeError(f"aiomend {' '.join(arguments)}:\n{done.stdout}{done.stderr}")
    return done.stdout


_IDENTITY = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "A. U. Thor"), ("EMAIL", "author@example.com"))
}


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=os.environ | _IDENTITY, check=True, capture_output=True)


def _ends(folder: Path) -> Ends:
    """Return how each test ends, asked without aiomend."""
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "junit.xml"
        subprocess.run([*PYTEST, f"--junitxml={file}"], cwd=folder, capture_output=True, check=False)
        return junit.read(file.read_bytes())


def _lint(folder: Path) -> Counter[str]:
    """Return what ruff's default rules have to say of each file, without lines, to a project of its oldest Python."""
    oldest = target_of(folder, folder).low
    words = ["ruff", "check", "--isolated", "--no-cache", "--exit-zero", "--output-format", "json", "."]
    words += ["--target-version", "py{}{}".format(*max(oldest, (3, 7)))]
    if oldest < (3, 7):
        words += ["--ignore", "FA"]  # Python 3.6 has no annotations of the future
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=True)
    return Counter(
        f"{one['code']} in {Path(one['filename']).relative_to(folder.resolve())}" for one in json.loads(done.stdout)
    )


def _new(before: Counter[str], after: Counter[str]) -> Counter[str]:
    """Return the complaints that fixes brought on, and not those that only show now: in files that ruff could not read,
    and of rules that look into nothing but `async def`."""
    unread = {one.partition(" in ")[2] for one in before if one.startswith("invalid-syntax")}
    new = {one: count for one, count in (after - before).items() if one.partition(" in ")[2] not in unread}
    return Counter({one: count for one, count in new.items() if not one.startswith("ASYNC")})


def _writes(repositories: tuple[Repository, ...]) -> int:
    return sum(len(one.forge.writes) for one in repositories)


# ---- telling ---


def table(campaign: Campaign) -> str:
    """Return the report."""
    lines = [
        "# A campaign",
        "",
        f"{len(campaign.repositories)} repositories made of real packages, from nothing to merged: `aiomend fleet` with their tests, again and "
        "again, against a GitHub on this machine (`tests/cli/forge`), and all that is open merged after each run. *Failing* are "
        "tests that failed before; where one fails with the first safe fix, *guarded* says so, and that fix has to stay out; *unsafe* are those that accept unsafe fixes. "
        "*Lost* are tests that passed before and do not in the end; *lint* is what `ruff check --isolated` says and did not say "
        "before, but for files that it could not read, rules that only look into `async def`, and what Python 3.6 has not where that counts. `python benchmarks/campaign.py report` does it anew.",
        "",
        "| repository | tests | failing | guarded | unsafe | merged | lost | lint |",
        "|---|---:|---:|---|---|---:|---:|---|",
    ]
    for one in campaign.repositories:
        failing = sum(end is not End.PASSED for end in one.tests.values())
        new = ", ".join(f"{number} {what}" for what, number in sorted(one.complaints.items())) or "as before"
        guarded, unsafe = ("yes" if one.name in some else "" for some in (GUARDED, UNSAFE))
        lines.append(
            f"| {one.name} | {len(one.tests)} | {failing} | {guarded} | {unsafe} | {len(one.merged)} | {len(one.lost)} | {new} |"
        )
    merged = sum(len(one.merged) for one in campaign.repositories)
    lines += [
        "",
        f"{merged} pull requests were merged after {campaign.runs} runs, the last of which had nothing to do; "
        f"{campaign.writes} writes, and none in that one.",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Return 0 where no test was lost, and lint is as before."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["run", "report"])
    parser.add_argument("names", nargs="*", metavar="NAME", default=NAMES)
    given = parser.parse_args()
    bring(tuple(given.names))
    campaign = run(tuple(given.names))
    print(table(campaign))
    print(f"{campaign.seconds:.0f} seconds", file=sys.stderr)
    for one in campaign.repositories:
        print(one.name, one.merged, one.lost, one.problems[:3], file=sys.stderr)
    if given.command == "report":
        (HERE / "campaign.md").write_text(table(campaign), "utf-8")
    return 0 if campaign.held else 1


if __name__ == "__main__":
    sys.exit(main())
