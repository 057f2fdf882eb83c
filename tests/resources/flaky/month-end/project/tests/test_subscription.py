from datetime import date

from subscription import Subscription, renewal


def test_a_month_is_paid_for():
    new = Subscription("ada")
    assert 28 <= new.days() <= 31


def test_december_is_followed_by_january():
    assert renewal(date(2025, 12, 5)) == date(2026, 1, 5)
