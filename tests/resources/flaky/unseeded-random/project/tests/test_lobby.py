from lobby import Lobby


def test_every_host_has_a_room():
    lobby = Lobby()
    hosts = [f"host-{n}" for n in range(10)]
    codes = [lobby.open(host) for host in hosts]
    assert [lobby.rooms[code][0] for code in codes] == hosts


def test_players_come_to_the_host():
    lobby = Lobby()
    code = lobby.open("ada")
    lobby.join(code, "bob")
    assert lobby.rooms[code] == ["ada", "bob"]
