from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from sandbox.graph.versions import live
from sandbox.options import parse_options
from sandbox.tests.desk import ORDER, PHONE, Desk, text_send


def test_number_and_account_are_read_at_the_same_kind_of_path(desk: Desk) -> None:
    number = desk.get(f"/v25.0/{desk.options.phone_number_id}?fields=display_phone_number,status")
    assert number == {
        "display_phone_number": "+1 555-078-3881",
        "status": "CONNECTED",
        "id": desk.options.phone_number_id,
    }
    assert desk.get(f"/v25.0/{desk.options.waba_id}")["name"] == "Ovii"
    numbers = desk.get(f"/v25.0/{desk.options.waba_id}/phone_numbers")
    assert numbers["data"][0]["throughput"] == {"level": "STANDARD"}
    assert set(numbers["paging"]) == {"cursors"}


def test_any_version_and_none_is_served_and_an_ended_one_by_the_oldest(desk: Desk) -> None:
    oldest = f"v{live(time.time())[0]}.0"
    for prefix, version in (("/v14.0", oldest), ("/v26.0", "v26.0"), ("", oldest)):
        answer = desk.call("GET", f"{prefix}/{desk.options.waba_id}")
        assert (answer.status, answer.headers["facebook-api-version"]) == (200, version)


def test_token_is_taken_from_the_query_too(desk: Desk) -> None:
    path = f"/v25.0/{desk.options.waba_id}?access_token={desk.options.access_token}"
    assert desk.call("GET", path, token=None).status == 200


def test_debug_token_tells_valid_expired_and_unknown_apart(desk: Desk) -> None:
    path = f"/debug_token?input_token={desk.options.access_token}"
    app = f"1111111111111111|{desk.options.app_secret}"
    assert desk.call("GET", path, token=app).json["data"]["is_valid"] is True
    desk.control("token", {"expired": True})
    assert desk.call("GET", path, token=app).json["data"]["error"]["subcode"] == 463
    unknown = desk.call("GET", "/debug_token?input_token=other", token=app).json["data"]
    assert unknown["is_valid"] is False
    assert "scopes" not in unknown


@pytest.mark.parametrize(("proof", "status"), [("0" * 64, 400), ("", 400)])
def test_wrong_appsecret_proof_is_refused(desk: Desk, proof: str, status: int) -> None:
    path = f"/v25.0/{desk.options.waba_id}?appsecret_proof={proof}"
    assert desk.call("GET", path).status == status


def test_reset_forgets_messages_but_not_the_webhook(desk: Desk) -> None:
    desk.control("webhook", {"url": "http://127.0.0.1:9/hook/"})
    desk.send(text_send())
    desk.control("reset")
    health = desk.get("/sandbox/health")
    assert (health["messages"], health["webhook"]["url"]) == (0, "http://127.0.0.1:9/hook/")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("reply", {"from": PHONE}, 400),
        ("reply", {"text": "Hi"}, 400),
        ("reply", {"from": PHONE, "text": "Hi", "phone_number_id": "9"}, 404),
        ("people/nobody", {}, 400),
        (f"people/{PHONE}", {"offline": "yes"}, 400),
        ("templates/nothing/approve", {}, 404),
        ("numbers/9", {}, 404),
        ("token", {"colour": "red"}, 400),
        ("token", b"{", 400),
    ],
)
def test_wrong_control_call_is_explained(desk: Desk, path: str, body: object, status: int) -> None:
    answer = desk.call("POST", f"/sandbox/{path}", body)
    assert (answer.status, list(answer.json)) == (status, ["error"])


def test_flags_win_over_the_environment() -> None:
    environment = {"SANDBOX_PORT": "9000", "SANDBOX_APP_SECRET": "s", "SANDBOX_STATUS_DELAYS": "0,0,1"}
    options = parse_options(["--port", "0"], environment)
    assert (options.port, options.app_secret, options.status_delays) == (0, "s", (0.0, 0.0, 1.0))


@pytest.mark.parametrize("arguments", [["--status-delays", "3,2,1"], ["--port", "x"], ["--colour", "red"]])
def test_wrong_flag_ends_with_a_usage_message(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_options(arguments, {})
    assert "usage: python -m sandbox" in capsys.readouterr().err


def test_process_says_where_it_listens_and_stops_on_a_signal() -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=root, env=os.environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removeprefix("Sandbox listening on ").strip()
        with urllib.request.urlopen(f"{url}/sandbox/health") as answer:  # noqa: S310
            assert answer.status == 200
        process.terminate()
        assert process.wait(10) in (0, -15)


def test_client_is_told_what_it_needs(desk: Desk) -> None:
    told = desk.control("account", method="GET")
    options = desk.options
    assert (told["access_token"], told["app_secret"]) == (options.access_token, options.app_secret)
    assert [number["id"] for number in told["numbers"]] == [options.phone_number_id]
    assert told["subscribed"] is True
    assert desk.control("subscribed", {"subscribed": False}) == {"subscribed": False}


def test_clock_names_what_is_to_come(desk: Desk) -> None:
    desk.approved(ORDER)
    desk.control("templates/order_update/pause", {})
    clock = desk.control("clock", method="GET")
    assert [step["what"] for step in clock["coming"]] == ["the pause of a template ends"]
    assert clock["coming"][0]["at"] == pytest.approx(clock["now"] + 3 * 3600, abs=60)


@pytest.mark.parametrize(("tier", "most"), [("TIER_2K", 2000), ("TIER_UNLIMITED", None)])
def test_limits_name_the_most_that_is_allowed(desk: Desk, tier: str, most: int | None) -> None:
    limits = desk.control("limits", {"tier": tier})
    assert (limits["most_people"], limits["most_templates_created"]) == (most, 100)
