import asyncio

from collect import collect


def source(value, seconds=0.001):
    async def answer():
        await asyncio.sleep(seconds)
        return value

    return answer


def test_every_source_is_heard():
    found = asyncio.run(collect({"a": source(1), "b": source(2), "c": source(3)}))
    assert found == {"a": 1, "b": 2, "c": 3}


def test_no_sources_no_answers():
    assert asyncio.run(collect({})) == {}
