"""Facts of this app, for those above it.

`notification_changed(sender, ids)`: these messages have another status now; sent after the commit.

`person_exported(sender, person)`: somebody asks what is held about a `people.Person`. A receiver returns
`{section: JSON-like data}` of its own, or nothing.

`person_erased(sender, person)`: a person is to be forgotten, inside the transaction that does it. A receiver takes
out what is personal in its rows, keeps what the law wants kept, and returns `{what: how many}`. It may be called
again for the same person. What it raises stops the whole erasure.

`retention_passed(sender, tenant, before)`: what the tenant's rows of before this moment tell of people is to go. A
receiver returns `{what: how many}`.
"""

from typing import Any

from django.dispatch import Signal

notification_changed = Signal()
person_exported = Signal()
person_erased = Signal()
retention_passed = Signal()


def answers(signal: Signal, sender: type, **facts: Any) -> list[dict[str, Any]]:
    """Send the signal and return what its receivers answered, without the empty answers. What they raise is raised."""
    replies: list[tuple[Any, Any]] = signal.send(sender, **facts)
    return [answer for _, answer in replies if answer]
