"""What one refusal does to the messages that have not been refused yet."""

from __future__ import annotations

import json
from datetime import timedelta

from django.db.models.functions import Now
from django.test import override_settings
from django.utils import timezone

from integrations.models import PhoneNumber, WhatsAppTemplate
from integrations.number_sync import refresh_numbers
from integrations.services import WhatsAppClient
from integrations.signals import template_status_changed
from integrations.template_refusals import lift
from integrations.template_sync import refresh_statuses
from integrations.tests.graph_server import Reply, graph_error
from integrations.webhook_inbox import drain, store
from integrations.whatsapp.webhooks import TemplateReview
from notifications import tier
from notifications.channels.whatsapp import WhatsAppChannel
from notifications.delivery import deliver
from notifications.models import Blockade, Contact, DeliveryAttempt, DeliveryEvent, Notification
from notifications.receipts import apply_statuses
from notifications.services import notify, retry
from notifications.sweep import sweep
from notifications.tests.outside import NUMBER_ID, PHONE, DeliveryTestCase, approve
from tenants.models import OperatorAlert

BODY = "Deposit of {{1}} is there. Balance {{2}}, reference {{3}}."


class RefusalTestCase(DeliveryTestCase):
    def setUp(self) -> None:
        super().setUp()
        approve()
        tier.forget()

    def several(self, count: int, **changes: object) -> None:
        for n in range(count):
            self.deposit_message(**{"phone_number": f"+26377{1000000 + n}"} | changes)

    def deliver_all(self) -> None:
        """One bell may stop early, on a slow machine or at a limit: that is not the end of it."""
        while deliver():
            pass

    def deliver_quietly(self) -> None:
        with self.assertLogs("notifications"):
            self.deliver_all()

    def open_alerts(self) -> list[str]:
        return list(OperatorAlert.objects.filter(resolved_at=None).values_list("cause", flat=True))

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for status in Notification.objects.values_list("status", flat=True):
            found[status] = found.get(status, 0) + 1
        return found

    def recheck(self) -> None:
        Blockade.objects.update(recheck_at=Now() - timedelta(seconds=1))


