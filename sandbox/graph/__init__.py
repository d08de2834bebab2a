"""The part of the Graph API that the sandbox answers."""
