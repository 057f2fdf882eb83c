import pytest
from cli import main


def test_no_words():
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2


def test_words():
    assert main(["bread"]) == 0
