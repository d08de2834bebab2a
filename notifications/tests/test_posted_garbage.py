"""P4: whatever stands where Meta puts its words, no webhook stops the drain."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations.models import PhoneNumber, WebhookEvent, WhatsAppTemplate
from integrations.tests.signed_post import PAYLOADS, encode, payload, signed_post, with_app_secret
from integrations.webhook_inbox import drain
from notifications.models import Contact
from tenants.services import default_tenant

NAMES = sorted(path.stem for path in PAYLOADS.glob("*__*.json") if not path.stem.startswith(("status__", "older__")))
ODD = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["x" * 600, "9" * 400, "ZW." + "9" * 300, "", "\x00", "\ud83d", "NONE", "-1"])
    | st.lists(st.text(max_size=3), max_size=2)
    | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)
)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of everything inside a value that is no container, and of the containers too."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(leaf for key, one in inner for leaf in leaves(one, (*path, key)))]


@st.composite
def spoilt(draw: st.DrawFn) -> Any:
    """A recorded payload with up to three of its values replaced."""
    document = payload(draw(st.sampled_from(NAMES)))
    change = document["entry"][0]["changes"][0]
    for _ in range(draw(st.integers(1, 3))):
        *path, last = draw(st.sampled_from(leaves(change["value"]) or [("value",)]))
        place = change["value"]
        for key in path:
            place = place[key]
        place[last] = draw(ODD)
    return document


@with_app_secret
class PostedGarbageTests(TestCase):
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(spoilt())
    def test_every_spoilt_payload_is_kept_and_drained(self, document: Any) -> None:
        WhatsAppTemplate.objects.create(
            waba_id="102290129340398", name="transaction_received", language="en_US", template_id="1689556908129832"
        )
        PhoneNumber.objects.create(waba_id="102290129340398", phone_number_id="1", display_phone_number="15550783881")
        Contact.objects.create(tenant=default_tenant(), phone="+263771234567")
        self.assertEqual(signed_post(encode(document)).status_code, 200)
        drain()
        self.assertEqual([event.error for event in WebhookEvent.objects.exclude(status="DONE")], [])
