"""The command line."""

import sys


def main(argv):
    """0 when it worked; whoever gives too few words is told so with status 2."""
    if not argv:
        print("usage: shop WORD...", file=sys.stderr)
        sys.exit(1)
    return 0
