"""Facts from Meta, sent upward inside the drain's transaction, each with `events`: a sequence of typed events.

A receiver that raises makes the drain try the events again, one by one.
"""

from django.dispatch import Signal

message_status_changed = Signal()
message_received = Signal()
template_status_changed = Signal()
marketing_preference_changed = Signal()
# Sent by whoever read the numbers from Meta, in the transaction that wrote them.
phone_number_changed = Signal()