@override_settings(DELIVERY_THREADS=1)
class BlockadeTests(RefusalTestCase):
    def refuse(self, code: int = 131042, **error: object) -> None:
        self.meta.handler = lambda request: graph_error(code, **error)

    def accept_again(self) -> None:
        self.meta.handler = self.accept

    def test_after_the_first_refusal_nothing_else_is_sent(self) -> None:
        self.refuse()
        self.several(5)
        self.deliver_quietly()
        self.assertEqual(len(self.meta.requests), 1)
        held = DeliveryAttempt.objects.held().filter(hold="refused")
        self.assertEqual(held.count(), 5)
        self.assertEqual(len(set(held.values_list("hold_ref", flat=True))), 1)
        self.several(1, phone_number="+263772222222")
        self.deliver_quietly()
        self.assertEqual(len(self.meta.requests), 1)
        self.assertIn("Payment failed", Notification.objects.first().error_message)

    def test_the_operator_hears_of_one_cause_once(self) -> None:
        self.refuse()
        self.several(3)
        self.deliver_quietly()
        self.assertEqual(OperatorAlert.objects.count(), 1)
        alert = OperatorAlert.objects.get()
        self.assertEqual((alert.severity, alert.count), ("critical", 1))
        self.assertIn("payment method", alert.what_to_do)

    def test_one_probe_tries_when_its_time_has_come_and_later_each_time(self) -> None:
        self.refuse()
        self.several(3)
        self.deliver_quietly()
        first = Blockade.objects.get().recheck_at
        for probes in (1, 2):
            self.recheck()
            sweep()
            self.deliver_quietly()
            self.assertEqual(len(self.meta.requests), 1 + probes)
            self.assertEqual(Blockade.objects.get().probes, probes)
            self.assertEqual(sweep(), [])
        self.assertGreater(Blockade.objects.get().recheck_at, first + timedelta(minutes=10))

    def test_a_probe_that_succeeds_lets_everything_go(self) -> None:
        self.refuse()
        self.several(4)
        self.deliver_quietly()
        self.accept_again()
        self.recheck()
        sweep()
        with self.captureOnCommitCallbacks(execute=True):
            deliver()
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 4})
        self.assertEqual((Blockade.objects.count(), self.open_alerts()), (0, []))

    def test_other_credentials_let_everything_go_at_once(self) -> None:
        self.refuse(190)
        self.several(4)
        self.deliver_quietly()
        self.accept_again()
        with override_settings(WHATSAPP_ACCESS_TOKEN="EAAnew"):
            self.assertEqual(sweep(), ["transactional"])
            self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 4})
        self.assertEqual((Blockade.objects.count(), self.open_alerts()), (0, []))

    def test_an_operator_may_send_a_probe_now(self) -> None:
        self.refuse()
        self.several(2)
        self.deliver_quietly()
        self.accept_again()
        retry(Notification.objects.last())
        self.deliver_all()
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 2})

    def test_a_refused_number_does_not_stop_another(self) -> None:
        PhoneNumber.objects.create(phone_number_id="777", waba_id="222", status="CONNECTED")
        self.meta.handler = lambda request: (
            graph_error(133010) if f"/{NUMBER_ID}/" in request.path else self.accept(request)
        )
        self.several(2)
        self.several(2, sender="777")
        self.deliver_quietly()
        self.assertEqual(self.states(), {"PENDING": 2, "SENT": 2})
        self.assertEqual(sum(f"/{NUMBER_ID}/" in one.path for one in self.meta.requests), 1)

    def test_a_number_that_is_connected_again_opens_at_once(self) -> None:
        self.refuse(133010)
        self.several(2)
        self.deliver_quietly()
        self.accept_again()
        PhoneNumber.objects.create(phone_number_id=NUMBER_ID, waba_id="222", status="PENDING")
        self.meta.answer(Reply(body={"data": [{"id": NUMBER_ID, "status": "CONNECTED"}]}))
        refresh_numbers(WhatsAppClient())
        self.assertEqual((Blockade.objects.count(), DeliveryAttempt.objects.held().count()), (0, 0))
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 2})

    def test_a_recipient_that_a_test_number_may_not_reach_stops_nobody_else(self) -> None:
        self.meta.handler = lambda request: (
            graph_error(131030) if request.json()["to"] == PHONE else self.accept(request)
        )
        self.deposit_message()
        self.several(2)
        self.deliver_quietly()
        self.assertEqual(self.states(), {"PENDING": 1, "SENT": 2})
        self.assertEqual((Blockade.objects.count(), sweep()), (0, []))

    def test_what_meta_says_by_webhook_alone_closes_too_and_only_a_status_opens_again(self) -> None:
        first = self.deposit_message()
        self.deliver_all()
        failed = self.status(self.one_attempt(first), "failed", errors=({"code": 131042},), timestamp=timezone.now())
        apply_statuses([failed, failed])
        self.several(2)
        self.deliver_quietly()
        self.assertEqual(len(self.sent()), 1)
        self.recheck()
        sweep()
        self.deliver_quietly()
        self.assertEqual((len(self.sent()), Blockade.objects.count()), (2, 1))
        probe = DeliveryAttempt.objects.get(pk=Blockade.objects.get().probe_id)
        apply_statuses([self.status(probe, "delivered", timestamp=timezone.now())])
        self.assertEqual((Blockade.objects.count(), self.open_alerts()), (0, []))
        self.deliver_all()
        self.assertEqual(DeliveryAttempt.objects.held().count(), 0)

    def test_an_old_failure_that_is_replayed_closes_nothing(self) -> None:
        first = self.deposit_message()
        self.deliver_all()
        old = timezone.now() - timedelta(days=1)
        apply_statuses([self.status(self.one_attempt(first), "failed", errors=({"code": 131042},), timestamp=old)])
        self.assertEqual(Blockade.objects.count(), 0)


