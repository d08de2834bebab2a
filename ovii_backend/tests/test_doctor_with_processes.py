from __future__ import annotations

from ovii_backend.tests.installation import Installation

SHORT = """
from ovii_backend.doctor.examination import examine
for finding in examine().findings:
    if finding.part in ("worker", "self-sent event") or finding.verdict in ("problem", "warning"):
        print("FOUND", finding.part, "is", finding.verdict, finding.what)
"""
WORKERS = """
from ovii_backend.doctor import here
for finding in here.machinery(broker_works=True):
    print("FOUND", finding.part, "is", finding.verdict)
"""
OWN_EVENTS = "SELECT count(*) FROM integrations_webhookevent WHERE instr(body, CAST('self_test' AS BLOB)) > 0"


class DoctorOfProcessesTestCase(Installation):
    """Web, worker, beat and sandbox are processes of their own; the doctor is one more beside them."""

    def test_it_sees_whether_a_worker_takes_its_event_the_whole_way(self) -> None:
        self.assertIn("FOUND worker is problem", self.found(WORKERS))
        self.start_worker("worker", "-B")
        worker, event = self.found(SHORT)
        self.assertTrue(worker.startswith("FOUND worker is ok"), worker)
        self.assertEqual(event, "FOUND self-sent event is ok signed, stored, understood, and removed again")
        self.assertEqual(self.select(OWN_EVENTS), [(0,)])

    def found(self, code: str) -> list[str]:
        return [line for line in self.python(code) if line.startswith("FOUND")]
