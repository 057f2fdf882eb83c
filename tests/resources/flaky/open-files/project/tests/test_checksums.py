from checksums import changed, checksums


def files(folder, count):
    paths = [folder / f"part-{n:03}.bin" for n in range(count)]
    for path in paths:
        path.write_bytes(path.name.encode())
    return paths


def test_every_file_has_its_line(tmp_path):
    lines = checksums(files(tmp_path, 60))
    assert len(lines) == 60
    assert lines[7].endswith("  part-007.bin")


def test_what_changed_is_told(tmp_path):
    paths = files(tmp_path, 3)
    before = checksums(paths)
    paths[1].write_text("other")
    assert changed(before, paths) == ["part-001.bin"]
