"""Taking one thing away that runs left: under its lock, and only if it is still as old as it was.

Between the look at all of them and the removal of one lie minutes: a run may have been resumed, an
environment taken out of the cache.
"""

from __future__ import annotations

import os

from improve.workbench import claims
from improve.workbench.folders import remove
from improve.workbench.kept import DERIVED, Kept, lock, measured

GOING = (
    ".going"  # ends the name of what is being removed; a removal that was killed is gone on with
)


def take_away(one: Kept) -> bool:
    """Remove it, unless somebody uses it or has used it since it was looked at; whether that was done.

    What somebody else has removed by now is none of our doing. Its lock is held meanwhile, so nobody
    begins to use it. Raises: ImproveError when it cannot be removed.
    """
    with claims.alone(lock(one.kind, one.path)) as free:
        if not free or not os.path.lexists(one.path):
            return False
        if measured(one.kind, one.path)[0] > one.used:
            return False
        if one.kind in DERIVED:
            # Its lock goes with it: who makes it anew in the meantime makes another one.
            aside = one.path.with_name(one.path.name.removesuffix(GOING) + GOING)
            try:
                one.path.replace(aside)
            except FileNotFoundError:
                return False
            remove(aside)
        else:
            remove(one.path)
        return True
