"""What we say to Meta, against closed JSON schemas."""

from __future__ import annotations

import copy
import json
from typing import Any

from django.conf import settings
from django.test import SimpleTestCase
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from integrations.tests.samples import creations, sends

SCHEMAS = settings.BASE_DIR / "sandbox" / "schemas"


def validator(name: str) -> Draft202012Validator:
    documents = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    registry = Registry().with_resources((key, Resource.from_contents(document)) for key, document in documents.items())
    return Draft202012Validator(documents[name], registry=registry)


class SchemaTests(SimpleTestCase):
    def assertValid(self, schema: str, payload: Any) -> None:
        self.assertEqual([error.message for error in validator(schema).iter_errors(payload)], [])

    def assertInvalid(self, schema: str, payload: Any) -> None:
        self.assertFalse(validator(schema).is_valid(payload))

    def test_every_template_is_submitted_as_meta_takes_it(self):
        for name, payload in creations().items():
            with self.subTest(name):
                self.assertValid("template_create.json", payload)

    def test_every_message_is_sent_as_meta_takes_it(self):
        for name, payload in sends().items():
            with self.subTest(name):
                self.assertValid("message_send.json", payload)

    def test_schemas_refuse_what_meta_does_not_know(self):
        for schema, payloads in (("template_create.json", creations()), ("message_send.json", sends())):
            for payload in payloads.values():
                self.assertInvalid(schema, payload | {"colour": "red"})

    def test_code_template_with_text_of_its_own_is_refused(self):
        payload = copy.deepcopy(creations()["otp_verification"])
        payload["components"][0]["text"] = "Your code is {{1}}, do not share it."
        self.assertInvalid("template_create.json", payload)
