"""Meta's own OpenAPI description, where a copy lies beside the project: what the sandbox takes and what it answers.

Its slips are mended before, as far as they concern these calls; it is older than three interactive types, and its
list of numbers knows no CONNECTED.
"""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_schema_validator import OAS31Validator

from sandbox.tests.desk import LOGIN, ORDER, PHONE, Desk, login, order, text_send
from sandbox.tests.test_malformed import EVERYTHING
from sandbox.tests.test_message_types import FILES, ROW, YES, buttons, choices, flow, message
from sandbox.tests.uploading import upload

DESCRIPTION = Path(__file__).parents[3] / "shared" / "meta" / "business-messaging-api_v23.0.yaml"
NUMBER, ACCOUNT = "/{Version}/{Phone-Number-ID}", "/{Version}/{WABA-ID}"
KINDS = ("Text", "Image", "Video", "Audio", "Document", "Sticker", "Location", "Contacts", "Reaction", "Interactive")
#: Examples that need a catalogue, a payment or a template that is not described.
BEYOND = ("Template", "Sample", "Catalog", "Product", "Order", "Test Message", "read receipt")
LINK = "https://ex.example/file"


@cache
def description() -> dict[str, Any]:
    document: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text())
    schemas = document["components"]["schemas"]
    schemas["LanguageObject"]["required"].remove("policy")
    # The pattern there is `^[2-6, 11-14]$`, which refuses the first button.
    schemas["TemplateComponent"]["properties"]["index"] = {"enum": [str(number) for number in range(10)]}
    for kind in (*KINDS, "Template"):
        # `additionalProperties: false` inside `allOf` forbids what the other branch allows: close the whole.
        schema = schemas[f"{kind}Message"]
        for branch in schema["allOf"]:
            branch.pop("additionalProperties", None)
        schema["unevaluatedProperties"] = False
    # Meta's own guides send it; the description knows it for calls only.
    schemas["BaseMessageProperties"]["properties"]["biz_opaque_callback_data"] = {"type": "string", "maxLength": 512}
    return document


def errors(schema: Any, value: Any) -> list[str]:
    whole = {**schema, "components": description()["components"]}
    return [f"{error.json_path}: {error.message[:200]}" for error in OAS31Validator(whole).iter_errors(value)]


def component(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def answer_of(path: str, method: str = "get") -> Any:
    return description()["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]


def examples() -> dict[str, Any]:
    content = description()["paths"][f"{NUMBER}/messages"]["post"]["requestBody"]["content"]["application/json"]
    shown = {name: example["value"] for name, example in content["examples"].items()}
    return {name: value for name, value in shown.items() if not any(word in name for word in BEYOND)}


def filled(example: Any, media: dict[str, str]) -> Any:
    """The example with a person and media in the places of its placeholders, and with the type that two lack."""
    payload = copy.deepcopy(example) | {"to": PHONE}
    payload.setdefault("type", "interactive" if "interactive" in payload else "text")
    content = payload.get(payload["type"], {})
    if payload["type"] in media:
        if "id" in content:
            content["id"] = media[payload["type"]]
        if "link" in content:
            content["link"] = LINK
    return payload


# Collected only where there is something to compare with: an absent copy is no skipped test.
if DESCRIPTION.is_file():
    SENDS = {
        "text": text_send(recipient_type="individual", biz_opaque_callback_data="ord-7"),
        "order": order("Tariro", "A-19", recipient_type="individual"),
        "login": login(recipient_type="individual"),
        "buttons": buttons(YES) | {"recipient_type": "individual"},
        "list": choices(ROW) | {"recipient_type": "individual"},
        "flow": flow() | {"recipient_type": "individual"},
        "place": message("location", {"latitude": "-17.8", "longitude": "31.05"}, recipient_type="individual"),
        **{kind: message(kind, {"link": LINK}, recipient_type="individual") for kind in FILES},
    }

    @pytest.mark.parametrize("payload", SENDS.values(), ids=SENDS)
    def test_accepted_message_is_one_that_meta_describes(desk: Desk, payload: Any) -> None:
        desk.approved(ORDER, LOGIN)
        assert desk.send(payload).status == 200
        assert errors(component(f"{payload['type'].title()}Message"), payload) == []

    @pytest.mark.parametrize("name", examples())
    def test_message_that_meta_shows_is_accepted(desk: Desk, name: str) -> None:
        media = {kind: upload(desk, content, mime).json["id"] for kind, (mime, content) in FILES.items()}
        assert desk.send(filled(examples()[name], media)).status == 200

    @pytest.mark.parametrize("template", [ORDER, LOGIN, EVERYTHING], ids=["order", "login", "everything"])
    def test_created_template_is_one_that_meta_describes(desk: Desk, template: Any) -> None:
        path = f"{ACCOUNT}/message_templates"
        request = description()["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        assert errors(request, template) == []
        answer = desk.create(template)
        assert answer.status == 200
        assert errors(answer_of(path, "post"), answer.json) == []
        assert errors(answer_of(path), desk.get(f"/v25.0/{desk.options.waba_id}/message_templates")) == []

    def test_answers_are_as_meta_describes_them(desk: Desk) -> None:
        number, account = f"/v25.0/{desk.options.phone_number_id}", f"/v25.0/{desk.options.waba_id}"
        assert errors(answer_of(f"{NUMBER}/messages", "post"), desk.send(text_send()).json) == []
        assert errors(answer_of(NUMBER), desk.get(number)) == []
        assert errors(answer_of(f"{NUMBER}/message_history"), desk.get(f"{number}/message_history")) == []
        assert errors(answer_of(f"{ACCOUNT}/subscribed_apps"), desk.get(f"{account}/subscribed_apps")) == []
        assert errors(answer_of(f"{NUMBER}/media", "post"), upload(desk, b"%PDF", "application/pdf").json) == []

    def test_errors_are_as_meta_describes_them(desk: Desk) -> None:
        for answer in (desk.send({}), desk.call("GET", "/v25.0/999"), desk.create(ORDER | {"components": [{}]})):
            assert errors(component("GraphAPIError"), answer.json) == []
