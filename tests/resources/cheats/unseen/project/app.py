"""The program."""

import cart

print(cart.total([1, 2]))
