"""The receiver's address is public, and its URL has nothing that could hide another one."""

import ipaddress
import socket
from typing import Any

import pytest

from buildium_sync.app_webhook.receiver_url import (
    ReceiverUrl,
    UnsafeReceiver,
    is_public,
    parse_receiver_url,
    resolve_receiver,
)

HTTPS = ReceiverUrl(is_https=True, host="app.example", port=443, target="/")
HTTP = ReceiverUrl(is_https=False, host="localhost", port=8080, target="/")


def resolver(*addresses: str) -> Any:
    """A `socket.getaddrinfo` that returns these addresses."""

    def resolve(_host: str, port: int, **_options: Any) -> list[tuple[Any, ...]]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return resolve


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "127.0.0.1", "127.9.9.9", "169.254.169.254", "169.254.170.2"),
        *("172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "192.0.0.192"),
        *("192.0.2.1", "192.88.99.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
        *("240.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "100::1"),
        *("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff"),
        *("::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b:1::1"),
        *("2002:7f00:1::", "2001:0:7f00:1::"),
    ],
)
def test_an_address_that_is_not_public_is_rejected(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))
    with pytest.raises(UnsafeReceiver):
        resolve_receiver(HTTPS, resolver(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "3ffe::1"])
def test_a_public_address_is_accepted(address: str) -> None:
    assert resolve_receiver(HTTPS, resolver(address)) == [address]


def test_one_private_address_among_public_ones_is_rejected() -> None:
    with pytest.raises(UnsafeReceiver):
        resolve_receiver(HTTPS, resolver("8.8.8.8", "10.0.0.1"))


@pytest.mark.parametrize("addresses", [(), ("fe80::1%eth0",), ("not-an-address",)])
def test_a_host_without_a_usable_address_is_rejected(addresses: tuple[str, ...]) -> None:
    with pytest.raises(UnsafeReceiver):
        resolve_receiver(HTTPS, resolver(*addresses))


def test_ipv4_comes_first_and_duplicates_are_removed() -> None:
    addresses = resolve_receiver(HTTPS, resolver("2606:4700::1111", "8.8.8.8", "8.8.8.8"))
    assert addresses == ["8.8.8.8", "2606:4700::1111"]


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "127.1", "localhost"])
def test_other_spellings_of_loopback_are_rejected(host: str) -> None:
    with pytest.raises((UnsafeReceiver, OSError)):
        resolve_receiver(parse_receiver_url(f"https://{host}/"))


@pytest.mark.parametrize(
    "url",
    [
        *("http://app.example/", "ftp://app.example/", "app.example", "//app.example", "", "https://", "https:///path"),
        *("https://user@app.example/", "https://user:word@app.example/", "https://@app.example/"),
        *("https://app.example/#part", "https://app.example/#", "https://app.example/a b", "https://app.example/\r\nX"),
        *("https://äpp.example/", "https://app.example:0/", "https://app.example:65536/", "https://app.example:x/"),
        *("https://[::1/", "https://a\\@app.example/", "file:///etc/hosts"),
    ],
)
def test_an_unsafe_url_is_rejected_without_naming_it(url: str) -> None:
    with pytest.raises(UnsafeReceiver) as raised:
        parse_receiver_url(url)
    assert "app.example" not in str(raised.value)


def test_a_url_keeps_its_port_path_and_query() -> None:
    assert parse_receiver_url("https://App.example:8443/hooks/a?key=1&b=%23") == ReceiverUrl(
        is_https=True, host="app.example", port=8443, target="/hooks/a?key=1&b=%23"
    )
    assert parse_receiver_url("https://app.example") == HTTPS


class TestLoopback:
    def test_http_is_rejected_without_the_local_cloud(self) -> None:
        with pytest.raises(UnsafeReceiver):
            parse_receiver_url("http://127.0.0.1:8080/")

    def test_the_local_cloud_allows_http_to_loopback(self) -> None:
        url = parse_receiver_url("http://localhost:8080/", allow_loopback=True)
        assert url == HTTP
        assert resolve_receiver(url, resolver("127.0.0.1")) == ["127.0.0.1"]

    @pytest.mark.parametrize("address", ["8.8.8.8", "10.0.0.1", "169.254.169.254"])
    def test_the_local_cloud_allows_http_to_nothing_else(self, address: str) -> None:
        with pytest.raises(UnsafeReceiver):
            resolve_receiver(HTTP, resolver(address))

    def test_the_local_cloud_allows_no_loopback_by_https(self) -> None:
        with pytest.raises(UnsafeReceiver):
            resolve_receiver(parse_receiver_url("https://localhost/", allow_loopback=True), resolver("127.0.0.1"))