@override_settings(DELIVERY_THREADS=1)
class TemplateTests(RefusalTestCase):
    def refuse(self, code: int, count: int = 4) -> WhatsAppTemplate:
        self.meta.handler = lambda request: graph_error(code)
        self.several(count)
        self.deliver_quietly()
        self.meta.handler = self.accept
        return WhatsAppTemplate.objects.get(name="deposit_confirmed")

    def listed(self, **changes: object) -> Reply:
        row = {"id": "1", "name": "deposit_confirmed", "language": "en_US", "status": "APPROVED", "category": "UTILITY"}
        return Reply(body={"data": [row | changes]})

    def test_a_pause_marks_the_row_and_holds_all_until_it_is_over(self) -> None:
        row = self.refuse(132015)
        self.assertEqual((row.status, len(self.meta.requests)), ("PAUSED", 1))
        self.assertEqual(DeliveryAttempt.objects.held().filter(hold="template").count(), 4)
        self.assertEqual(self.open_alerts(), ["template.refused:deposit_confirmed:en_US"])
        self.assertEqual(sweep(), [])
        self.meta.answer(self.listed())
        refresh_statuses(WhatsAppClient())
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 4})
        # Of the others Meta's list has none: they are told as deleted.
        self.assertNotIn("template.refused:deposit_confirmed:en_US", self.open_alerts())

    def test_a_mismatch_holds_until_the_text_at_meta_is_another(self) -> None:
        row = self.refuse(132000)
        self.assertEqual((row.status, row.refused_code, len(self.meta.requests)), ("APPROVED", 132000, 1))
        self.meta.answer(self.listed())
        refresh_statuses(WhatsAppClient())
        self.assertEqual(sweep(), [])
        self.meta.answer(self.listed(components=[{"type": "BODY", "text": BODY}]))
        refresh_statuses(WhatsAppClient())
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 4})

    def test_an_operator_may_send_a_refused_template_again(self) -> None:
        self.refuse(132012)
        self.assertEqual(lift(WhatsAppTemplate.objects.all()), 1)
        self.deliver_all()
        self.assertEqual((self.states(), self.open_alerts()), ({"SENT": 4}, []))

    def test_the_operator_hears_what_meta_stops_by_itself(self) -> None:
        told = {"event": "PAUSED", "name": "deposit_confirmed", "language": "en_US", "reason": "FIRST_PAUSE"}
        template_status_changed.send(None, events=[TemplateReview(**told)])
        alert = OperatorAlert.objects.get()
        self.assertIn("is PAUSED at Meta (FIRST_PAUSE)", alert.summary)
        self.assertIn("wait for the end of the pause", alert.what_to_do)
        template_status_changed.send(None, events=[TemplateReview(**told | {"event": "APPROVED"})])
        self.assertEqual(self.open_alerts(), [])

    def test_another_template_goes_on(self) -> None:
        self.refuse(132016)
        values = {"amount_with_currency": "USD 1", "new_balance_with_currency": "USD 2", "transaction_id": "T"}
        notify("x", phone_number=PHONE, template_name="withdrawal_processed", variables=values)
        self.deliver_all()
        self.assertEqual(self.states(), {"PENDING": 4, "SENT": 1})

    def test_paced_messages_that_meta_drops_by_webhook_mark_it_too(self) -> None:
        message = self.deposit_message()
        self.deliver_all()
        failed = self.status(self.one_attempt(message), "failed", errors=({"code": 132015},), timestamp=timezone.now())
        apply_statuses([failed])
        message.refresh_from_db()
        self.assertEqual((message.status, message.attempts.last().hold), ("PENDING", "template"))
        self.assertEqual(WhatsAppTemplate.objects.get(name="deposit_confirmed").status, "PAUSED")

    def test_stored_components_that_take_other_values_hold_before_the_wire(self) -> None:
        row = WhatsAppTemplate.objects.get(name="deposit_confirmed")
        row.components = [{"type": "BODY", "text": "Deposit of {{1}} is there."}]
        row.save()
        self.several(1)
        self.deliver_quietly()
        self.assertEqual(self.sent(), [])
        self.assertIn("takes 1 value(s) for its body", Notification.objects.get().error_message)
        self.assertEqual(sweep(), [])
        row.components = [{"type": "BODY", "text": BODY}]
        row.save()
        self.assertEqual(sweep(), ["transactional"])
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 1})

    def test_a_template_that_names_its_values_gets_names(self) -> None:
        text = "{{amount_with_currency}}, {{new_balance_with_currency}}, {{transaction_id}}"
        WhatsAppTemplate.objects.filter(name="deposit_confirmed").update(components=[{"type": "BODY", "text": text}])
        self.several(1)
        self.deliver_all()
        [component] = self.sent()[0]["template"]["components"]
        names = [one["parameter_name"] for one in component["parameters"]]
        self.assertEqual(names, ["amount_with_currency", "new_balance_with_currency", "transaction_id"])


