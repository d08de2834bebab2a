from __future__ import annotations

from decimal import Decimal

from django.test import TestCase
from django.urls import reverse

from tenants.models import Tenant
from users.models import User
from users.service_keys import create_service_key
from wallets import services
from wallets.models import Transaction, Wallet
from wallets.tests.people import People, balance


class WalletApiTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()
        self.client.force_login(self.tariro.owner)

    def post(self, movement: str, headers: dict[str, str] | None = None, **body: object):
        return self.client.post(f"/api/wallets/{movement}/", body, "application/json", headers=headers or {})

    def transfer(self, headers: dict[str, str] | None = None, **changed: object):
        body = {"wallet": self.tariro.pk, "phone_number": "077 100 0002", "amount": "25.00"}
        return self.post("transfer", headers, **body | changed)

    def test_caller_sees_own_wallets_alone(self) -> None:
        self.assertEqual(
            self.client.get("/api/wallets/").json(),
            [
                {
                    "id": self.tariro.pk,
                    "kind": "PERSON",
                    "name": "Tariro",
                    "currency": "USD",
                    "balance": "100.00",
                    "is_active": True,
                }
            ],
        )

    def test_history_is_newest_first_and_paged(self) -> None:
        services.transfer(self.tariro, self.rudo, 25, note="lunch")
        page = self.client.get(f"/api/wallets/{self.tariro.pk}/history/").json()
        self.assertEqual([line["amount"] for line in page["results"]], ["-25.00", "100.00"])
        self.assertEqual([line["counterparty"] for line in page["results"]], ["Rudo", "Cash"])
        self.assertEqual(page["results"][0]["note"], "lunch")
        self.assertIn("next", page)

    def test_foreign_and_missing_wallets_are_alike(self) -> None:
        for pk in (self.rudo.pk, 999999, 10**30):
            self.assertEqual(self.client.get(f"/api/wallets/{pk}/history/").status_code, 404)
            self.assertEqual(self.transfer(wallet=pk).json()["code"], "no_such_wallet")
        self.assertEqual(balance(self.rudo), Decimal("0.00"))

    def test_transfer_by_phone_number(self) -> None:
        answer = self.transfer(note="lunch")
        self.assertEqual(answer.status_code, 201)
        moved = Transaction.objects.get(reference=answer.json()["reference"])
        self.assertEqual((moved.initiated_by, moved.note), (self.tariro.owner, "lunch"))
        self.assertEqual((answer.json()["status"], answer.json()["amount"]), ("COMPLETED", "25.00"))
        self.assertEqual(balance(self.rudo), Decimal("25.00"))

    def test_refused_transfer_answers_422_with_transaction_and_reason(self) -> None:
        answer = self.transfer(amount="1000")
        self.assertEqual((answer.status_code, answer.json()["code"]), (422, "insufficient_funds"))
        self.assertEqual(answer.json()["detail"], "Nothing was moved: the balance is not sufficient.")
        self.assertEqual(answer.json()["transaction"]["status"], "FAILED")

    def test_same_key_answers_the_same_and_another_body_conflicts(self) -> None:
        key = {"Idempotency-Key": "order-1"}
        self.assertEqual(self.transfer(key).json(), self.transfer(key).json())
        self.assertEqual(balance(self.rudo), Decimal("25.00"))
        conflict = self.transfer(key, amount="26.00")
        self.assertEqual((conflict.status_code, conflict.json()["code"]), (409, "idempotency_conflict"))
        self.assertEqual(self.transfer({"Idempotency-Key": "x" * 201}).status_code, 400)

    def test_what_is_no_transfer_is_answered_with_400_and_words(self) -> None:
        cases = {
            "amount": ("0", "-1", "1.001", "NaN", "x", "1000000000000", 12.5, None),
            "phone_number": ("12", ""),
            "wallet": ("x",),
        }
        for field, values in cases.items():
            for value in values:
                with self.subTest(field=field, value=value):
                    answer = self.transfer(**{field: value})
                    self.assertEqual(answer.status_code, 400)
                    self.assertTrue(answer.json()["detail"])

    def test_phone_without_a_wallet_of_the_currency_is_404(self) -> None:
        for phone in ("+263771999999", "+263771000003"):
            self.assertEqual(self.transfer(phone_number=phone).status_code, 404)

    def test_merchant_is_paid_and_a_person_is_no_merchant(self) -> None:
        body = {"wallet": self.tariro.pk, "amount": "3.20"}
        self.assertEqual(self.post("pay", merchant=self.bakery.pk, **body).status_code, 201)
        self.assertEqual(self.post("pay", merchant=self.rudo.pk, **body).status_code, 404)
        self.assertEqual(balance(self.bakery), Decimal("3.20"))

    def test_cash_is_closed_to_people_and_open_to_staff(self) -> None:
        body = {"wallet": self.rudo.pk, "amount": "5.00"}
        self.assertEqual(self.post("deposit", **body).status_code, 403)
        self.assertEqual(self.post("withdraw", **body).status_code, 403)
        self.client.force_login(User.objects.create_user("+263771000010", is_staff=True))
        self.assertEqual(self.post("deposit", **body).status_code, 201)
        self.assertEqual(self.post("withdraw", **body).status_code, 201)
        self.assertEqual(self.post("withdraw", **body).status_code, 422)

    def test_nothing_is_open_to_strangers(self) -> None:
        self.client.logout()
        self.assertIn(self.client.get("/api/wallets/").status_code, (401, 403))
        for movement in ("transfer", "pay", "deposit", "withdraw"):
            self.assertIn(self.post(movement).status_code, (401, 403))


