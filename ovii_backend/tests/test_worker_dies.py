from __future__ import annotations

import signal

from integrations.tests.graph_server import closed_port
from ovii_backend.tests.installation import Installation

PHONES = ("+263771234567", "+263772345678", "+263773456789")
WRITE = """
from notifications.services import notify
variables = {"amount_with_currency": "USD 25.00", "new_balance_with_currency": "USD 75.00", "transaction_id": "TX1"}
for phone in %r:
    notify("transaction_completed", phone_number=phone, template_name="deposit_confirmed", variables=variables)
"""


class WorkerDiesTestCase(Installation):
    """P1 and P2: a worker is killed with messages on the wire; another, without bell or beat, ends the story."""

    def test_nothing_is_lost_and_nothing_comes_twice(self) -> None:
        # The sandbox takes them and answers late: the worker dies in between.
        late = {"target": "messages", "kind": "late_answer", "seconds": 30, "times": len(PHONES)}
        self.phone.post("/sandbox/faults", late)
        self.start_worker("doomed", "-B")
        self.python(WRITE % (PHONES,))
        self.until(lambda: all(self.phone.messages(number) for number in PHONES))
        self.supervisor.children["doomed"].signal_group(signal.SIGKILL)
        # Further messages whose bell nobody hears: the broker that rang for them is not there.
        later = ("+263774567890",)
        self.python(WRITE % (later,), CELERY_BROKER_URL=f"redis://127.0.0.1:{closed_port()}/0")
        del self.supervisor.children["doomed"]
        self.start_worker("heir", SWEEP_WITHOUT_BEAT_SECONDS="1")
        self.until(lambda: self.statuses() == ["READ"] * 4)
        for number in (*PHONES, *later):
            self.assertEqual(len(self.phone.messages(number)), 1, number)
