"""Seeded runs in which everything breaks, and a verdict from Meta's side: `make chaos`, docs/explain/chaos.md."""
