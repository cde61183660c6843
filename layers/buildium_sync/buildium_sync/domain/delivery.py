"""How long a queue may take to deliver a message."""

MAX_SQS_DELAY_SECONDS = 900
"""SQS: a message can be delayed by 15 minutes at most."""


DELIVERY_GRACE_SECONDS = 120
"""Seconds that a message may take on its way before the sweep thinks it lost."""
