"""Checks the address of the receiver, so that a URL cannot reach the internals of a network."""

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[..., Sequence[tuple[Any, ...]]]
"""The function `socket.getaddrinfo`."""

_PORTS = {"https": 443, "http": 80}
_MAX_PORT = 65_535
# They contain IPv4 addresses, or are translated into them by a gateway (RFC 4291, 3056, 4380, 6052, 8215).
_IPV6_WITH_IPV4 = tuple(
    ipaddress.IPv6Network(text)
    for text in (
        "::/96",
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/32",
        "2002::/16",
    )
)
# Not public in the IANA registries, but not in those of every Python version.
_SPECIAL_NETWORKS = tuple(
    ipaddress.ip_network(text) for text in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "3fff::/20")
)


class UnsafeReceiver(Exception):
    """The URL or address of the receiver is not allowed. The text has no part of the URL."""


class ReceiverUrl(NamedTuple):
    """A checked URL. `target` is its path and query."""

    is_https: bool
    host: str
    port: int
    target: str


def parse_receiver_url(url: str, *, allow_loopback: bool = False) -> ReceiverUrl:
    """Return the parts of a URL.

    Raises UnsafeReceiver for one that is not HTTPS, or that has user information or a fragment. With
    `allow_loopback`, HTTP is allowed too, and then only for loopback addresses.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UnsafeReceiver("APP_WEBHOOK_URL is not a URL") from None
    if parts.scheme != "https" and not (allow_loopback and parts.scheme == "http"):
        raise UnsafeReceiver("APP_WEBHOOK_URL must start with https://")
    if (
        "@" in parts.netloc
        or "#" in url
        or not parts.hostname
        or not url.isascii()
        or not url.isprintable()
        or " " in url
    ):
        raise UnsafeReceiver("APP_WEBHOOK_URL must have a host, and no user information or fragment")
    if port is not None and not 0 < port <= _MAX_PORT:
        raise UnsafeReceiver("APP_WEBHOOK_URL has an invalid port")
    query = f"?{parts.query}" if parts.query else ""
    is_https = parts.scheme == "https"
    return ReceiverUrl(is_https, parts.hostname, port or _PORTS[parts.scheme], f"{parts.path or '/'}{query}")


def resolve_receiver(url: ReceiverUrl, resolve: Resolve = socket.getaddrinfo) -> list[str]:
    """Return the addresses of a host, IPv4 first. Raises OSError for an unknown host.

    Raises UnsafeReceiver if one of them is not public, or for HTTP not loopback. A caller must connect to one of these
    addresses: a second look-up could return another one.
    """
    found = {str(entry[4][0]) for entry in resolve(url.host, url.port, type=socket.SOCK_STREAM)}
    addresses = sorted((_parse(text) for text in found), key=lambda address: (address.version, int(address)))
    if not addresses or not all(is_public(each) if url.is_https else each.is_loopback for each in addresses):
        raise UnsafeReceiver("APP_WEBHOOK_URL must have a public address")
    return [str(address) for address in addresses]


def is_public(address: IpAddress) -> bool:
    """Return whether an address is on the public Internet, and contains no IPv4 address that could be translated."""
    if not address.is_global or address.is_multicast or address.is_reserved or address.is_unspecified:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return not any(address in network for network in (*_IPV6_WITH_IPV4, *_SPECIAL_NETWORKS))


def _parse(text: str) -> IpAddress:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise UnsafeReceiver("APP_WEBHOOK_URL must have a public address") from None
