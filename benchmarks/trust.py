"""What the promises of docs/promises.md are worth: a long fuzz, large trees, and the same faults for other tools.

    python benchmarks/trust.py peers [--environment DIR]
    python benchmarks/trust.py fuzz --programs 2000 --seed 1
    python benchmarks/trust.py large [--pythons DIR] [NAME ...]

Each writes its part of benchmarks/trust.md and leaves the others as they are.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
import time
from pathlib import Path

PAGE = Path(__file__).with_name("trust.md")


def put(part: str, lines: list[str]) -> None:
    """Put lines between the marks of a part of the page."""
    begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
    text = PAGE.read_text("utf-8")
    new = "\n".join([begin, "", *lines, "", end])
    PAGE.write_text(re.sub(f"{begin}.*?{end}", lambda _: new, text, flags=re.DOTALL), "utf-8")


def peers(place: Path | None) -> int:
    """Write the table of faults; return 1 where aiomend breaks a promise."""
    import trust_peers

    with tempfile.TemporaryDirectory(prefix="peers-") as scratch:
        environment = trust_peers.environment(place or Path(scratch) / "environment")
        lines = trust_peers.table(environment)
        put("peers", [f"Tried with {trust_peers.versions(environment)}.", "", *lines])
    return int(any("**" in line.split("|")[2] for line in lines[2:]))


def fuzz(programs: int, seed: int) -> int:
    """Write what became of composed programs; return 1 where a promise was broken."""
    import trust_fuzz

    start = time.monotonic()
    total = trust_fuzz.main(programs, seed)
    mended, left = total.mended.total(), total.left.total()
    put("fuzz", [
        f"{total.programs:,} composed programs from seed {seed}, half of them with a planted trap: {total.changed:,} changed, "
        f"{mended:,} traps gone, {left:,} reported and left for a person, {len(total.broken)} promises broken, "
        f"in {(time.monotonic() - start) / 60:.0f} minutes.",
    ])  # fmt: skip
    return int(bool(total.broken))


def large(pythons: Path, names: list[str]) -> int:
    """Write what became of large trees, those of ``names`` or all; return 1 where a promise was broken.

    The table has all that are known so far, whichever run brought them.
    """
    import trust_large

    known = [name for name in trust_large.trees(pythons) if (trust_large.PLACE / f"{name}.json").exists()]
    for name in trust_large.trees(pythons):
        if not names or any(part in name for part in names):
            outcome = trust_large.outcome(name, pythons)
            print(*trust_large.table([outcome])[2:], *outcome.broken, sep="\n", flush=True)
            known.append(name)
    outcomes = [trust_large.outcome(name, pythons) for name in trust_large.trees(pythons) if name in known]
    broken = [f"{one.name}: {sentence}" for one in outcomes for sentence in one.broken]
    files, lines = sum(one.files for one in outcomes), sum(one.lines for one in outcomes)
    said = f"{len(outcomes)} trees, {files:,} files, {lines:,} lines: {len(broken)} promises broken."
    put("large", [said, "", *trust_large.table(outcomes)])
    return int(bool(broken))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("peers")
    one.add_argument("--environment", type=Path, help="keep the peers' environment here")
    one = commands.add_parser("fuzz")
    one.add_argument("--programs", type=int, default=2000)
    one.add_argument("--seed", type=int, default=1)
    one = commands.add_parser("large")
    one.add_argument("names", nargs="*", help="those trees only whose names hold one of these")
    one.add_argument("--pythons", type=Path, default=Path.home() / ".pyenv/versions", help="installations of CPython")
    given = parser.parse_args()
    match given.command:
        case "peers":
            return peers(given.environment)
        case "fuzz":
            return fuzz(given.programs, given.seed)
        case _:
            return large(given.pythons, given.names)


if __name__ == "__main__":
    sys.exit(main())
