"""Write what well-known asyncio packages give into codemods/aiomend/facts/catalog/known.

    python benchmarks/known.py pin        choose the versions in known.txt anew (needs `unearth`)
        NAME ...                          of these distributions alone
    python benchmarks/known.py write      bring the releases, read them, write the data
        --anew                            read releases again that were read before: the inference has changed
        NAME ...                          of these distributions alone

The packages are the lines of `known.txt`, which says how they were chosen. Of each, about six releases from 2016 on are
read with `ast` by this project's own inference; nothing of them is imported or run, and no text of theirs is kept: the
data are names, and what they give. A name is told only as far as all releases that have it agree.

Sources for newer Pythons only parse on those: run it with the newest.
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import pickle
import sys
import time
from pathlib import Path

import known_releases
from known_facts import Reader
from known_merge import Sample, merged
from known_releases import CACHE, Distribution, distributions

from aiomend.facts import catalog
from aiomend.facts.known import SUFFIX

DATA = Path(catalog.__file__).parent / "known"


def _kept(one: Distribution, version: str) -> Path:
    return CACHE / f"{one.name}-{version}.pickle"


def _read(job: tuple[Distribution, str]) -> None:
    """Read one release, and keep what it gives."""
    one, version = job
    gc.disable()  # a process reads a few releases and ends
    sys.setrecursionlimit(10_000)
    begin = time.perf_counter()
    found = Reader(known_releases.files(one, version), one.tells).read()
    _kept(one, version).write_bytes(pickle.dumps(found))
    print(f"{one.name} {version}: {len(found.classes)} classes, {time.perf_counter() - begin:.1f} s", file=sys.stderr)


def write(anew: frozenset[str] | None) -> None:
    """Read the releases that were not read before, and those of some (none named: of all) ``anew``; write the data."""
    jobs = [(one, version) for one in distributions() for version in one.versions]
    again = [job for job in jobs if anew is not None and (not anew or job[0].name in anew)]
    with multiprocessing.Pool(2, maxtasksperchild=8) as pool:
        pool.map(_read, [job for job in jobs if job in again or not _kept(*job).exists()], chunksize=1)
    gc.disable()  # millions of small objects, all of which stay
    samples = [
        Sample(one.name, version, known_releases.roots(one), pickle.loads(_kept(one, version).read_bytes()))
        for one, version in jobs
    ]
    DATA.mkdir(exist_ok=True)
    for old in DATA.iterdir():
        old.unlink()
    for root, text in merged(samples).items():
        (DATA / f"{root}{SUFFIX}").write_text(text)


def main() -> None:
    """Run one of the verbs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["pin", "write"])
    parser.add_argument("--anew", action="store_true")
    parser.add_argument("names", nargs="*", help="distributions; all where there is none")
    args = parser.parse_intermixed_args()
    names = frozenset(args.names)
    if unlisted := names - {one.name for one in distributions()}:
        parser.error(f"{known_releases.LIST.name} has no {', '.join(sorted(unlisted))}")
    if args.verb == "pin":
        known_releases.pin(names)
    else:
        write(names if args.anew else None)


if __name__ == "__main__":
    main()
