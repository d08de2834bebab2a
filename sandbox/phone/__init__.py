"""The page: a phone in the browser."""
