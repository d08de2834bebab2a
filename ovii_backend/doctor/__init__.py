"""`manage.py doctor`: every part of the way of a message and back, examined in order."""
