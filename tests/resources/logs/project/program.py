"""Ends in a chained error, as a job without a test runner would."""

from shop.calc import parse

print("starting")
parse("seven")
