"""A fence's limits as the kernel's own, never above those that we have ourselves. Linux only."""

from __future__ import annotations

import resource
import shutil

from improve.workbench.sandbox.fence import Limits


def rlimits(limits: Limits, *, processes: bool = False) -> dict[str, int]:
    """Name (RLIMIT_...) -> value. ``processes``: count them where only the program's own count."""
    wanted = {
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.processes if processes else None,
        "RLIMIT_DATA": limits.memory_bytes,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_CPU": limits.cpu_seconds,
    }
    return {name: _within(name, value) for name, value in wanted.items() if value is not None}


def _within(name: str, value: int) -> int:
    # Only root may raise a hard limit, and a limit that cannot be set would end the program.
    most = resource.getrlimit(getattr(resource, name))[1]
    return value if most == resource.RLIM_INFINITY else min(value, most)


def prlimit(limits: Limits, *, processes: bool = False) -> list[str]:
    """A command line that sets them and goes on with what follows; [] where there is no prlimit."""
    # By its path: PATH inside begins with folders of the target's.
    tool = shutil.which("prlimit", path="/usr/bin:/usr/sbin:/bin:/sbin")
    if not tool:
        return []
    found = rlimits(limits, processes=processes)
    return [tool, *(f"--{name[7:].lower()}={value}" for name, value in found.items())]
