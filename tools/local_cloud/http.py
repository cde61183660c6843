"""HTTP to our own servers."""

import requests


def session() -> requests.Session:
    """A session for loopback addresses: a proxy of the environment must not get in between."""
    made = requests.Session()
    made.trust_env = False
    return made
