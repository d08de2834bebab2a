"""The sandbox's own handles under `/sandbox/`: not part of Meta's API."""
