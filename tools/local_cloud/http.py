"""HTTP to local servers."""

import requests


def session() -> requests.Session:
    """Return a session for loopback addresses. It ignores a proxy in the environment."""
    client = requests.Session()
    client.trust_env = False
    return client
