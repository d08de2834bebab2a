"""Loads the sandbox's fixture `cloud_api` for all apps, which may not import the sandbox themselves."""

pytest_plugins = ("sandbox.testing",)
