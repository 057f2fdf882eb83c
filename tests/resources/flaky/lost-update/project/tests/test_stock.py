import threading

from stock import Stock


def sell(stock, times):
    return sum(stock.reserve("pen") for _ in range(times))


def test_nothing_is_sold_twice():
    stock, sold = Stock({"pen": 20}), []
    tills = [
        threading.Thread(target=lambda: sold.append(sell(stock, 6))) for _ in range(4)
    ]
    for till in tills:
        till.start()
    for till in tills:
        till.join()
    assert sum(sold) == 20
    assert stock.left("pen") == 0


def test_too_many_are_not_sold():
    assert not Stock({"pen": 1}).reserve("pen", 2)


def test_what_is_not_there_is_not_sold():
    assert not Stock({}).reserve("ink")
