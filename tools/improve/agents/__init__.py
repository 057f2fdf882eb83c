"""Agents: modules behind one small protocol that edit files in a workbench."""
