"""How long a queue may take to deliver a message."""

LONGEST_DELAY = 900
"""SQS: a message can be delayed by 15 minutes at most."""


GRACE = 120
"""Seconds that a message may take on its way before the sweep thinks it lost."""
