"""What others put into a tree chooses no repository for git and starts no program."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.repositories import git, repository, write

from improve.errors import ImproveError
from improve.reproduction.lay_down import hand_over
from improve.workbench.bench import Bench, Tree, workbench
from improve.workbench.git import Git
from improve.workbench.turns import turn

AUTHOR = ("Test Author", "author@example.invalid")


class Trap:
    """Programs that leave a note when somebody starts them, and a tree that names them all."""

    def __init__(self, place: Path) -> None:
        self.note, self.program = place / "note", place / "program"
        self.program.write_text(f'#!/bin/sh\necho "$0 $*" >>{self.note}\nexit 0\n')
        self.program.chmod(0o755)

    def sprung(self) -> str:
        return self.note.read_text() if self.note.exists() else ""

    def configuration(self) -> str:
        return (
            f"[core]\n\tfsmonitor = {self.program}\n\thooksPath = {self.program.parent}/hooks\n"
            f"\tpager = {self.program}\n\tsshCommand = {self.program}\n"
            f"[diff]\n\texternal = {self.program}\n"
            f'[diff "trap"]\n\ttextconv = {self.program}\n\tcommand = {self.program}\n'
            f'[filter "trap"]\n\tclean = {self.program}\n\tsmudge = {self.program}\n\trequired\n'
            f"[gpg]\n\tprogram = {self.program}\n[log]\n\tshowSignature = true\n"
        )

    def set_in(self, tree: Path) -> None:
        """What an agent, or code under test, may leave in its tree."""
        hooks = self.program.parent / "hooks"
        hooks.mkdir(exist_ok=True)
        for name in ("pre-commit", "post-index-change", "reference-transaction", "post-checkout"):
            (hooks / name).write_bytes(self.program.read_bytes())
            (hooks / name).chmod(0o755)
        git(tree, "init", "-q")
        git(tree, "add", "-A")
        git(tree, "commit", "-q", "-m", "theirs")
        with (tree / ".git" / "config").open("a") as stream:
            stream.write(self.configuration())
        write(tree, {".gitattributes": "* filter=trap diff=trap\n"})
        # A bare repository in a folder of fixtures: git in that folder would take it for its own.
        bare = tree / "fixtures" / "bare"
        git(tree, "-c", "core.fsmonitor=false", "init", "-q", "--bare", str(bare))
        with (bare / "config").open("a") as stream:
            stream.write("[core]\n\tbare = false\n\tworktree = ..\n" + self.configuration())
        nested = tree / "nested"
        nested.mkdir()
        git(nested, "init", "-q")
        with (nested / ".git" / "config").open("a") as stream:
            stream.write(self.configuration())
        write(nested, {"inner.py": "x = 1\n"})
        self.note.unlink(missing_ok=True)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    user = repository(tmp_path / "user", {"shop.py": "a = 1\n"})
    with workbench(user / ".git", tmp_path / "cache" / "workbenches" / "run", AUTHOR) as made:
        yield made


@pytest.fixture
def tree(bench: Bench, tmp_path: Path) -> Tree:
    return bench.tree("one", git(tmp_path / "user", "rev-parse", "HEAD"))


@pytest.fixture
def trap(tmp_path: Path, tree: Tree) -> Trap:
    place = tmp_path / "trap"
    place.mkdir()
    made = Trap(place)
    made.set_in(tree.path)
    (tree.path / "shop.py").write_text("a = 2\n")
    return made


def test_plain_git_walks_into_the_trap(trap: Trap, tree: Tree) -> None:
    """The control: this is what the calls below would do without their discipline."""
    for argv in (["status"], ["add", "-A"], ["diff", "HEAD"]):
        trap.note.unlink(missing_ok=True)
        subprocess.run(["git", *argv], cwd=tree.path, capture_output=True, check=False)
        assert trap.sprung(), f"git {argv[0]} started nothing: the trap is broken"
    trap.note.unlink(missing_ok=True)
    subprocess.run(
        ["git", "status"], cwd=tree.path / "fixtures" / "bare", capture_output=True, check=False
    )
    assert trap.sprung(), "the bare repository started nothing: the trap is broken"


def test_reading_a_tree_starts_nothing_of_it(trap: Trap, tree: Tree) -> None:
    assert {"shop.py", ".gitattributes"} <= set(tree.changed())
    assert b"+a = 2" in tree.diff()
    assert tree.git.line("show", "-s", "--format=%s", tree.commit) == "feat: start"
    assert not trap.sprung()


def test_a_patch_of_a_hostile_tree_starts_nothing_where_it_is_applied(
    trap: Trap, tree: Tree, bench: Bench
) -> None:
    patch = tree.diff()
    clean = bench.tree("clean", tree.commit)
    clean.apply(patch)
    assert (clean.path / "shop.py").read_text() == "a = 2\n"
    clean.changed()
    assert not (clean.path / ".git").exists() and not trap.sprung()


def test_the_clone_of_a_build_is_not_read_through_its_own_git_folder(
    trap: Trap, tree: Tree, bench: Bench, tmp_path: Path
) -> None:
    # As building._untracked does it, after the target's build could write to the clone's .git.
    listed = bench.git.at(tree.path, tmp_path / "index")
    listed.must("read-tree", tree.commit)
    others = listed.must("ls-files", "--others", "-z")
    assert b".gitattributes" in others and not trap.sprung()


def test_programs_that_a_repositorys_own_configuration_names_are_off(tmp_path: Path) -> None:
    """The user's repository is theirs, but nothing in it runs on our behalf."""
    trap = Trap(tmp_path)
    place = repository(tmp_path / "theirs", {"a.py": "1\n"})
    first = git(place, "rev-parse", "HEAD")
    (place / "a.py").write_text("2\n")
    git(place, "commit", "-q", "-am", "second")
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "reference-transaction").write_bytes(trap.program.read_bytes())
    (hooks / "reference-transaction").chmod(0o755)
    signature = "gpgsig -----BEGIN PGP SIGNATURE-----\n \n -----END PGP SIGNATURE-----\n"
    signed = git(place, "cat-file", "commit", "HEAD").replace("\n\n", f"\n{signature}\n", 1)
    (tmp_path / "signed").write_text(signed + "\n")
    commit = git(place, "hash-object", "-t", "commit", "-w", str(tmp_path / "signed"))
    with (place / ".git" / "config").open("a") as stream:
        stream.write(trap.configuration())
    calls = (
        ("show", "-s", commit), ("diff", first, commit), ("update-ref", "refs/heads/x", first),
        ("ls-files", "--modified"),
    )  # fmt: skip
    for call in calls:
        trap.note.unlink(missing_ok=True)
        subprocess.run(["git", *call], cwd=place, capture_output=True, check=False)
        assert trap.sprung(), f"git {call[0]} started nothing: the trap is broken"
        git(place, "-c", "core.hooksPath=/dev/null", "update-ref", "-d", "refs/heads/x")
        trap.note.unlink()
        # `diff` is told so by every caller: the setting alone would end it with an error.
        ours = [call[0], *(["--no-ext-diff"] if call[0] == "diff" else []), *call[1:]]
        assert Git(place / ".git", place).run(*ours).ok
        assert not trap.sprung(), f"git {call[0]} started {trap.sprung()}"
        git(place, "-c", "core.hooksPath=/dev/null", "update-ref", "-d", "refs/heads/x")


