from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.tests.desk import Desk, running, text_send

#: The manual clock begins on 2 November 2026: v21.0 to v26.0 live.
ACCOUNT = "102290129340398"
RETIRED = ["v13.0", "v14.0", "v15.0", "v16.0", "v17.0", "v18.0", "v19.0", "v20.0"]
LIVE = ["v21.0", "v22.0", "v23.0", "v24.0", "v25.0", "v26.0"]
TEN_MONTHS = 300 * 24 * 3600


@pytest.fixture(scope="module")
def lenient() -> Iterator[Desk]:
    with running(clock="manual") as desk:
        yield desk


@pytest.fixture(scope="module")
def strict() -> Iterator[Desk]:
    with running(clock="manual", strict_versions=True) as desk:
        yield desk


def served(desk: Desk, prefix: str) -> str:
    answer = desk.call("GET", f"{prefix}/{ACCOUNT}")
    assert answer.status == 200, answer.raw
    return str(answer.headers["facebook-api-version"])


@pytest.mark.parametrize("version", LIVE)
def test_living_version_serves_itself(strict: Desk, version: str) -> None:
    assert served(strict, f"/{version}") == version


@pytest.mark.parametrize("version", RETIRED)
def test_retired_version_is_served_by_the_oldest_that_lives(lenient: Desk, version: str) -> None:
    lenient.control("reset")
    assert served(lenient, f"/{version}") == "v21.0"


@pytest.mark.parametrize("version", [*RETIRED, "v27.0"])
def test_strict_sandbox_refuses_retired_and_coming_versions(strict: Desk, version: str) -> None:
    answer = strict.call("POST", f"/{version}/{strict.options.phone_number_id}/messages", text_send())
    assert (answer.status, answer.error["code"]) == (400, 2635)


def test_call_without_a_version_gets_the_oldest(strict: Desk) -> None:
    assert served(strict, "") == "v21.0"


def test_errors_name_the_version_too(lenient: Desk) -> None:
    for token in ("", "other"):
        answer = lenient.call("GET", "/v22.0/999", token=token)
        assert answer.headers["facebook-api-version"] == "v22.0"


def test_version_retires_when_its_day_comes(lenient: Desk) -> None:
    lenient.control("reset")
    assert served(lenient, "/v21.0") == "v21.0"
    lenient.control("clock", {"advance": TEN_MONTHS})
    assert served(lenient, "/v21.0") == served(lenient, "/v22.0") == served(lenient, "") == "v23.0"
