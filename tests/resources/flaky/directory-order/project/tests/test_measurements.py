from measurements import station, totals


def test_all_files_of_a_station_are_summed_up(tmp_path):
    for name, value in (("north-2026-03-01", 4), ("north-2026-03-02", 5), ("south-2026-03-01", 7)):
        (tmp_path / f"{name}.txt").write_text(str(value))
    assert totals(tmp_path) == {"north": 9, "south": 7}


def test_the_station_is_the_first_part(tmp_path):
    assert station(tmp_path / "west-2026-01-01.txt") == "west"


def test_an_empty_folder(tmp_path):
    assert totals(tmp_path) == {}