class ServiceKeyCashTests(People, TestCase):
    def setUp(self) -> None:
        self.open_wallets()

    def deposit(self, key: str, wallet: Wallet):
        body = {"wallet": wallet.pk, "amount": "5.00"}
        return self.client.post("/api/wallets/deposit/", body, "application/json", headers={"X-API-Key": key})

    def test_key_with_the_scope_books_cash_and_is_recorded(self) -> None:
        key, text = create_service_key("till", ["wallet:cash"])
        answer = self.deposit(text, self.rudo)
        self.assertEqual(answer.status_code, 201)
        self.assertEqual(Transaction.objects.get(reference=answer.json()["reference"]).service_key, key)

    def test_key_without_the_scope_and_of_another_tenant_books_nothing(self) -> None:
        _, narrow = create_service_key("events", ["events:write"])
        other = Tenant.objects.create(name="Other", slug="other")
        _, foreign = create_service_key("till", ["wallet:cash"], tenant=other)
        self.assertEqual(self.deposit(narrow, self.rudo).status_code, 403)
        self.assertEqual(self.deposit(foreign, self.rudo).status_code, 404)
        self.assertEqual(balance(self.rudo), Decimal("0.00"))


class WalletAdminTests(People, TestCase):
    def test_money_is_shown_and_cannot_be_edited(self) -> None:
        self.open_wallets()
        moved = services.transfer(self.tariro, self.rudo, 25)
        self.client.force_login(User.objects.create_superuser("+263771000011"))
        self.assertContains(self.client.get(reverse("admin:wallets_transaction_changelist")), moved.reference)
        page = self.client.get(reverse("admin:wallets_transaction_change", args=[moved.pk]))
        self.assertContains(page, "-25.00")
        self.assertNotContains(page, 'name="_save"')
        self.assertContains(self.client.get(reverse("admin:wallets_wallet_changelist")), "75.00")
        self.assertEqual(self.client.get(reverse("admin:wallets_wallet_add")).status_code, 403)

    def test_operator_switches_a_wallet_off_and_its_balance_stays(self) -> None:
        self.open_wallets()
        self.client.force_login(User.objects.create_superuser("+263771000011"))
        page = reverse("admin:wallets_wallet_changelist")
        self.client.post(page, {"action": "deactivate", "_selected_action": [self.tariro.pk]})
        refused = services.withdraw(self.tariro, 1)
        self.assertEqual(refused.failure_code, Transaction.Failure.INACTIVE_SOURCE)
        self.assertEqual(balance(self.tariro), Decimal("100.00"))
