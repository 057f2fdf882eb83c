import nonexistent_package_xyz


def test_a():
    pass
