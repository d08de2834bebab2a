"""The sandbox for other people's tests: as a pytest plugin (`cloud_api`), or as `with running() as cloud_api:`."""

from sandbox.testing.cloud_api import CloudApi
from sandbox.testing.control import ControlError
from sandbox.testing.messages import Message, Messages
from sandbox.testing.person import Person
from sandbox.testing.receiver import Receiver, receiving
from sandbox.testing.running import connect, running

#: Read by pytest when this module is loaded as a plugin; nobody else needs pytest.
pytest_plugins = ("sandbox.testing.plugin",)

__all__ = [
    "CloudApi",
    "ControlError",
    "Message",
    "Messages",
    "Person",
    "Receiver",
    "connect",
    "receiving",
    "running",
]
