from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import TestCase
from django.urls import reverse

from tenants.models import OperatorAlert
from tenants.services import raise_alert, resolve_alert

LIST = reverse("admin:tenants_operatoralert_changelist")


class AlertAdminTestCase(TestCase):
    def setUp(self) -> None:
        self.operator = get_user_model().objects.create_superuser("+263771000001")
        self.client.force_login(self.operator)
        resolve = {"summary": "Statuses were silent.", "what_to_do": "Look at the webhook."}
        raise_alert("webhooks.silent", **resolve)
        resolve_alert("webhooks.silent")
        refused = {"summary": "Meta refuses the token.", "what_to_do": "Make a new one."}
        self.alert = raise_alert("credentials.rejected", **refused)

    def act(self, name: str, *alerts: OperatorAlert) -> None:
        chosen = [alert.pk for alert in alerts]
        self.client.post(LIST, {"action": name, "_selected_action": chosen})

    def test_the_list_shows_open_ones_first_with_what_to_do(self) -> None:
        page = self.client.get(LIST).content.decode()
        self.assertLess(page.index("Meta refuses the token."), page.index("Statuses were silent."))
        self.assertIn("Make a new one.", page)

    def test_it_is_filtered_by_state(self) -> None:
        page = self.client.get(LIST, {"state": "resolved"})
        self.assertContains(page, "Statuses were silent.")
        self.assertNotContains(page, "Meta refuses the token.")

    def test_an_operator_resolves_and_reopens(self) -> None:
        self.act("resolve_selected", self.alert)
        self.alert.refresh_from_db()
        self.assertEqual(self.alert.resolved_by, "+263771000001")
        self.act("reopen_selected", self.alert)
        self.alert.refresh_from_db()
        self.assertTrue(self.alert.is_open)

    def test_one_alerts_page_has_the_button(self) -> None:
        address = reverse("admin:tenants_operatoralert_change", args=(self.alert.pk,))
        self.assertContains(self.client.get(address), "Resolve</button>")
        switch = reverse("admin:tenants_operatoralert_switch", args=(self.alert.pk,))
        self.assertEqual(self.client.get(switch).status_code, 405)
        self.client.post(switch)
        self.assertContains(self.client.get(address), "Reopen</button>")

    def test_who_may_only_look_cannot_act(self) -> None:
        clerk = get_user_model().objects.create_user("+263771000002", is_staff=True)
        clerk.user_permissions.set(Permission.objects.filter(codename="view_operatoralert"))
        self.client.force_login(clerk)
        self.act("resolve_selected", self.alert)
        self.client.post(reverse("admin:tenants_operatoralert_switch", args=(self.alert.pk,)))
        self.alert.refresh_from_db()
        self.assertTrue(self.alert.is_open)

    def test_the_front_page_says_how_many_are_open(self) -> None:
        index = reverse("admin:index")
        self.assertContains(self.client.get(index), "1 open alert<")
        resolve_alert("credentials.rejected")
        self.assertNotContains(self.client.get(index), "open alert")

    def test_the_front_page_says_nothing_to_who_may_not_see_them(self) -> None:
        clerk = get_user_model().objects.create_user("+263771000002", is_staff=True)
        self.client.force_login(clerk)
        self.assertNotContains(self.client.get(reverse("admin:index")), "open alert")

    def test_health_names_the_open_alert(self) -> None:
        report = self.client.get("/api/v1/whatsapp/health").json()
        self.assertEqual((report["alerts"]["open"], report["status"]), (1, "attention"))
        why = next(one["why"] for one in report["does_not_work"] if one["what"] == "alerts")
        self.assertEqual(why, "Meta refuses the token. Make a new one.")
