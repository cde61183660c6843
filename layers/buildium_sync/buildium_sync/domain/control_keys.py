"""The keys of those items of the control table that several modules read."""

CONTROL_STATE_PK = "control-state"
CIRCUITS_PK = "circuits#buildium"
WEBHOOKS_PK = "webhooks"


def job_pk(name: str) -> str:
    """Return the key of a job."""
    return f"job#{name}"
