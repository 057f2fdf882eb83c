"""Scripted model servers on loopback: a ``Script`` told in a vendor's true protocol, with faults."""
