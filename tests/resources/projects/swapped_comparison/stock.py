def reorder(levels, minimum):
    """Names of the articles that must be ordered again, sorted."""
    wanted = []
    for name, level in levels.items():
        # an article at its minimum is still fine
        if level > minimum:
            wanted.append(name)
    return sorted(wanted)
