from labels import labels, shown


def test_labels_are_shown_in_order():
    assert shown("ui, Bug, UI") == "bug, ui"


def test_labels_are_counted_once():
    assert labels("a, A,a") == {"a"}


def test_no_labels():
    assert shown(" , ") == ""
