"""Whatever bytes come with a valid signature: kept, answered 200, drained, and nobody else's event is held up."""

from __future__ import annotations

import json
import logging
import os
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from integrations.models import WebhookEvent
from integrations.tests.signed_post import PAYLOADS, payload, signed_post, with_app_secret
from integrations.webhook_inbox import drain

NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(exclude_categories=())),
    st.sampled_from((10**400, -1, "\x00", "\ud800", "9" * 5000, "ZW.1", "263771234567", 1e308, "1760000005")),
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
# `make fuzz` sets it.
EXAMPLES = int(os.environ.get("WEBHOOK_FUZZ_EXAMPLES", "60"))


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value in a JSON document."""
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    return [path, *(place for key, value in inner for place in places(value, (*path, key)))]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A recorded payload in which some values were replaced, removed, repeated or moved a level deeper."""
    document = payload(draw(st.sampled_from(NAMES)))
    for _ in range(draw(st.integers(1, 4))):
        found = [place for place in places(document) if place]
        if not found:
            break
        *way, last = draw(st.sampled_from(found))
        holder = document
        for key in way:
            holder = holder[key]
        match draw(st.sampled_from(("replace", "remove", "repeat", "wrap"))):
            case "replace":
                holder[last] = draw(VALUES)
            case "remove":
                del holder[last]
            case "repeat":
                holder[last] = [holder[last]] * draw(st.integers(0, 3))
            case "wrap":
                holder[last] = {"value": holder[last]}
    text = json.dumps(document)
    # A key that stands twice, and bytes cut off, are beyond what a document can say.
    if draw(st.booleans()):
        text = text.replace('"id":', '"id": 1, "id":', 1)
    return text.encode()[: draw(st.sampled_from((None, None, -1, 40)))]


@with_app_secret
class GarbageTests(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        logging.disable(logging.CRITICAL)
        cls.addClassCleanup(logging.disable, logging.NOTSET)

    def survives(self, body: bytes) -> None:
        WebhookEvent.objects.all().delete()
        self.assertEqual(signed_post(body).status_code, 200)
        self.assertEqual(bytes(WebhookEvent.objects.get().body), body)
        control = signed_post(json.dumps({"control": len(body)}).encode())
        self.assertEqual(control.status_code, 200)
        drain()
        states = list(WebhookEvent.objects.order_by("id").values_list("status", flat=True))
        self.assertNotIn("PENDING", states)
        self.assertEqual(states[-1], "DONE")

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.binary(max_size=300))
    @example(b"[" * 100_000)
    @example(b'{"entry":' * 1500 + b"1" + b"}" * 1500)
    @example(b'{"entry":[{"changes":[{"value":{"statuses":[{"id":"\\ud800","status":"\\u0000"}]}}]}]}')
    @example(b'{"entry":1e999,"entry":-' + b"9" * 5000 + b"}")
    def test_bytes_of_any_kind(self, body: bytes) -> None:
        self.survives(body)

    @settings(max_examples=2 * EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(mutated())
    def test_recorded_payloads_with_anything_changed_in_them(self, body: bytes) -> None:
        self.survives(body)
