"""The baseline: one Celery task per message, as tutorials have it. Imports nothing of Ovii.

Its table is its own and smaller than Ovii's: no attempts, no history, no encryption. heyoo is as shipped, Celery and
the database connection have their defaults.
"""
