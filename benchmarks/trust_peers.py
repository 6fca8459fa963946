"""The same faults for aiomend and for four tools that rewrite Python too: what is lost, and what each says of it.

Every fault is made by this script on a fresh folder and looked at afterwards; nothing is taken from documentation.
`benchmarks/trust.py peers` runs this.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = ("ruff", "black", "pyupgrade", "libcst", "pyyaml")
SECONDS = 120

#: Each tool finds something to change in it.
SAMPLE = """import os
import asyncio
import time


async def poll(name) :
    time.sleep(1)
    return "hello {}".format(name), set([1])
"""
PADDING = "".join(f"\n\ndef filler_{number}(first, second):\n    return first + second\n" for number in range(150))


@dataclass(frozen=True)
class Tool:
    """How one tool rewrites files in place, and how it shows a patch, if it does."""

    name: str
    fix: tuple[str, ...]
    patch: tuple[str, ...] = ()
    names_files: bool = False  #: it takes files only, and walks through no folder

    def arguments(self, folder: Path, command: Sequence[str]) -> list[str]:
        paths = sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py")) if self.names_files else ["."]
        return [*command, *paths]


@dataclass(frozen=True)
class Done:
    code: int
    out: bytes

    @property
    def said(self) -> str:
        return f"exit {self.code}" if self.code >= 0 else f"killed by {signal.Signals(-self.code).name}"


@dataclass(frozen=True)
class Verdict:
    """A cell of the table; what breaks a promise is bold."""

    good: bool | None  #: None: this says nothing about the tool
    text: str

    def __str__(self) -> str:
        return f"**{self.text}**" if self.good is False else self.text


def tools(environment: Path) -> list[Tool]:
    """Return aiomend and the peers that are installed in ``environment``."""
    here = environment / "bin"
    name = "libcst.codemod.commands.convert_format_to_fstring.ConvertFormatStringCommand"
    codemod = (str(here / "python"), "-m", "libcst.tool", "codemod", "-x", name)
    aiomend = str(Path(sys.executable).with_name("aiomend"))
    return [
        Tool("aiomend", (aiomend, "fix", "--unsafe"), (aiomend, "diff", "--unsafe")),
        Tool("ruff", (str(here / "ruff"), "check", "--fix", "--no-cache"), (str(here / "ruff"), "check", "--diff", "--no-cache")),
        Tool("black", (str(here / "black"),), (str(here / "black"), "--diff")),
        Tool("pyupgrade", (str(here / "pyupgrade"), "--py38-plus"), names_files=True),
        Tool("libcst.tool codemod", (*codemod, "--no-format", "-j", "2"), (*codemod, "--no-format", "-u", "3")),
    ]  # fmt: skip


def start(tool: Tool, folder: Path, command: Sequence[str], room: int | None = None) -> subprocess.Popen[bytes]:
    """Start a tool in a folder, in a process group of its own; ``room`` bytes is the most that it can write to a file."""

    def limit() -> None:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        most = room if room is not None else resource.RLIM_INFINITY
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    environment = os.environ | {"BLACK_CACHE_DIR": str(folder.parent / "cache"), "GIT_CONFIG_GLOBAL": os.devnull}
    return subprocess.Popen(
        tool.arguments(folder, command),
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=limit if room is not None else None,
    )


def run(tool: Tool, folder: Path, command: Sequence[str] = (), room: int | None = None) -> Done:
    """Run a tool in a folder to its end."""
    with start(tool, folder, command or tool.fix, room) as running:
        try:
            out, _ = running.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            out, _ = running.communicate()
    return Done(running.returncode, out)


@contextlib.contextmanager
def tree(**files: str | bytes) -> Iterator[Path]:
    """Yield a fresh folder with files; two underscores in a keyword are a dot."""
    with tempfile.TemporaryDirectory(prefix="trust-") as place:
        folder = Path(place) / "tree"
        folder.mkdir()
        for name, content in files.items():
            path = folder / name.replace("__", ".")
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        yield folder


# ---- faults ---


def link_to_a_file(tool: Tool) -> Verdict:
    with tree(a__py=SAMPLE) as folder:
        outside = folder.parent / "outside.py"
        outside.write_text(SAMPLE)
        (folder / "link.py").symlink_to(outside)
        done = run(tool, folder)
        return _outside(outside, done)


def link_to_a_folder(tool: Tool) -> Verdict:
    with tree(a__py=SAMPLE) as folder:
        outside = folder.parent / "outside"
        outside.mkdir()
        (outside / "b.py").write_text(SAMPLE)
        (folder / "pkg").symlink_to(outside)
        done = run(tool, folder)
        return _outside(outside / "b.py", done)


def _outside(outside: Path, done: Done) -> Verdict:
    if outside.read_text() != SAMPLE:
        return Verdict(False, f"rewritten outside, {done.said}")
    return Verdict(True, "not followed")


def interrupted(tool: Tool) -> Verdict:
    """The worst of three tries: what a tool does then depends on the moment."""
    return min((_stopped(tool, signal.SIGINT) for _ in range(3)), key=lambda verdict: verdict.good is not False)


def killed(tool: Tool) -> Verdict:
    return _stopped(tool, signal.SIGKILL)


def _stopped(tool: Tool, sent: signal.Signals, files: int = 150) -> Verdict:
    """Send a signal to a tool as soon as it has changed one file of many, and count."""
    content = (SAMPLE + PADDING).encode()
    with tree(a__py=content) as folder:
        run(tool, folder)
        new = (folder / "a.py").read_bytes()
    with tree(**{f"m{number:03}__py": content for number in range(files)}) as folder:
        with start(tool, folder, tool.fix) as running:
            while running.poll() is None and not any(
                path.stat().st_size != len(content) for path in folder.glob("m*.py")
            ):
                time.sleep(0.002)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(running.pid, sent)
            try:
                out, _ = running.communicate(timeout=SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)
                running.communicate()
                return Verdict(False, f"does not end within {SECONDS} s")
        found = [path.read_bytes() for path in folder.glob("m*.py")]
        done = Done(running.returncode, out)
        written, torn = found.count(new), len(found) - found.count(new) - found.count(content)
        if not torn and written == files:
            return Verdict(None, "was through before")
        rest = [path.name for path in folder.iterdir() if not path.name.startswith("m") and path.is_file()]
        text = f"{written} of {files} written, {torn} torn, {done.said}"
        if sent is signal.SIGKILL:
            run(tool, folder)
            rest = [path.name for path in folder.iterdir() if not path.name.startswith("m") and path.is_file()]
            complete = all(path.read_bytes() == new for path in folder.glob("m*.py"))
            text = f"{torn} torn, rerun {'does the rest' if complete else 'does not mend it'}" + (
                f", {len(rest)} files stay" if rest else ""
            )
            return Verdict(not torn and complete and not rest, text)
        return Verdict(not torn and not rest and done.code != 0, text)


def no_room(tool: Tool) -> Verdict:
    """Writing fails half-way through a file, as on a full disk."""
    content = SAMPLE + PADDING
    with tree(a__py=content) as folder:
        done = run(tool, folder, room=len(content) // 2)
        now = (folder / "a.py").read_text()
        if now != content:
            return Verdict(False, f"{len(now) * 100 // len(content)} % of the file left, {done.said}")
        rest = [path.name for path in folder.iterdir() if path.name != "a.py" and path.is_file()]
        return Verdict(done.code not in (0,) and not rest, f"whole, {done.said}")


def read_only(tool: Tool) -> Verdict:
    """A file system that is mounted read-only."""
    with tree() as folder:
        if subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode:
            return Verdict(None, "not tried: mounting needs more rights")
        try:
            (folder / "a.py").write_text(SAMPLE)
            subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
            done = run(tool, folder)
            return Verdict(
                done.code not in (0,) and b"a.py" in done.out,
                f"{done.said}, file {'' if b'a.py' in done.out else 'not '}named",
            )
        finally:
            subprocess.run(["umount", str(folder)], check=True)


def edited_meanwhile(tool: Tool) -> Verdict:
    """Somebody adds a line to a large file while the tool works on it; tried at ten moments."""
    content = SAMPLE + PADDING * 4
    with tree(a__py=content) as folder:
        begin = time.monotonic()
        run(tool, folder)
        took = time.monotonic() - begin
    lost = 0
    for tenth in range(1, 11):
        with tree(a__py=content) as folder, start(tool, folder, tool.fix) as running:
            time.sleep(took * tenth / 11)
            with (folder / "a.py").open("a") as file:
                file.write("# mine\n")
            running.communicate(timeout=SECONDS)
            lost += "# mine" not in (folder / "a.py").read_text()
    return Verdict(not lost, f"{lost} of 10 edits lost" if lost else "no edit lost")


def nested(tool: Tool) -> Verdict:
    return _bad_file(tool, "x = " + "(" * 3000 + "1" + ")" * 3000 + "\n")


def long_sum(tool: Tool) -> Verdict:
    return _bad_file(tool, "x = " + "+".join(["1"] * 5000) + '\ny = "{}".format(x), set([1])\n')


def signs(tool: Tool) -> Verdict:
    return _bad_file(tool, "x = " + "-" * 50_000 + "1\n")


def _bad_file(tool: Tool, bad: str) -> Verdict:
    """A bad file among four good ones."""
    with tree(a__py=SAMPLE, b__py=SAMPLE, m__py=bad, y__py=SAMPLE, z__py=SAMPLE) as folder:
        done = run(tool, folder)
        good = sum((folder / name).read_text() != SAMPLE for name in ("a.py", "b.py", "y.py", "z.py"))
        named = b"m.py" in done.out
        return Verdict(
            good == 4 and (named or done.code == 0),
            f"{good} of 4 others done, {done.said}{'' if named or good == 4 else ', file not named'}",
        )


def _applied(folder: Path, patch: bytes) -> bool:
    """Let git apply a patch, whatever its names begin with: absolute ones, too."""
    return any(
        subprocess.run(
            ["git", "apply", f"-p{number}"], cwd=folder, input=patch, capture_output=True, check=False
        ).returncode
        == 0
        for number in range(len(folder.parts) + 2)
    )


NAMES = ("sp ace.py", 'quo"te.py', "new\nline.py", "t\tab.py", "ü.py", os.fsdecode(b"\xff.py"), "-dash.py")


def odd_names(tool: Tool) -> Verdict:
    """Patches of files with odd names, one at a time."""
    if not tool.patch:
        return Verdict(None, "has no patch")
    failed = []
    for name in NAMES:
        with tree() as folder:
            (folder / name).write_text(SAMPLE)
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
            done = subprocess.run([*tool.patch, "."], cwd=folder, capture_output=True, check=False)
            if not _applied(folder, done.stdout) or (folder / name).read_text() == SAMPLE:
                failed.append(name)
    return Verdict(not failed, f"{len(NAMES) - len(failed)} of {len(NAMES)} patches apply")


ODD_TEXTS = {
    "lone CR": SAMPLE.encode().replace(b"\n", b"\r"),
    "CR LF": SAMPLE.encode().replace(b"\n", b"\r\n"),
    "mixed line ends": SAMPLE.encode() + b"x = 1\r\n" + b"y = 2\n",
    "byte order mark": b"\xef\xbb\xbf" + SAMPLE.encode(),
    "form feed": SAMPLE.encode() + b"\x0c\ndef after():\n    pass\n",
    "Latin-1": b"# coding: latin-1\n# \xe9\n" + SAMPLE.encode(),
    "no last line end": SAMPLE.encode() + b"x = 1",
}


def odd_bytes(tool: Tool) -> Verdict:
    """The patch of a file with odd bytes, which has to give what the tool itself makes of the file."""
    if not tool.patch:
        return Verdict(None, "has no patch")
    failed = []
    for title, content in ODD_TEXTS.items():
        with tree(a__py=content) as folder:
            subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
            done = subprocess.run([*tool.patch, "."], cwd=folder, capture_output=True, check=False)
            applied = _applied(folder, done.stdout)
            patched = (folder / "a.py").read_bytes()
            (folder / "a.py").write_bytes(content)
            run(tool, folder, (*tool.fix, "--allow-dirty") if tool.name == "aiomend" else tool.fix)
            if not applied or patched != (folder / "a.py").read_bytes():
                failed.append(title)
    return Verdict(
        not failed,
        f"{len(ODD_TEXTS) - len(failed)} of {len(ODD_TEXTS)} patches give what it writes"
        + (f" (not: {', '.join(failed)})" if failed else ""),
    )


def untouched_bytes(tool: Tool) -> Verdict:
    """Line ends and a form feed in lines that no fix is about."""
    if tool.name == "black":
        return Verdict(None, "normalizes them on purpose")
    kept = b"before = 1 \r\nafter = 2\x0c\nlast = 3\r\n"
    with tree(a__py=SAMPLE.encode() + kept) as folder:
        done = run(tool, folder)
        now = (folder / "a.py").read_bytes()
        if now == SAMPLE.encode() + kept:
            return Verdict(None, f"nothing changed, {done.said}")
        return Verdict(now.endswith(kept), "kept" if now.endswith(kept) else "changed")


def escapes(tool: Tool) -> Verdict:
    """A file name that clears the terminal, and turns its text around."""
    with tree() as folder:
        (folder / "evil\x1b[2J\u202e.py").write_text("def f(:\n" + SAMPLE)
        done = run(tool, folder)
        raw = b"\x1b[2J" in done.out or "\u202e".encode() in done.out
        return Verdict(not raw, "reach the terminal" if raw else "do not reach the terminal")


def own_code(tool: Tool) -> Verdict:
    """Modules and configuration in the scanned folder that leave a trace when they are run."""
    with tree(a__py=SAMPLE) as folder:
        ran = folder.parent / "ran"
        for name in ("typing", "tokenize", "black", "libcst", "sitecustomize", "yaml"):
            (folder / f"{name}.py").write_text(f"open({str(ran)!r}, 'a').write('{name} ')\n")
        program = folder.parent / "program"
        program.write_text(f"#!/bin/sh\nprintf 'formatter ' >> {ran}\ncat\n")
        program.chmod(0o755)
        (folder / ".libcst.codemod.yaml").write_text(f"formatter: ['{program}']\nmodules: ['typing']\n")
        command = tuple(word for word in tool.fix if word != "--no-format")
        run(tool, folder, command)
        return Verdict(not ran.exists(), f"run: {ran.read_text().split()[0]}" if ran.exists() else "not run")


FAULTS: dict[str, Callable[[Tool], Verdict]] = {
    "a link to a file outside": link_to_a_file,
    "a link to a folder outside": link_to_a_folder,
    "Ctrl-C after the first of 150 files": interrupted,
    "`kill -9` after the first of 150 files": killed,
    "no room for the whole file": no_room,
    "a read-only mount": read_only,
    "a person edits the file meanwhile": edited_meanwhile,
    "3,000 nested parentheses in one file": nested,
    "a sum of 5,000 terms in one file": long_sum,
    "50,000 signs in a row in one file": signs,
    "patches of odd file names": odd_names,
    "patches of odd bytes": odd_bytes,
    "odd bytes in lines that are not changed": untouched_bytes,
    "escapes in a file name": escapes,
    "code and configuration in the folder": own_code,
}


def environment(place: Path) -> Path:
    """Return an environment with the peers, which is made where it is missing."""
    if not (place / "bin" / "black").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        subprocess.run([str(place / "bin" / "pip"), "install", "--quiet", *PEERS], check=True)
    return place


def versions(place: Path) -> str:
    """Return the versions of the peers."""
    done = subprocess.run([str(place / "bin" / "pip"), "freeze"], capture_output=True, text=True, check=True)
    found = dict(line.split("==", 1) for line in done.stdout.splitlines() if "==" in line)
    return ", ".join(f"{name} {found[name]}" for name in ("ruff", "black", "pyupgrade", "libcst"))


def table(place: Path) -> list[str]:
    """Return the table: a row a fault, a column a tool."""
    columns = tools(place)
    if shutil.which(columns[0].fix[0]) is None:
        raise SystemExit(f"{columns[0].fix[0]} is missing: install aiomend beside the Python that runs this")
    for tool in columns:
        with tree(a__py=SAMPLE) as folder:
            done = run(tool, folder)
            if (folder / "a.py").read_text() == SAMPLE:
                raise SystemExit(f"{tool.name} changes nothing in the sample: {done.said}\n{done.out.decode()}")
    lines = [f"| fault | {' | '.join(tool.name for tool in columns)} |", "|---" * (len(columns) + 1) + "|"]
    for title, fault in FAULTS.items():
        cells = []
        for tool in columns:
            print(f"{title}: {tool.name}", file=sys.stderr, flush=True)
            cells.append(str(fault(tool)))
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines
