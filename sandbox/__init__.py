"""A stand-in for Meta's WhatsApp Business Cloud API, for demo, tests and development.

It is its own process (`python -m sandbox`), keeps everything in memory and imports nothing of the project.
"""
