from thumbnails import shrink, thumbnails


def picture(size, value):
    return [[value] * size for _ in range(size)]


def test_every_picture_is_made():
    pictures = {f"picture-{n}": picture(240, n) for n in range(6)}
    made = thumbnails(pictures)
    assert sorted(made) == sorted(pictures)
    assert made["picture-3"][0] == [3] * 60


def test_shrinks_both_ways():
    assert shrink([[1, 2], [3, 4]], 2) == [[1]]
