"""How long SQS may take to deliver a message."""

MAX_SQS_DELAY_SECONDS = 900
"""SQS: the delay of a message is at most 15 minutes."""
DELIVERY_GRACE_SECONDS = 120
"""The time after which the sweep treats an undelivered message or event as lost. No function runs that long."""
