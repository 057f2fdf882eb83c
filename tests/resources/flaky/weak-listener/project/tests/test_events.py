from events import Bus, Writer, logging_bus


def test_every_part_writes():
    bus, lines = logging_bus("disk", "net")
    for event in ("start", "stop"):
        bus.send(event)
    assert sorted(lines) == ["disk: start", "disk: stop", "net: start", "net: stop"]


def test_a_listener_hears():
    bus, lines = Bus(), []
    writer = Writer("disk", lines)
    bus.add(writer)
    bus.send("start")
    assert lines == ["disk: start"]
