"""Keeps requests that wait for a sync from using up the account's Lambda concurrency."""

import boto3
from botocore.exceptions import BotoCoreError, ClientError

_UNRESERVED_MINIMUM = 100
"""AWS keeps this much concurrency for functions without a reservation."""
_LOW_QUOTA = (
    "The account's Lambda concurrency is {limit}, as of a new account. Request 1000 in Service Quotas before going "
    "live, then set API_MAX_CONCURRENCY=450 and deploy. Until then, only five requests wait for a sync at a time."
)


def concurrency_settings() -> dict[str, str]:
    """Return the limit of the api function, half of what can be reserved. Prints it, or a warning if it is too low."""
    try:
        limits = boto3.client("lambda").get_account_settings()["AccountLimit"]
    except (BotoCoreError, ClientError) as error:
        print(f"The Lambda concurrency of the account could not be read, so the API has no limit: {error}")
        return {}
    reservable = limits["UnreservedConcurrentExecutions"] - _UNRESERVED_MINIMUM
    if reservable < _UNRESERVED_MINIMUM:
        print(_LOW_QUOTA.format(limit=limits["ConcurrentExecutions"]))
        return {}
    maximum = str(reservable // 2)
    print(f"The API gets API_MAX_CONCURRENCY={maximum}, half of the Lambda concurrency that can be reserved.")
    return {"API_MAX_CONCURRENCY": maximum}
