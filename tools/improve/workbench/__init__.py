"""The private place where everything happens: processes, git, trees, environments."""
