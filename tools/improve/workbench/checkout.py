"""A real clone of the target for its build: with history and tags, without hooks.

Version plugins (setuptools_scm, hatch-vcs, pbr, versioneer) ask git for the last tag, so a bare
tree of files does not build. Objects are borrowed, nothing is written to the user's repository.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from improve.workbench import answers, process
from improve.workbench.bench import Bench
from improve.workbench.declared import is_declaring
from improve.workbench.declared.files import is_built_from
from improve.workbench.folders import remove
from improve.workbench.git import LIMIT, Git, environ

SIZE = 1 << 20


def listing(bench: Bench, commit: str) -> dict[str, str]:
    """Every file of the commit: path -> id of its content."""
    found: dict[str, str] = {}
    done = bench.git.run("ls-tree", "-r", "-z", "--full-tree", commit)
    output = done.stdout
    if not done.ok or (output and not output.endswith(b"\0")):
        raise answers.unclear(done, "The commit could not be read")
    if not output and bench.git.line("rev-parse", f"{commit}^{{tree}}") not in answers.NO_FILES:
        raise answers.unclear(done, "The commit could not be read")
    for entry in output.split(b"\0")[:-1]:
        head, tab, path = entry.partition(b"\t")
        mode, kind, blob = [*head.decode().split(" "), "", ""][:3]
        if tab and kind == "blob" and mode != "120000":
            found[path.decode("utf-8", "surrogateescape")] = blob
    return found


def contents(bench: Bench, blobs: Mapping[str, str]) -> dict[str, str]:
    """Texts of these files (path -> id), in one call; what is over 1 MiB is left out."""
    if not blobs:
        return {}
    wanted = "".join(f"{blob}\n" for blob in blobs.values()).encode()
    done = bench.git.run("cat-file", "--batch", stdin=wanted)
    stream = done.stdout
    found: dict[str, str] = {}
    place = 0
    for path, blob in blobs.items():
        end = stream.find(b"\n", place)
        name, _, length = stream[place : max(end, 0)].partition(b" blob ")
        if name != blob.encode() or not length.isdigit():
            raise answers.unclear(done, "The commit's files could not be read")
        size = int(length)
        text = stream[end + 1 : end + 1 + size]
        place = end + size + 2
        if size <= SIZE:
            found[path] = text.decode("utf-8", "replace")
    return found


def declaring(files: Mapping[str, str], folder: str) -> dict[str, str]:
    """Those of ``files`` below ``folder`` that declare something, by their path in the repository.

    The repository's own CI workflow counts for every folder in it.
    """
    prefix = f"{folder}/" if folder else ""
    chosen = {
        p: b for p, b in files.items() if p.startswith(prefix) and is_declaring(p[len(prefix) :])
    }
    return {
        **chosen,
        **{p: b for p, b in files.items() if p.startswith(".github/") and is_declaring(p)},
    }


def built_from(files: Mapping[str, str]) -> str:
    """One text that changes with every source that a build compiles, and with new packages."""
    native = [f"{path} {blob}" for path, blob in sorted(files.items()) if is_built_from(path)]
    packages = [p for p in sorted(files) if p.endswith("/__init__.py") and p.count("/") < 3]
    return "\n".join([*native, *packages])


def make_checkout(bench: Bench, commit: str, source: Path, place: Path) -> None:
    """A clone at ``place`` with ``commit`` checked out and the tags of the repository ``source``.

    Raises: ImproveError when git cannot make it.
    """
    remove(place)
    place.mkdir(parents=True)
    init: list[str | Path] = ["git", "init", "--quiet", "--template=", place]
    made = process.run(init, env=environ(), timeout=LIMIT.seconds)
    folder = place / ".git"
    if not made.ok or not (folder / "HEAD").is_file():
        raise answers.unclear(made, "A clone for the build could not be made")
    git = Git(folder, place)
    (folder / "objects" / "info").mkdir(parents=True, exist_ok=True)
    stores = [bench.git.folder / "objects", *borrowed(bench.git.folder)]
    (folder / "objects" / "info" / "alternates").write_text("".join(f"{s}\n" for s in stores))
    if (bench.git.folder / "shallow").exists():
        shutil.copyfile(bench.git.folder / "shallow", folder / "shallow")
    _copy_tags(git, source)
    done = git.run("checkout", "--quiet", "--detach", commit)
    if not done.ok or git.commit_of("HEAD") != commit:
        raise answers.unclear(done, "The clone could not be checked out")


def borrowed(folder: Path) -> list[Path]:
    """The object stores that a git folder of ours borrows from."""
    alternates = folder / "objects" / "info" / "alternates"
    told = alternates.read_text().splitlines() if alternates.exists() else []
    return [Path(line) for line in told if line]


def _copy_tags(git: Git, source: Path) -> None:
    # for-each-ref reads; writing the same refs into our own clone needs no fetch, and a tag whose
    # object is missing (a shallow clone) is simply refused by update-ref.
    listed = Git(source).run("for-each-ref", "--format=%(objectname) %(refname)", "refs/tags/")
    for chunk in _chunks(listed.text.splitlines() if listed.ok else [], 2000):
        pairs = (line.partition(" ") for line in chunk)
        orders = "".join(f"create {name} {oid}\n" for oid, _, name in pairs)
        git.run("update-ref", "--stdin", stdin=orders.encode())


def _chunks(lines: list[str], size: int) -> Iterable[list[str]]:
    return (lines[i : i + size] for i in range(0, len(lines), size))
