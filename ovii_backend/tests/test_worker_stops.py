from __future__ import annotations

from ovii_backend.tests.installation import Installation

PHONES = [f"+26377{1000000 + place}" for place in range(90)]
WRITE = """
from notifications.services import notify
variables = {"amount_with_currency": "USD 25.00", "new_balance_with_currency": "USD 75.00", "transaction_id": "TX1"}
for phone in %r:
    notify("transaction_completed", phone_number=phone, template_name="deposit_confirmed", variables=variables)
"""
STATES = "SELECT state, count(*) FROM notifications_deliveryattempt GROUP BY state"


class WorkerStopsTestCase(Installation):
    """SIGTERM finishes what is on the wire and returns what is not; nothing waits for a lease."""

    settings = {"DELIVERY_THREADS": "4"}

    def test_a_worker_that_is_told_to_stop_leaves_nothing_half_done(self) -> None:
        slow = {"target": "messages", "kind": "late_answer", "seconds": 1, "times": "always"}
        self.phone.post("/sandbox/faults", slow)
        self.start_worker("leaving", "-B")
        self.python(WRITE % (PHONES,))
        self.until(lambda: dict(self.select(STATES)).get("SENDING"))
        worker = self.supervisor.children.pop("leaving")
        worker.process.terminate()
        worker.process.wait(timeout=30)
        states = dict(self.select(STATES))
        self.assertFalse({"CLAIMED", "SENDING", "UNCERTAIN"} & set(states), states)
        self.assertGreater(states["PENDING"], 0)
        self.phone.call("DELETE", "/sandbox/faults")
        self.start_worker("heir", "-B")
        self.until(lambda: self.statuses() == ["READ"] * len(PHONES))
        for number in PHONES:
            self.assertEqual(len(self.phone.messages(number)), 1, number)