class PersonTests(RefusalTestCase):
    def failed(self, code: int) -> Contact:
        message = self.deposit_message()
        self.deliver_all()
        self.heard_at = timezone.now()
        failed = self.status(self.one_attempt(message), "failed", errors=({"code": code},), timestamp=self.heard_at)
        apply_statuses([failed])
        return Contact.objects.get()

    def test_somebody_who_is_not_on_whatsapp_is_passed_by_with_bulk_alone(self) -> None:
        self.assertEqual(self.failed(131026).undeliverable_at, self.heard_at)
        bulk, important = self.deposit_message(lane="bulk"), self.deposit_message()
        self.deliver_quietly()
        bulk.refresh_from_db()
        important.refresh_from_db()
        self.assertEqual((bulk.status, important.status), ("SKIPPED", "SENT"))
        self.assertIn("131026", bulk.error_message)

    def test_an_opt_out_at_whatsapp_ends_marketing_whatever_was_agreed(self) -> None:
        contact = self.failed(131050)
        self.assertEqual(contact.marketing_stopped_at, self.heard_at)
        Contact.objects.update(marketing_consent=True, marketing_consent_at=self.heard_at - timedelta(days=1))
        message = notify("x", phone_number=PHONE, template_name="welcome_message", variables={"user_name": "Tariro"})
        self.deliver_quietly()
        message.refresh_from_db()
        self.assertEqual(message.status, "SKIPPED")
        self.assertIn("stopped marketing", message.error_message)

    def test_who_stops_marketing_at_whatsapp_is_remembered_until_they_resume(self) -> None:
        at = int(timezone.now().timestamp())
        for word, stopped in (("stop", True), ("stop", True), ("resume", False)):
            told = {"wa_id": PHONE[1:], "category": "marketing_messages", "value": word, "timestamp": at}
            change = {"field": "user_preferences", "value": {"user_preferences": [told]}}
            store(json.dumps({"entry": [{"id": "222", "changes": [change]}], "n": word}).encode())
            drain()
            contact = Contact.objects.get()
            self.assertEqual((contact.phone, contact.marketing_stopped_at is not None), (PHONE, stopped))

    def test_a_marketing_cap_lasts_a_day(self) -> None:
        self.assertEqual(self.failed(131049).marketing_capped_until, self.heard_at + timedelta(hours=24))

    def test_what_is_known_of_a_contact_is_kept(self) -> None:
        first = self.deposit_message()
        Contact.objects.create(tenant=first.tenant, phone=PHONE, name="Tariro", marketing_consent=True)
        contact = self.failed(131026)
        self.assertEqual((contact.name, contact.marketing_consent), ("Tariro", True))


