"""Meta's own OpenAPI description, where a copy lies beside the project: our payloads against it.

Its slips are mended before: `language.policy` is not required, buttons count from 0, messages are closed as a
whole and not in each half.
"""

from __future__ import annotations

from typing import Any

import yaml
from django.conf import settings
from django.test import SimpleTestCase, TestCase
from openapi_schema_validator import OAS31Validator

from integrations.models import WebhookEvent
from integrations.tests.samples import creations, sends
from integrations.tests.signed_post import encode, signed_post, with_app_secret
from integrations.webhook_inbox import drain
from integrations.whatsapp.webhooks import UnknownChange, parse

DESCRIPTION = settings.BASE_DIR.parent / "shared" / "meta" / "business-messaging-api_v23.0.yaml"


def description() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())
    schemas = document["components"]["schemas"]
    schemas["LanguageObject"]["required"].remove("policy")
    # The pattern there is `^[2-6, 11-14]$`, which refuses the first button.
    schemas["TemplateComponent"]["properties"]["index"] = {"enum": [str(number) for number in range(10)]}
    for kind in ("TextMessage", "TemplateMessage"):
        _close(schemas[kind])
    # Meta's own guides send it; the description knows it for calls only.
    schemas["BaseMessageProperties"]["properties"]["biz_opaque_callback_data"] = {"type": "string", "maxLength": 512}
    return document


def _close(schema: dict[str, Any]) -> None:
    """`additionalProperties: false` inside `allOf` forbids what the other branch allows: close the whole."""
    for branch in schema["allOf"]:
        branch.pop("additionalProperties", None)
    schema["unevaluatedProperties"] = False


# Defined only where there is something to compare with: an absent copy is no skipped test.
if DESCRIPTION.is_file():

    class MetaDescriptionTests(SimpleTestCase):
        @classmethod
        def setUpClass(cls) -> None:
            super().setUpClass()
            cls.document = description()

        def errors(self, reference: dict[str, Any], payload: dict[str, Any]) -> list[str]:
            schema = {**reference, "components": self.document["components"]}
            return [error.message for error in OAS31Validator(schema).iter_errors(payload)]

        def test_every_message_is_one_that_meta_describes(self):
            for name, payload in sends().items():
                kind = "TextMessage" if name == "text" else "TemplateMessage"
                with self.subTest(name):
                    self.assertEqual(self.errors({"$ref": f"#/components/schemas/{kind}"}, payload), [])

        def test_every_template_is_one_that_meta_describes(self):
            path = self.document["paths"]["/{Version}/{WABA-ID}/message_templates"]
            body = path["post"]["requestBody"]["content"]["application/json"]["schema"]
            for name, payload in creations().items():
                with self.subTest(name):
                    self.assertEqual(self.errors(body, payload), [])

    @with_app_secret
    class MetaWebhookExampleTests(TestCase):
        def test_every_example_of_metas_is_kept_and_understood(self):
            operation = description()["paths"]["/whatsapp/webhooks"]["post"]
            examples = operation["requestBody"]["content"]["application/json"]["examples"]
            for name, example in examples.items():
                with self.subTest(name):
                    self.assertEqual(signed_post(example["value"]).status_code, 200)
                    self.assertEqual((drain().done, WebhookEvent.objects.undrained().count()), (1, 0))
                    # Groups are another product: kept and counted.
                    fields = {event.field for event in parse(encode(example["value"])) if _is_unknown(event)}
                    self.assertEqual(fields, {one for one in fields if one.startswith("group_")})
            self.assertGreater(len(examples), 10)


def _is_unknown(event: object) -> bool:
    return isinstance(event, UnknownChange)
