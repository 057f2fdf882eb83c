from versions import Version


def test_leading_zero():
    assert Version("1.02") == Version("1.2")


def test_another_version():
    assert Version("1.2") != Version("1.3")
    assert Version("1.2") != "1.2"
