from __future__ import annotations

import copy
from typing import Any

import pytest

from sandbox.tests.desk import BODY, LOGIN, ORDER, PHONE, Answer, Desk, login, order, until

ACCOUNT = "/v25.0/102290129340398"
TEMPLATES = f"{ACCOUNT}/message_templates"
PREVIEWS = f"{ACCOUNT}/message_template_previews"
ALWAYS = "start=0&end=9999999999"


def wish(*languages: str, **more: Any) -> dict[str, Any]:
    """Authentication templates in several languages; their buttons have no words of their own."""
    components = copy.deepcopy(LOGIN["components"])
    del components[2]["buttons"][0]["text"]
    return {
        "name": "login_code",
        "category": "AUTHENTICATION",
        "languages": list(languages),
        "components": components,
        **more,
    }


def upsert(desk: Desk, *languages: str, **more: Any) -> Answer:
    return desk.call("POST", f"{ACCOUNT}/upsert_message_templates", wish(*languages, **more))


def names(desk: Desk, query: str) -> list[str]:
    return [template["name"] for template in desk.get(f"{TEMPLATES}?fields=name&{query}")["data"]]


def test_upsert_makes_one_template_for_each_language(desk: Desk) -> None:
    made = upsert(desk, "en_US", "es").json["data"]
    assert [template["language"] for template in made] == ["en_US", "es"]
    until(lambda: names(desk, "status=APPROVED") == ["login_code"] * 2)
    spanish = desk.get(f"/v25.0/{made[1]['id']}")["components"]
    assert spanish[0]["text"] == "Tu código de verificación es *{{1}}*. Por tu seguridad, no lo compartas."
    assert spanish[1]["text"] == "Este código caduca en 5 minutos."
    assert spanish[2]["buttons"][0]["text"] == "Copiar código"
    payload = login()
    payload["template"]["language"]["code"] = "es"
    assert desk.send(payload).status == 200


def test_upsert_updates_the_languages_that_are_there(desk: Desk) -> None:
    first = upsert(desk, "en_US").json["data"][0]["id"]
    until(lambda: names(desk, "status=APPROVED"))
    second = upsert(desk, "en_US", "fr", message_send_ttl_seconds=60).json["data"]
    assert second[0]["id"] == first
    assert desk.get(f"/v25.0/{first}?fields=message_send_ttl_seconds")["message_send_ttl_seconds"] == 60
    assert len(names(desk, "")) == 2


def test_upsert_takes_all_languages_or_none(desk: Desk) -> None:
    assert upsert(desk, "en_US", "sn").error["code"] == 100
    assert names(desk, "") == []


def test_upsert_leaves_templates_of_other_categories_alone(desk: Desk) -> None:
    desk.approved(ORDER | {"name": "login_code"})
    assert upsert(desk, "es", "en_US").error["code"] == 100
    assert desk.get(f"{TEMPLATES}?fields=category")["data"][0]["category"] == "UTILITY"
    assert len(names(desk, "")) == 1


def test_upsert_is_for_authentication_alone(desk: Desk) -> None:
    assert upsert(desk, "en_US", category="UTILITY").error["code"] == 100


def test_previews_show_metas_words(desk: Desk) -> None:
    options = "add_security_recommendation=true&code_expiration_minutes=10&button_types=OTP"
    seen = desk.get(f"{PREVIEWS}?category=AUTHENTICATION&languages=en_US,es&{options}")["data"]
    assert seen[0] == {
        "language": "en_US",
        "body": "*{{1}}* is your verification code. For your security, do not share this code.",
        "footer": "This code expires in 10 minutes.",
        "buttons": [{"text": "Copy code"}],
    }
    assert seen[1]["buttons"] == [{"text": "Copiar código"}]


def test_previews_without_options_are_short_and_in_all_languages(desk: Desk) -> None:
    seen = desk.get(f"{PREVIEWS}?category=AUTHENTICATION")["data"]
    assert len(seen) > 70
    assert all("footer" not in preview for preview in seen)


@pytest.mark.parametrize("query", ["category=UTILITY", "category=AUTHENTICATION&languages=sn"])
def test_previews_of_what_is_not_there_are_refused(desk: Desk, query: str) -> None:
    assert desk.call("GET", f"{PREVIEWS}?{query}").error["code"] == 100


def test_comparison_counts_sends_and_ranks_by_blocks(desk: Desk) -> None:
    desk.approved(ORDER, LOGIN)
    ids = {template["name"]: template["id"] for template in desk.get(f"{TEMPLATES}?fields=name")["data"]}
    order_id, login_id = ids["order_update"], ids["login_code"]
    for payload in (order("Tariro", "A-19"), order("Tariro", "A-20"), login(to="+263770000001")):
        assert desk.send(payload).status == 200
    desk.control(f"people/{PHONE}", {"blocked": True})
    blocks, sends, reasons = desk.get(f"/v25.0/{order_id}/compare?template_ids=[{login_id}]&{ALWAYS}")["data"]
    assert blocks["order_by_relative_metric"] == [login_id, order_id]
    assert sends["number_values"] == [{"key": order_id, "value": 2}, {"key": login_id, "value": 1}]
    assert {reason["value"] for reason in reasons["string_values"]} == {"UNKNOWN_BLOCK_REASON"}
    early = desk.get(f"/v25.0/{order_id}/compare?template_ids=[{login_id}]&start=0&end=1")["data"][1]
    assert {count["value"] for count in early["number_values"]} == {0}


