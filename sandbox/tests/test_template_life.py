"""What happens to templates over time; the clock moves by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.tests.desk import BODY, LOGIN, ORDER, Answer, Desk, Receiver, order, running, until

TEMPLATES = "/v25.0/102290129340398/message_templates"
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture(scope="module")
def slow() -> Iterator[Desk]:
    with running(clock="manual", review_seconds=60.0) as desk:
        yield desk


@pytest.fixture
def still(slow: Desk, receiver: Receiver) -> Desk:
    slow.control("reset")
    slow.control("webhook", {"url": receiver.url})
    return slow


def passes(desk: Desk, seconds: float) -> None:
    desk.control("clock", {"advance": seconds})


def approved(desk: Desk, template: Any = ORDER) -> str:
    """The path of a template that was created and approved."""
    template_id = desk.create(template).json["id"]
    passes(desk, 60)
    assert desk.get(f"/v25.0/{template_id}")["status"] == "APPROVED"
    return f"/v25.0/{template_id}"


def field(desk: Desk, path: str, name: str) -> Any:
    return desk.get(f"{path}?fields={name}").get(name)


def edit(desk: Desk, path: str, **changes: Any) -> Answer:
    return desk.call("POST", path, changes or {"components": [BODY]})


def told(receiver: Receiver, field_name: str, count: int = 1) -> list[Any]:
    def found() -> list[Any]:
        changes = [change for body in receiver.bodies for change in body["entry"][0]["changes"]]
        return [change["value"] for change in changes if change["field"] == field_name]

    until(lambda: len(found()) >= count)
    return found()


def test_template_waits_for_its_review(still: Desk) -> None:
    path = f"/v25.0/{still.create(ORDER).json['id']}"
    passes(still, 59)
    assert field(still, path, "status") == "PENDING"
    assert still.send(order("Tariro", "A-19")).error["code"] == 132001
    passes(still, 1)
    assert field(still, path, "status") == "APPROVED"


@pytest.mark.parametrize(
    ("name", "text", "samples", "button"),
    [
        ("adjacent", "Hello {{1}} {{2}}, your order left our store today and will be with you soon.", ["a", "b"], None),
        ("gaps", "Hello and thank you.\n\n\nYour order left our store today.", [], None),
        ("emoji", "Hello " + "🎉" * 11, [], None),
        ("unsafe", "Your order left our store today.", [], {"type": "URL", "text": "Go", "url": "http://ex.example"}),
    ],
    ids=lambda value: value if isinstance(value, str) and value.isalpha() else "",
)
def test_review_finds_what_creation_lets_pass(
    still: Desk, receiver: Receiver, name: str, text: str, samples: list[str], button: Any
) -> None:
    body: dict[str, Any] = {"type": "BODY", "text": text}
    if samples:
        body["example"] = {"body_text": [samples]}
    buttons = [{"type": "BUTTONS", "buttons": [button]}] if button else []
    template_id = still.create(ORDER | {"name": name, "components": [body, *buttons]}).json["id"]
    passes(still, 60)
    assert field(still, f"/v25.0/{template_id}", "rejected_reason") == "INVALID_FORMAT"
    (review,) = told(receiver, "message_template_status_update")
    assert (review["event"], review["reason"]) == ("REJECTED", "INVALID_FORMAT")
    assert review["rejection_info"]["reason"] == "INVALID_FORMAT"


@pytest.mark.parametrize(
    "reason", ["ABUSIVE_CONTENT", "INCORRECT_CATEGORY", "INVALID_FORMAT", "PROMOTIONAL", "SCAM", "TAG_CONTENT_MISMATCH"]
)
def test_each_reason_of_a_rejection_is_read_and_told(still: Desk, receiver: Receiver, reason: str) -> None:
    path = approved(still)
    still.control("templates/order_update/reject", {"reason": reason})
    assert (field(still, path, "status"), field(still, path, "rejected_reason")) == ("REJECTED", reason)
    assert told(receiver, "message_template_status_update", 2)[1]["reason"] == reason


def test_rejected_template_is_edited_as_often_as_it_takes(still: Desk) -> None:
    path = approved(still)
    for _ in range(12):
        still.control("templates/order_update/reject")
        assert edit(still, path).status == 200
    assert field(still, path, "rejected_reason") == "NONE"


def test_approved_template_is_edited_once_a_day_and_ten_times_in_thirty_days(still: Desk) -> None:
    path = approved(still)
    for _ in range(10):
        assert edit(still, path).json == {
            "success": True,
            "id": path.rpartition("/")[2],
            "name": "order_update",
            "category": "UTILITY",
        }
        passes(still, 60)
        assert edit(still, path).error["error_subcode"] == 2388007
        passes(still, DAY - 60)
    assert edit(still, path).error["error_subcode"] == 2388007
    passes(still, 20 * DAY)
    assert edit(still, path).status == 200


def test_edit_is_reviewed_again_and_replaces_the_components(still: Desk) -> None:
    path = approved(still)
    body = {"type": "BODY", "text": "Your order left our store today. Thank you for shopping with us."}
    assert edit(still, path, components=[body]).status == 200
    assert field(still, path, "status") == "PENDING"
    passes(still, 60)
    assert still.send(order()).status == 200
    assert field(still, path, "components") == [body]


def test_edit_that_creation_would_refuse_changes_nothing(still: Desk) -> None:
    path = approved(still)
    before = still.get(path)
    assert edit(still, path, components=[{"type": "BODY", "text": "{{1}}"}]).error["error_subcode"] == 2388299
    assert edit(still, path, message_send_ttl_seconds=1).error["code"] == 100
    assert edit(still, path, name="other").error["code"] == 100
    assert still.get(path) == before


def test_template_in_review_is_not_edited(still: Desk) -> None:
    path = f"/v25.0/{still.create(ORDER).json['id']}"
    assert edit(still, path).error["error_subcode"] == 2388006


def test_rejected_template_may_move_to_another_category(still: Desk) -> None:
    path = approved(still)
    still.control("templates/order_update/reject")
    assert edit(still, path, category="MARKETING").json["category"] == "MARKETING"
    still.control("templates/order_update/reject")
    assert (
        edit(still, path, category="AUTHENTICATION").error["message"] == "(#100) The parameter components is required."
    )


def test_name_of_a_deleted_template_is_locked_for_thirty_days_in_its_language(still: Desk) -> None:
    path = approved(still)
    assert still.call("DELETE", f"{TEMPLATES}?name=order_update&hsm_id={path.rpartition('/')[2]}").status == 200
    assert still.create(ORDER | {"language": "en_GB"}).status == 200
    passes(still, 30 * DAY - 1)
    assert still.create(ORDER).error["error_subcode"] == 2388023
    passes(still, 1)
    assert still.create(ORDER).status == 200


def test_name_that_was_never_approved_is_free_at_once(still: Desk) -> None:
    still.create(ORDER)
    assert still.call("DELETE", f"{TEMPLATES}?name=order_update").status == 200
    assert still.create(ORDER).status == 200


def test_deletion_by_ids_takes_all_or_none(still: Desk) -> None:
    ids = [still.create(ORDER | {"name": f"order_{place}"}).json["id"] for place in range(2)]
    assert still.call("DELETE", f"{TEMPLATES}?hsm_ids=[{ids[0]},7]").status == 404
    assert len(still.get(TEMPLATES)["data"]) == 2
    assert still.call("DELETE", f"{TEMPLATES}?hsm_ids=[{','.join(ids)}]").json == {"success": True}
    assert still.get(TEMPLATES)["data"] == []


def test_deletion_is_told_without_a_reason(still: Desk, receiver: Receiver) -> None:
    approved(still)
    still.call("DELETE", f"{TEMPLATES}?name=order_update")
    deleted = told(receiver, "message_template_status_update", 2)[1]
    assert (deleted["event"], deleted["reason"]) == ("DELETED", None)


def test_pauses_last_three_and_six_hours_and_the_third_disables(still: Desk, receiver: Receiver) -> None:
    path = approved(still)
    for hours in (3, 6):
        still.control("templates/order_update/pause")
        passes(still, hours * HOUR - 1)
        assert field(still, path, "status") == "PAUSED"
        assert still.send(order("Tariro", "A-19")).error["code"] == 132015
        passes(still, 1)
        assert field(still, path, "status") == "APPROVED"
    still.control("templates/order_update/pause")
    assert still.send(order("Tariro", "A-19")).error["code"] == 132016
    reviews = told(receiver, "message_template_status_update", 6)
    assert [review["event"] for review in reviews[1:]] == ["PAUSED", "APPROVED", "PAUSED", "APPROVED", "DISABLED"]
    titles = [review["other_info"]["title"] for review in reviews[1:]]
    assert titles == ["FIRST_PAUSE", "UNPAUSE", "SECOND_PAUSE", "UNPAUSE", "DISABLED"]
    assert reviews[-1]["disable_info"]["disable_date"].isdecimal()


def test_deleted_template_does_not_come_back_when_its_pause_ends(still: Desk, receiver: Receiver) -> None:
    approved(still)
    still.control("templates/order_update/pause")
    still.call("DELETE", f"{TEMPLATES}?name=order_update")
    passes(still, 4 * HOUR)
    still.create(ORDER | {"name": "other"})
    passes(still, 60)
    events = [review["event"] for review in told(receiver, "message_template_status_update", 4)]
    assert events == ["APPROVED", "PAUSED", "DELETED", "APPROVED"]


def test_pause_is_lifted_after_five_minutes_at_the_earliest(still: Desk) -> None:
    path = approved(still)
    assert still.call("POST", f"{path}/unpause").json == {"success": False, "reason": "The template is not paused."}
    still.control("templates/order_update/pause")
    assert still.call("POST", f"{path}/unpause").json["success"] is False
    passes(still, 300)
    assert still.call("POST", f"{path}/unpause").json == {"success": True}
    assert field(still, path, "status") == "APPROVED"


def test_change_of_category_is_announced_a_day_before(still: Desk, receiver: Receiver) -> None:
    path = approved(still)
    still.control("templates/order_update/category", {"category": "MARKETING", "announced": True})
    assert field(still, path, "correct_category") == "MARKETING"
    passes(still, DAY - 1)
    assert field(still, path, "category") == "UTILITY"
    passes(still, 1)
    assert (field(still, path, "category"), field(still, path, "previous_category")) == ("MARKETING", "UTILITY")
    assert field(still, path, "correct_category") is None
    coming, done = told(receiver, "template_category_update", 2)
    assert (coming["new_category"], coming["correct_category"]) == ("UTILITY", "MARKETING")
    assert (done["previous_category"], done["new_category"]) == ("UTILITY", "MARKETING")


def test_change_of_category_may_come_at_once(still: Desk, receiver: Receiver) -> None:
    path = approved(still)
    still.control("templates/order_update/category", {"category": "MARKETING"})
    assert field(still, path, "category") == "MARKETING"
    (done,) = told(receiver, "template_category_update")
    assert "correct_category" not in done


def test_quality_and_warning_are_told_and_the_template_still_sends(still: Desk, receiver: Receiver) -> None:
    path = approved(still)
    still.control("templates/order_update/quality", {"score": "RED"})
    still.control("templates/order_update/flag")
    assert field(still, path, "quality_score")["score"] == "RED"
    (quality,) = told(receiver, "message_template_quality_update")
    assert (quality["previous_quality_score"], quality["new_quality_score"]) == ("UNKNOWN", "RED")
    assert told(receiver, "message_template_status_update", 2)[1]["event"] == "FLAGGED"
    assert still.send(order("Tariro", "A-19")).status == 200


def test_login_template_lives_as_long_as_it_says(still: Desk) -> None:
    assert field(still, approved(still, LOGIN), "message_send_ttl_seconds") == 300
