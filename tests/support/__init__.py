"""Shared material of the tests: real repositories, hostile inputs, loopback servers."""
