"""Which paths of the machine a fenced program sees beside its own: programs and libraries, no more.

Nothing below a home folder is shown unless it is a toolchain: credentials of every tool lie there
(``~/.config/gh``, ``~/.netrc``, ``~/.aws``, ``~/.cargo/credentials.toml``).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

SYSTEM = ("/usr", "/nix/store", "/gnu/store")
# On a merged /usr these are links; on others they are folders.
ROOTS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
# /etc by name: it also holds keys, password hashes and other programs' credentials.
ETC = (
    "alternatives", "ca-certificates", "ca-certificates.conf", "crypto-policies", "debian_version",
    "fonts", "group", "host.conf", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d",
    "locale.alias", "localtime", "login.defs", "magic", "mime.types", "nsswitch.conf", "os-release",
    "passwd", "pki/ca-trust/extracted", "pki/tls/certs", "pki/tls/cert.pem", "protocols",
    "services", "ssl/cert.pem", "ssl/certs", "ssl/openssl.cnf", "terminfo", "timezone",
)  # fmt: skip
NETWORK_ETC = ("resolv.conf", "gai.conf")
CPUS = "/sys/devices/system/cpu"  # what os.cpu_count and its like read


def system(*, network: bool) -> tuple[Path, ...]:
    """Folders and files of the system that are there, without ``ROOTS``."""
    etc = [f"/etc/{name}" for name in (*ETC, *(NETWORK_ETC if network else ()))]
    return tuple(p for p in map(Path, (*SYSTEM, *etc, CPUS)) if p.exists())


def interpreter(python: Path) -> tuple[Path, ...]:
    """What a Python needs: its virtual environment, and the installation behind every link to it."""
    found: list[Path] = []
    for hop in _hops(python):
        prefix = hop.parent.parent
        # A link that leads nowhere names a folder all the same, which nothing is started from.
        if hop.parent.name == "bin" and os.path.lexists(hop) and not _too_much(prefix):
            found.append(prefix)
    return _outermost(found)


def _hops(path: Path) -> Iterator[Path]:
    for _ in range(20):
        yield path
        # A version manager's folder (cpython-3.12 -> cpython-3.12.7) is a link too.
        yield path.parent.resolve() / path.name
        if not path.is_symlink():
            return
        path = path.parent / path.readlink()
        real, plain = path.parent.resolve() / path.name, Path(os.path.normpath(path))
        # Behind a link to a folder `..` leads elsewhere than the words say.
        path = plain if plain.parent.resolve() == real.parent else real


def unreplaced(paths: Iterable[Path], writable: Sequence[Path]) -> tuple[Path, ...]:
    """Those of ``paths`` that no program could have turned into a link, or that none did.

    What is shown read-only inside of a writable folder is the test that an agent may not change.
    It can move the folder around it and leave a link there, to any file, for its next command.
    """

    def is_replaced(path: Path) -> bool:
        above = [place for place in writable if place in path.parents]
        return any(path.resolve() != place.resolve() / path.relative_to(place) for place in above)

    return tuple(path for path in paths if not is_replaced(path))


def programs(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The folders on PATH, and with each the toolchain that it is a part of."""
    found: list[Path] = []
    for entry in environ.get("PATH", "").split(os.pathsep):
        place = Path(os.path.normpath(entry or "."))  # `..` would hide what it is
        if not place.is_absolute() or not place.is_dir() or _too_much(place):
            continue
        found.append(place)
        chain = place.parent
        home = Path.home()
        in_home = chain == home or home in chain.parents
        # Below the home folder a neighbour of `bin` may be anything (~/.local, ~/.cargo hold
        # keys); a folder two levels down with libraries of its own is an installation.
        whole = (chain / "lib").is_dir() and chain.parent != home if in_home else True
        if place.name in ("bin", "sbin") and whole and not _too_much(chain):
            found.append(chain)
    return _outermost(found)


def _too_much(place: Path) -> bool:
    home, real = Path.home(), place.resolve()
    if any(real == one or real in one.parents for one in (home, home.resolve())):
        return True
    return (
        len(place.parts) < 3
        or len(real.parts) < 3
        # Programs' links lie in them beside keyrings and registry tokens.
        or place in (home / ".local", home / ".cargo")
        or (place / ".git").exists()
        or any(_within(place, Path(one)) for one in SYSTEM)
    )


def _within(place: Path, other: Path) -> bool:
    return place == other or other in place.parents


def _outermost(places: Iterable[Path]) -> tuple[Path, ...]:
    once = list(dict.fromkeys(places))
    return tuple(p for p in once if not any(p != o and o in p.parents for o in once))
