"""Receipts as text."""

import json


def line(name, price):
    return json.dumps({"name": name, "price": str(Decimal(price))})