class NumberTests(RefusalTestCase):
    def listing(self, status: str) -> None:
        self.meta.answer(Reply(body={"data": [{"id": NUMBER_ID, "status": status}]}))
        refresh_numbers(WhatsAppClient())

    def test_a_number_that_is_not_connected_holds_until_the_poll_sees_it_mended(self) -> None:
        self.listing("CONNECTED")
        self.listing("DISCONNECTED")
        self.assertEqual(self.open_alerts(), [f"number.cannot_send:{NUMBER_ID}"])
        self.several(2)
        self.deliver_quietly()
        held = DeliveryAttempt.objects.held().filter(hold="number", hold_ref=NUMBER_ID)
        self.assertEqual((held.count(), sweep()), (2, []))
        self.listing("CONNECTED")
        self.assertEqual((held.count(), self.open_alerts()), (0, []))
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 2})

    def test_one_batch_carries_messages_of_several_numbers(self) -> None:
        for number_id in ("777", "888"):
            PhoneNumber.objects.create(phone_number_id=number_id, waba_id="222", status="CONNECTED")
            self.several(2, sender=number_id)
        self.several(2)
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 6})
        paths = sorted(request.path.split("/")[2] for request in self.meta.requests)
        self.assertEqual(paths, [NUMBER_ID] * 2 + ["777"] * 2 + ["888"] * 2)
        self.assertEqual(set(DeliveryAttempt.objects.values_list("sender", flat=True)), {NUMBER_ID, "777", "888"})

    def test_a_number_of_another_account_is_refused_in_words(self) -> None:
        PhoneNumber.objects.create(phone_number_id="999", waba_id="333", status="CONNECTED")
        self.several(1, sender="999")
        self.deliver_quietly()
        self.assertEqual(self.states(), {"SKIPPED": 1})


class TierTests(RefusalTestCase):
    def setUp(self) -> None:
        super().setUp()
        PhoneNumber.objects.create(
            phone_number_id=NUMBER_ID, waba_id="222", status="CONNECTED", messaging_limit="TIER_50"
        )
        self.addCleanup(tier.forget)

    def test_bulk_stops_short_of_the_daily_limit_and_logins_do_not(self) -> None:
        self.several(60, lane="bulk")
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 47, "PENDING": 13})
        self.assertEqual(DeliveryAttempt.objects.held().filter(hold="tier", hold_ref="TIER_50").count(), 13)
        self.assertEqual(self.open_alerts(), ["tier.reached"])
        self.deposit_message(phone_number="+263772222222")
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 48, "PENDING": 13})
        tier.forget()
        self.assertEqual((tier.people_written_to(), sweep()), (48, []))

    def test_room_lets_go_as_many_as_it_holds(self) -> None:
        self.several(60, lane="bulk")
        self.deliver_all()
        yesterday = timezone.now() - timedelta(hours=25)
        ids = DeliveryAttempt.objects.filter(state="SENT").values_list("pk", flat=True)[:5]
        DeliveryAttempt.objects.filter(pk__in=list(ids)).update(departed_at=yesterday)
        tier.forget()
        self.assertEqual(sweep(), ["bulk"])
        self.deliver_all()
        self.assertEqual(self.states(), {"SENT": 52, "PENDING": 8})
        PhoneNumber.objects.update(messaging_limit="TIER_UNLIMITED")
        sweep()
        self.deliver_all()
        sweep()
        self.assertEqual((self.states(), self.open_alerts()), ({"SENT": 60}, []))

    def test_people_in_an_open_window_do_not_count(self) -> None:
        message = self.deposit_message()
        Contact.objects.create(tenant=message.tenant, phone=PHONE, last_inbound_at=timezone.now())
        self.deliver_all()
        self.assertEqual(tier.people_written_to(), 0)


class StatementTests(RefusalTestCase):
    def test_the_gates_ask_the_database_as_often_for_many_as_for_one(self) -> None:
        def attempts(count: int) -> list[DeliveryAttempt]:
            found = DeliveryAttempt.objects.select_related("notification__tenant", "notification__recipient")
            return list(found.order_by("pk")[:count])

        self.several(30)
        for count in (1, 30):
            rows = attempts(count)
            with self.assertNumQueries(5):
                WhatsAppChannel().prepare(rows)
        self.assertEqual(DeliveryEvent.objects.count(), 0)
