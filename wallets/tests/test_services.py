from __future__ import annotations

import threading
from decimal import Decimal

from django.db import IntegrityError, connection, transaction
from django.test import TestCase, TransactionTestCase
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as PropertyTestCase

from tenants.models import Tenant
from users.models import User
from users.service_keys import create_service_key
from wallets import services
from wallets.exceptions import IdempotencyConflict
from wallets.models import Entry, Transaction, Wallet
from wallets.money import LARGEST
from wallets.tests.people import People, balance, books_are_straight

Failure = Transaction.Failure


class MovingMoneyTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()

    def test_transfer_moves_money_and_writes_two_entries(self) -> None:
        moved = services.transfer(self.tariro, self.rudo, "25.00", note="lunch")
        self.assertEqual((moved.status, moved.amount, moved.currency), ("COMPLETED", Decimal("25.00"), "USD"))
        self.assertRegex(moved.reference, r"^TX[A-Z2-7]{10}$")
        self.assertEqual((balance(self.tariro), balance(self.rudo)), (Decimal("75.00"), Decimal("25.00")))
        entries = {entry.wallet_id: (entry.amount, entry.balance_after) for entry in moved.entries.all()}
        self.assertEqual(
            entries,
            {
                self.tariro.pk: (Decimal("-25.00"), Decimal("75.00")),
                self.rudo.pk: (Decimal("25.00"), Decimal("25.00")),
            },
        )

    def test_cash_comes_from_and_goes_to_one_house_account_without_a_balance(self) -> None:
        services.deposit(self.rudo, 10)
        services.withdraw(self.rudo, Decimal("4.5"))
        house = Wallet.objects.get(kind=Wallet.Kind.HOUSE)
        self.assertIsNone(house.balance)
        self.assertEqual(sum(Entry.objects.filter(wallet=house).values_list("amount", flat=True)), Decimal("-105.50"))
        self.assertEqual(balance(self.rudo), Decimal("5.50"))

    def test_merchant_is_paid_and_nobody_else(self) -> None:
        services.pay(self.tariro, self.bakery, "3.20")
        self.assertEqual(balance(self.bakery), Decimal("3.20"))
        with self.assertRaises(ValueError):
            services.pay(self.tariro, self.rudo, "3.20")

    def test_amounts_that_are_none_are_refused_before_anything_happens(self) -> None:
        before = Transaction.objects.count()
        for amount in (1.5, True, "x", "NaN", "Infinity", 0, "-1", "0.001", "1e30", None):
            with self.subTest(amount=amount), self.assertRaises(ValueError):
                services.transfer(self.tariro, self.rudo, amount)
        self.assertEqual(Transaction.objects.count(), before)

    def test_house_accounts_and_other_tenants_take_no_part(self) -> None:
        other = Tenant.objects.create(name="Other", slug="other")
        foreign = services.open_wallet(self.rudo.owner, "USD", tenant=other)
        for destination in (foreign, services.house_account(self.tariro)):
            with self.assertRaises(ValueError):
                services.transfer(self.tariro, destination, 1)

    def test_refusals_are_recorded_with_their_reason_and_move_nothing(self) -> None:
        euros = services.open_wallet(self.rudo.owner, "EUR")
        closed = services.open_wallet(User.objects.create_user("+263771000009"), "USD")
        Wallet.objects.filter(pk=closed.pk).update(is_active=False)
        cases = {
            Failure.INSUFFICIENT_FUNDS: lambda: services.transfer(self.tariro, self.rudo, "100.01"),
            Failure.CURRENCY_MISMATCH: lambda: services.transfer(self.tariro, euros, 1),
            Failure.INACTIVE_DESTINATION: lambda: services.deposit(closed, 1),
            Failure.INACTIVE_SOURCE: lambda: services.withdraw(closed, 1),
            Failure.SAME_WALLET: lambda: services.transfer(self.tariro, self.tariro, 1),
            Failure.DESTINATION_FULL: lambda: services.deposit(self.tariro, LARGEST),
        }
        for failure, move in cases.items():
            with self.subTest(failure):
                moved = move()
                self.assertEqual((moved.status, moved.failure_code), ("FAILED", failure))
                self.assertEqual(moved.failure_reason, failure.label)
                self.assertFalse(moved.entries.exists())
        self.assertEqual(balance(self.tariro), Decimal("100.00"))

    def test_refusal_looks_at_the_database_and_not_at_the_callers_copy(self) -> None:
        stale = Wallet.objects.get(pk=self.tariro.pk)
        services.withdraw(self.tariro, 100)
        self.assertEqual(services.transfer(stale, self.rudo, 1).failure_code, Failure.INSUFFICIENT_FUNDS)

    def test_database_refuses_a_negative_balance(self) -> None:
        with self.assertRaises(IntegrityError), transaction.atomic():
            Wallet.objects.filter(pk=self.rudo.pk).update(balance="-0.01")

    def test_database_refuses_a_house_with_a_balance_and_a_wallet_without(self) -> None:
        services.house_account(self.tariro)
        for kind, value in ((Wallet.Kind.HOUSE, 0), (Wallet.Kind.PERSON, None)):
            with self.assertRaises(IntegrityError), transaction.atomic():
                Wallet.objects.filter(kind=kind).update(balance=value)

    def test_wallet_is_opened_once(self) -> None:
        self.assertEqual(services.open_wallet(self.tariro.owner, "USD"), self.tariro)
        with self.assertRaises(ValueError):
            services.open_wallet(self.tariro.owner, "usd")


class IdempotencyTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()
        self.who = {"initiated_by": self.tariro.owner, "idempotency_key": "order-1"}

    def test_repeat_returns_the_first_transaction_and_moves_nothing(self) -> None:
        first = services.transfer(self.tariro, self.rudo, 10, **self.who)
        self.assertEqual(services.transfer(self.tariro, self.rudo, "10.00", **self.who), first)
        self.assertEqual(balance(self.rudo), Decimal("10.00"))

    def test_repeat_of_a_refusal_stays_refused_although_money_came_in(self) -> None:
        first = services.transfer(self.tariro, self.rudo, 101, **self.who)
        services.deposit(self.tariro, 50)
        self.assertEqual(services.transfer(self.tariro, self.rudo, 101, **self.who), first)

    def test_another_movement_under_the_key_is_a_conflict(self) -> None:
        services.transfer(self.tariro, self.rudo, 10, **self.who)
        for move in (
            lambda: services.transfer(self.tariro, self.rudo, 11, **self.who),
            lambda: services.transfer(self.tariro, self.bakery, 10, **self.who),
            lambda: services.withdraw(self.tariro, 10, **self.who),
        ):
            with self.assertRaises(IdempotencyConflict):
                move()

    def test_keys_of_two_initiators_never_meet(self) -> None:
        one, two = (create_service_key(name, ["wallet:cash"])[0] for name in ("one", "two"))
        moved = {
            services.deposit(self.rudo, 1, service_key=one, idempotency_key="1").pk,
            services.deposit(self.rudo, 1, service_key=two, idempotency_key="1").pk,
            services.deposit(self.rudo, 1, initiated_by=self.rudo.owner, idempotency_key="1").pk,
            services.deposit(self.rudo, 1, idempotency_key="1").pk,
        }
        self.assertEqual(len(moved), 4)


class TwoAtOnceTests(People, TransactionTestCase):
    """On PostgreSQL two threads; in-memory SQLite has one writer, there the same runs one after the other."""

    def setUp(self) -> None:
        # Other tests of this kind empty the tables, the default tenant with them.
        Tenant.objects.get_or_create(slug="ovii", defaults={"name": "Ovii"})
        self.open_wallets()

    def together(self, *moves) -> None:
        if connection.vendor == "postgresql":
            ready = threading.Barrier(len(moves))
            threads = [threading.Thread(target=self.run_in_thread, args=(ready, move)) for move in moves]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        else:
            for move in moves:
                move()

    @staticmethod
    def run_in_thread(ready: threading.Barrier, move) -> None:
        try:
            ready.wait()
            move()
        finally:
            connection.close()

    def fresh(self, wallet: Wallet) -> Wallet:
        return Wallet.objects.select_related("owner").get(pk=wallet.pk)

    def test_two_transfers_of_all_the_money_are_one_transfer_and_one_refusal(self) -> None:
        self.together(
            lambda: services.transfer(self.fresh(self.tariro), self.fresh(self.rudo), 100),
            lambda: services.transfer(self.fresh(self.tariro), self.fresh(self.bakery), 100),
        )
        self.assertEqual(Transaction.objects.filter(failure_code=Failure.INSUFFICIENT_FUNDS).count(), 1)
        self.assertEqual(balance(self.tariro), Decimal("0.00"))
        self.assertTrue(books_are_straight())

    def test_transfers_in_both_directions_do_not_wait_for_each_other_for_ever(self) -> None:
        services.deposit(self.rudo, 100)
        there = [lambda: services.transfer(self.fresh(self.tariro), self.fresh(self.rudo), 1)] * 4
        back = [lambda: services.transfer(self.fresh(self.rudo), self.fresh(self.tariro), 1)] * 4
        self.together(*there, *back)
        self.assertEqual((balance(self.tariro), balance(self.rudo)), (Decimal("100.00"), Decimal("100.00")))
        self.assertEqual(Transaction.objects.filter(status="COMPLETED").count(), 10)

    def test_one_key_used_at_once_moves_money_once(self) -> None:
        key = {"initiated_by": self.tariro.owner, "idempotency_key": "same"}
        self.together(
            *[lambda: services.transfer(self.fresh(self.tariro), self.fresh(self.rudo), 30, **key)] * 3,
        )
        self.assertEqual(balance(self.rudo), Decimal("30.00"))


MOVES = st.tuples(
    st.sampled_from(["transfer", "deposit", "withdraw", "pay"]),
    st.sampled_from(["tariro", "rudo"]),
    st.sampled_from(["tariro", "rudo"]),
    st.decimals(min_value="0.01", max_value="150", places=2),
)


class AnySequenceTests(People, PropertyTestCase):
    @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(MOVES, max_size=10))
    def test_any_sequence_of_movements_keeps_the_books_straight(self, moves) -> None:
        self.open_wallets()
        for name, first, second, amount in moves:
            source, destination = getattr(self, first), getattr(self, second)
            if name == "transfer":
                services.transfer(source, destination, amount)
            elif name == "pay":
                services.pay(source, self.bakery, amount)
            else:
                getattr(services, name)(source, amount)
        self.assertTrue(books_are_straight())