@pytest.mark.parametrize("query", [ALWAYS, "template_ids=[7]&start=0&end=1", "template_ids={own}&start=0&end=1"])
def test_comparison_needs_one_other_template_and_a_period(desk: Desk, query: str) -> None:
    own = desk.create(ORDER).json["id"]
    assert desk.call("GET", f"/v25.0/{own}/compare?{query.format(own=own)}").error["code"] == 100


def test_archived_template_sends_nothing_until_it_is_taken_out_again(desk: Desk) -> None:
    desk.approved(ORDER)
    (template,) = desk.get(f"{TEMPLATES}?fields=id")["data"]
    answer = desk.call("POST", f"{TEMPLATES}/archive", {"hsm_ids": template["id"]})
    assert answer.json == {"archived_templates": [template["id"]], "failed_templates": {}}
    assert names(desk, "status=ARCHIVED") == ["order_update"]
    assert desk.send(order("Tariro", "A-19")).error["code"] == 132001
    answer = desk.call("POST", f"{TEMPLATES}/unarchive", {"hsm_ids": template["id"]})
    assert answer.json == {"unarchived_templates": [template["id"]], "failed_templates": {}}
    assert desk.send(order("Tariro", "A-19")).status == 200
    assert desk.call("POST", f"{TEMPLATES}/unarchive", {"hsm_ids": template["id"]}).error["code"] == 100


@pytest.fixture
def many(desk: Desk) -> Desk:
    desk.approved(
        LOGIN,
        *(ORDER | {"name": f"order_{place}"} for place in range(4)),
        ORDER | {"name": "offer", "category": "MARKETING", "language": "en"},
    )
    desk.control("templates/order_3/reject")
    desk.control("templates/order_2/quality", {"score": "GREEN"})
    return desk


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=REJECTED", ["order_3"]),
        ("status=REJECTED,PENDING", ["order_3"]),
        ('status=["REJECTED"]', ["order_3"]),
        ("category=MARKETING", ["offer"]),
        ("language=en", ["offer"]),
        ("quality_score=GREEN", ["order_2"]),
        ("name=order_1", ["order_1"]),
        ("name=order&status=APPROVED", ["order_0", "order_1", "order_2"]),
        ("content=verification", ["login_code"]),
        ("name_or_content=VERIFICATION", ["login_code"]),
        ("name_or_content=offer", ["offer"]),
        ("name=nothing", []),
    ],
)
def test_list_is_filtered(many: Desk, query: str, found: list[str]) -> None:
    assert names(many, query.replace('"', "%22")) == found


def test_summary_counts_all_templates(many: Desk) -> None:
    seen = many.get(f"{TEMPLATES}?limit=1&summary=message_template_count,message_template_limit")
    assert seen["summary"] == {"message_template_count": 6, "message_template_limit": 6000}
    assert len(seen["data"]) == 1


def test_pages_lead_forward_and_back_with_the_same_filters(many: Desk) -> None:
    seen, path = [], f"{TEMPLATES}?fields=name&limit=2&status=APPROVED"
    while path:
        page = many.get(path)
        seen += [template["name"] for template in page["data"]]
        path = page["paging"].get("next", "").removeprefix(many.server.url)
    assert seen == ["login_code", "order_0", "order_1", "order_2", "offer"]
    back = many.get(page["paging"]["previous"].removeprefix(many.server.url))
    assert [template["name"] for template in back["data"]] == ["order_1", "order_2"]
    assert many.options.access_token not in str(page["paging"])


def test_page_has_twenty_five_unless_it_is_told(desk: Desk) -> None:
    for place in range(26):
        desk.create(ORDER | {"name": f"order_{place}"})
    assert len(desk.get(TEMPLATES)["data"]) == 25


def test_list_shows_the_fields_that_are_asked_for_and_else_the_usual(desk: Desk) -> None:
    extra = {"sub_category": "ORDER_STATUS", "cta_url_link_tracking_opted_out": True}
    desk.create(ORDER | extra)
    (usual,) = desk.get(TEMPLATES)["data"]
    assert set(usual) == {"name", "parameter_format", "components", "language", "status", "category", "id"}
    assert usual["components"] == [BODY]
    (asked,) = desk.get(f"{TEMPLATES}?fields=sub_category,cta_url_link_tracking_opted_out")["data"]
    assert asked == {"id": usual["id"], **extra}