def test_an_object_that_is_missing_is_never_fetched(tmp_path: Path, bench: Bench) -> None:
    """A promisor remote names a program; a look at a missing object would start it."""
    trap = Trap(tmp_path)
    place = repository(tmp_path / "partial", {"a.py": "1\n"})
    blob = git(place, "rev-parse", "HEAD:a.py")
    for name, value in (
        ("extensions.partialClone", "evil"), ("core.repositoryFormatVersion", "1"),
        ("remote.evil.url", str(tmp_path / "user")), ("remote.evil.promisor", "true"),
        ("remote.evil.uploadpack", str(trap.program)),
    ):  # fmt: skip
        git(place, "config", name, value)
    (place / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    subprocess.run(["git", "cat-file", "-p", blob], cwd=place, capture_output=True, check=False)
    assert trap.sprung(), "the control: plain git starts the program"
    trap.note.unlink()
    if git_version() < (2, 44):
        pytest.skip("git before 2.44 cannot be told; trees that others wrote are never asked")
    assert not Git(place / ".git").run("cat-file", "-p", blob).ok and not trap.sprung()


def git_version() -> tuple[int, ...]:
    said = git(Path("/"), "version").split()[2]
    return tuple(int(part) for part in said.split(".")[:2])


def branch(tmp_path: Path, number: int) -> None:
    """What a run does at its end: its commit, as a branch of the user's repository."""
    user = tmp_path / "user"
    head = git(user, "rev-parse", "HEAD")
    place = tmp_path / "cache" / "workbenches" / f"run-{number}"
    with workbench(user / ".git", place, AUTHOR) as bench:
        tree = bench.tree("one", head)
        (tree.path / "shop.py").write_text(f"a = {number}\n")
        commit = bench.commit_tree(tree.write_tree(), head, f"fix: {number}\n\nOurs: yes\n")
        hand_over(place, Git(user / ".git"), f"fix/{number}", commit, "Ours: yes")


def test_many_runs_hand_their_branches_over_at_once(tmp_path: Path) -> None:
    user, errors = repository(tmp_path / "user", {"shop.py": "a = 1\n"}), list[str]()

    def one(number: int) -> None:
        try:
            branch(tmp_path, number)
        except Exception as error:
            errors.append(str(error))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert len(git(user, "branch", "--list", "fix/*").splitlines()) == 10


def test_git_itself_waits_for_no_other_writer(tmp_path: Path) -> None:
    """The control: without turns, the second of two writers meets the lock of the first."""
    user = repository(tmp_path / "user", {"shop.py": "a = 1\n"})
    held = user / ".git" / "refs" / "heads" / "fix" / "1.lock"
    held.parent.mkdir()
    held.touch()
    with pytest.raises(ImproveError, match=r"1\.lock"):
        branch(tmp_path, 1)
    held.unlink()
    branch(tmp_path, 1)


def test_a_turn_is_waited_for_and_ends_with_its_holder(tmp_path: Path) -> None:
    order: list[str] = []
    inside, go_on = threading.Event(), threading.Event()

    def first() -> None:
        with turn(tmp_path, tmp_path / "repository"):
            inside.set()
            go_on.wait(5)
            order.append("first")

    thread = threading.Thread(target=first)
    thread.start()
    inside.wait(5)
    with (
        pytest.raises(Exception, match="still writing"),
        turn(tmp_path, tmp_path / "repository", 0.05),
    ):
        pass
    with turn(tmp_path, tmp_path / "another"):
        order.append("another")
    go_on.set()
    with turn(tmp_path, tmp_path / "repository", 5):
        order.append("second")
    thread.join()
    assert order == ["another", "first", "second"]
