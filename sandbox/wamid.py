from __future__ import annotations

import base64


def outbound(digits: str, mark: str) -> str:
    """Business to person; `mark` is 18 hexadecimal characters."""
    return _wamid(digits, 0x11, mark)


def inbound(digits: str, mark: str) -> str:
    """Person to business; `mark` is 20 hexadecimal characters."""
    return _wamid(digits, 0x12, mark)


def _wamid(digits: str, direction: int, mark: str) -> str:
    layout = (
        bytes((0x1C, 0x18, len(digits)))
        + digits.encode()
        + bytes((0x15, 0x02, 0x00, direction, 0x18, len(mark)))
        + mark.encode()
        + b"\x00"
    )
    return f"wamid.{base64.b64encode(layout).decode()}"
