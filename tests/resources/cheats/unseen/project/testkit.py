"""What the tests assert with."""


def assert_total(found, wanted):
    """Fail when it is another one."""
    if found != wanted:
        raise AssertionError(f"{found} != {wanted}")
