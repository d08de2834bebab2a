"""Faults of calls, seen by the client."""

from __future__ import annotations

import http.client
import json
import threading

import pytest

from sandbox.tests.desk import ORDER, PHONE, Desk, Receiver, running, text_send, until


def count(desk: Desk) -> int:
    found: int = desk.get("/sandbox/health")["messages"]
    return found


def test_next_calls_fail_with_the_wanted_envelope_and_then_succeed(desk: Desk) -> None:
    desk.fault("error", code=131016, http_status=503, times=2, details="Try later.", retry_after=7)
    for _ in range(2):
        answer = desk.send(text_send())
        assert (answer.status, answer.error["code"], answer.headers["Retry-After"]) == (503, 131016, "7")
    assert desk.send(text_send()).status == 200
    assert count(desk) == 1


def test_fault_skips_the_first_calls(desk: Desk) -> None:
    desk.fault("error", skip=1)
    assert [desk.send(text_send()).status for _ in range(3)] == [200, 500, 200]


def test_fault_concerns_one_person_only(desk: Desk) -> None:
    desk.fault("error", to=PHONE, times="always")
    assert desk.send(text_send(to="+263770000001")).status == 200
    assert [desk.send(text_send()).status for _ in range(3)] == [500] * 3


def test_html_instead_of_json(desk: Desk) -> None:
    desk.fault("html")
    answer = desk.send(text_send())
    assert (answer.status, answer.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    desk.fault("html", http_status=200)
    assert desk.send(text_send()).raw.startswith(b"<!DOCTYPE html>")
    assert count(desk) == 0


def test_throttle_says_when_to_come_back(desk: Desk) -> None:
    desk.fault("throttle", retry_after=30)
    answer = desk.send(text_send())
    assert (answer.status, answer.error["code"], answer.headers["Retry-After"]) == (429, 130429, "30")
    desk.fault("throttle", code=131056)
    assert desk.send(text_send()).error["code"] == 131056


def test_expired_token_for_one_call(desk: Desk) -> None:
    desk.fault("expired_token")
    answer = desk.send(text_send())
    assert (answer.status, answer.error["code"], answer.error["error_subcode"]) == (401, 190, 463)
    assert desk.send(text_send()).status == 200


def test_latency_delays_the_call(desk: Desk) -> None:
    desk.fault("latency", seconds=0.01)
    assert desk.send(text_send()).status == 200
    assert desk.get("/sandbox/faults")["faults"][0]["used"] == 1


def test_late_answer_comes_after_the_acceptance(listened: Desk, receiver: Receiver) -> None:
    listened.control("people/" + PHONE, {"window_open": True})
    listened.fault("late_answer", seconds=0.3)
    wamid = listened.send(text_send()).json["messages"][0]["id"]
    assert receiver.values("statuses")[0]["id"] == wamid


def test_cut_before_accepting_leaves_nothing(desk: Desk) -> None:
    desk.fault("cut_before_accept")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        desk.send(text_send())
    assert count(desk) == 0


def test_cut_after_accepting_leaves_the_message_without_an_answer(listened: Desk, receiver: Receiver) -> None:
    listened.control("people/" + PHONE, {"window_open": True})
    listened.fault("cut_after_accept")
    with pytest.raises((ConnectionError, http.client.RemoteDisconnected)):
        listened.send(text_send(biz_opaque_callback_data="ord-7"))
    assert count(listened) == 1
    until(lambda: len(receiver.statuses) == 3)
    assert receiver.values("statuses")[0]["biz_opaque_callback_data"] == "ord-7"


def test_templates_have_faults_of_their_own(desk: Desk) -> None:
    desk.fault("error", "templates", code=80008)
    assert desk.send(text_send()).status == 200
    assert desk.create(ORDER).error["code"] == 80008


def test_refusal_may_hide_that_the_message_was_taken(desk: Desk) -> None:
    desk.fault("error", code=131016, http_status=503, accepted=True)
    assert desk.send(text_send()).status == 503
    assert count(desk) == 1


def test_error_carries_what_was_asked_for(desk: Desk) -> None:
    desk.fault("error", code=368, subcode=2494055, http_status=403, message="(#368) Blocked", details="Ask Meta.")
    answer = desk.send(text_send())
    assert answer.status == 403
    assert answer.error["message"] == "(#368) Blocked"
    assert answer.error["error_subcode"] == 2494055
    assert answer.error["error_data"]["details"] == "Ask Meta."


def test_empty_body(desk: Desk) -> None:
    desk.fault("empty")
    desk.fault("empty", http_status=200, accepted=True)
    answers = [desk.send(text_send()) for _ in range(2)]
    assert [(answer.status, answer.raw) for answer in answers] == [(502, b""), (200, b"")]
    assert count(desk) == 1


def test_half_of_the_json_comes_as_a_complete_answer(desk: Desk) -> None:
    desk.fault("half_json")
    answer = desk.send(text_send())
    assert (answer.status, answer.raw[:20]) == (200, b'{"messaging_product"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(answer.raw)
    assert count(desk) == 1


def test_connection_ends_in_the_middle_of_the_answer(desk: Desk) -> None:
    desk.fault("half_json", cut=True)
    with pytest.raises(http.client.IncompleteRead) as cut:
        desk.send(text_send())
    assert cut.value.partial.startswith(b'{"messaging_product"')
    assert cut.value.expected > 0
    assert count(desk) == 1


@pytest.mark.parametrize(("accepted", "messages"), [(True, 1), (False, 0)])
def test_hanging_call_is_never_answered(desk: Desk, accepted: bool, messages: int) -> None:
    desk.fault("hang", accepted=accepted)
    with pytest.raises(TimeoutError):
        desk.send(text_send(), timeout=0.3)
    assert count(desk) == messages
    assert desk.send(text_send()).status == 200


def test_stopping_the_sandbox_cuts_a_hanging_call() -> None:
    with running() as desk:
        desk.fault("hang")
        ended: list[BaseException] = []
        caller = threading.Thread(target=lambda: ended.append(failure_of(desk)))
        caller.start()
        until(lambda: desk.get("/sandbox/faults")["faults"][0]["used"])
    caller.join()
    assert isinstance(ended[0], ConnectionError)


def failure_of(desk: Desk) -> BaseException:
    with pytest.raises((ConnectionError, TimeoutError)) as failure:
        desk.send(text_send())
    return failure.value


def test_throttle_shows_how_much_was_used(desk: Desk) -> None:
    desk.fault("throttle", code=80007, retry_after=90, usage=104)
    usage = json.loads(desk.send(text_send()).headers["X-Business-Use-Case-Usage"])
    assert usage[desk.options.waba_id][0]["call_count"] == 104
    assert usage[desk.options.waba_id][0]["estimated_time_to_regain_access"] == 2
    desk.fault("throttle", code=4)
    assert json.loads(desk.send(text_send()).headers["X-App-Usage"])["call_count"] == 100


def test_every_third_call_fails(desk: Desk) -> None:
    desk.fault("error", times="always", every=3, skip=1)
    assert [desk.send(text_send()).status for _ in range(7)] == [200, 200, 200, 500, 200, 200, 500]


def test_same_seed_lets_the_same_calls_fail(desk: Desk) -> None:
    def statuses() -> list[int]:
        desk.control("reset")
        desk.fault("error", times="always", probability=0.5, seed=7)
        return [desk.send(text_send()).status for _ in range(20)]

    first = statuses()
    assert statuses() == first
    assert {200, 500} == set(first)


def test_fault_concerns_one_number_only(desk: Desk) -> None:
    desk.fault("error", "calls", phone_number_id=desk.options.phone_number_id, times="always")
    assert desk.send(text_send()).status == 500
    assert desk.call("GET", f"/v25.0/{desk.options.phone_number_id}").status == 500
    assert desk.call("GET", f"/v25.0/{desk.options.waba_id}/message_templates").status == 200


def test_fault_concerns_edges_of_a_pattern_and_one_method(desk: Desk) -> None:
    desk.fault("error", "calls", edge="sub*_apps", method="DELETE", times="always")
    path = f"/v25.0/{desk.options.waba_id}/subscribed_apps"
    assert [desk.call(method, path).status for method in ("GET", "DELETE", "POST")] == [200, 500, 200]


def test_person_is_meant_in_any_spelling(desk: Desk) -> None:
    desk.fault("error", to="+263 77 123-4567")
    assert desk.send(text_send(to="263771234567")).status == 500


def test_template_by_id_has_the_faults_of_templates(desk: Desk) -> None:
    template_id = desk.create(ORDER).json["id"]
    desk.fault("error", "templates")
    assert desk.call("GET", f"/v25.0/{template_id}").status == 500


def test_upload_has_the_faults_of_media(desk: Desk) -> None:
    desk.fault("error", "media", code=131053, http_status=400)
    answer = desk.call("POST", f"/v25.0/{desk.options.phone_number_id}/media", {})
    assert (answer.status, answer.error["code"]) == (400, 131053)


def test_delays_go_together_with_another_fault(desk: Desk) -> None:
    desk.fault("latency", seconds=0.01)
    desk.fault("error")
    desk.fault("html")
    assert desk.send(text_send()).status == 500
    assert [fault["used"] for fault in desk.get("/sandbox/faults")["faults"]] == [1, 1, 0]
