"""Which addresses are refused, in every spelling."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.addresses import SPECIAL_V4, SPECIAL_V6, is_public

special_v4 = st.sampled_from(SPECIAL_V4).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(IPv4Address)
)
special_v6 = st.sampled_from(SPECIAL_V6).flatmap(
    lambda network: st.integers(int(network.network_address), int(network.broadcast_address)).map(IPv6Address)
)


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "10.1.2.3", "100.100.100.200", "127.0.0.1", "169.254.169.254", "172.31.0.1", "192.168.1.1"),
        *("224.0.0.1", "255.255.255.255", "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe"),
        *("64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::"),
        *("3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "::ffff:0:7f00:1"),
    ],
)
def test_an_address_that_is_not_public_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "2a00:1450::1", "::ffff:1.1.1.1"])
def test_a_public_address_is_accepted(address: str) -> None:
    assert is_public(ip_address(address))


@given(special_v4)
def test_a_special_address_is_refused_however_it_is_wrapped(address: IPv4Address) -> None:
    number = int(address)
    wrapped: list[IPv4Address | IPv6Address] = [
        address,
        IPv6Address((0xFFFF << 32) | number),
        IPv6Address((0x0064FF9B << 96) | number),
        IPv6Address((0x2002 << 112) | (number << 80)),
        IPv6Address(number),
    ]
    assert not any(is_public(candidate) for candidate in wrapped)


@given(special_v6)
def test_a_special_ipv6_address_is_refused(address: IPv6Address) -> None:
    assert not is_public(address)


@given(st.integers(0, 2**128 - 1).map(IPv6Address))
def test_what_is_public_in_ipv6_is_global_unicast_or_a_mapped_public_address(address: IPv6Address) -> None:
    mapped = address.ipv4_mapped
    if is_public(address):
        assert address in ip_network("2000::/3") or (mapped is not None and is_public(mapped))


def test_an_allowed_network_may_be_fetched_from_and_its_neighbours_may_not() -> None:
    allowed = (ip_network("10.1.0.0/16"), ip_network("fd00::/64"))
    assert is_public(ip_address("10.1.2.3"), allowed)
    assert is_public(ip_address("::ffff:10.1.2.3"), allowed)
    assert is_public(ip_address("fd00::5"), allowed)
    assert not is_public(ip_address("10.2.0.1"), allowed)
    assert not is_public(ip_address("fd01::5"), allowed)
