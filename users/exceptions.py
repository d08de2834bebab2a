"""What is refused to a caller. Each error knows its words, its stable code and when to come back.

Refusal
├── BadPhoneNumber              400  the caller must write it otherwise
├── OTPRefusal
│   ├── WrongCode               400  try again, tries_left more times
│   ├── UnknownRequest          404
│   ├── AlreadyUsed             409  ask for a new code
│   ├── Expired, Superseded, TriesExhausted   410  ask for a new code
│   └── ResendTooEarly, TooManyRequests       429  again after retry_after seconds
└── InactiveUser                403  an operator must act
"""

from __future__ import annotations


class Refusal(Exception):
    """A request that was understood and is refused; `str()` is one sentence for the caller."""

    http_status = 400
    code = "refused"
    sentence = "The request was refused."

    def __init__(self, sentence: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(sentence or self.sentence)
        self.retry_after = retry_after


class BadPhoneNumber(Refusal):
    code = "invalid_phone_number"


class InactiveUser(Refusal):
    http_status = 403
    code = "inactive_user"
    sentence = "This account is disabled. Ask support to enable it."


class OTPRefusal(Refusal):
    """A code is not sent, or not accepted."""


class WrongCode(OTPRefusal):
    code = "wrong_code"

    def __init__(self, tries_left: int) -> None:
        tries = "1 try" if tries_left == 1 else f"{tries_left} tries"
        super().__init__(f"This is not the code that was sent. {tries} left.")
        self.tries_left = tries_left


class UnknownRequest(OTPRefusal):
    http_status = 404
    code = "unknown_request"
    sentence = "No code was asked for under this request_id. Ask for a new one."


class AlreadyUsed(OTPRefusal):
    http_status = 409
    code = "already_used"
    sentence = "This code was used already. Ask for a new one."


class Expired(OTPRefusal):
    http_status = 410
    code = "expired"
    sentence = "This code has expired. Ask for a new one."


class Superseded(OTPRefusal):
    http_status = 410
    code = "superseded"
    sentence = "A newer code was asked for on this device. Use that one."


class TriesExhausted(OTPRefusal):
    http_status = 410
    code = "tries_exhausted"
    sentence = "Too many wrong codes. Ask for a new one."


class ResendTooEarly(OTPRefusal):
    http_status = 429
    code = "resend_too_early"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"The code can be sent again in {retry_after} seconds.", retry_after=retry_after)


class TooManyRequests(OTPRefusal):
    http_status = 429
    code = "too_many_requests"

    def __init__(self, retry_after: int) -> None:
        super().__init__(
            f"Too many codes were asked for this number. Try again in {retry_after} seconds.",
            retry_after=retry_after,
        )
