"""`make demo`: the whole way, from a fact to a phone, on an empty machine and over HTTP only."""
