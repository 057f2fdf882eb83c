def test_group():
    raise ExceptionGroup("several", [ValueError("one"), TypeError("two")])
