"""Reports: artifacts in, Markdown out. Every status and figure is derived, none is stored."""
