"""What a call of pingback.ping says."""

import pytest

from linkback.mentions import Ping, Protocol
from linkback.protocols.pingback import PING, PingbackFault, decode
from linkback.protocols.xmlrpc import Fault, InteropFault, MethodCall, Value


def test_a_call_names_the_source_then_the_target() -> None:
    call = MethodCall(PING, ("https://theirs.example/a?p=4", "https://ours.example/post#c3"))
    assert decode(call) == Ping(Protocol.PINGBACK, "https://theirs.example/a?p=4", "https://ours.example/post#c3")


def test_white_space_around_the_urls_is_taken_off() -> None:
    ping = decode(MethodCall(PING, (" https://theirs.example/a\n", "\n\thttps://ours.example/post ")))
    assert ping == Ping(Protocol.PINGBACK, "https://theirs.example/a", "https://ours.example/post")


def test_ampersands_that_a_sender_escaped_twice_are_read_as_one() -> None:
    ping = decode(
        MethodCall(PING, ("https://theirs.example/?a=1&amp;copy=2", "https://ours.example/?p=1&amp;q=2&copy=3"))
    )
    assert isinstance(ping, Ping)
    assert (ping.source, ping.target) == ("https://theirs.example/?a=1&copy=2", "https://ours.example/?p=1&q=2&copy=3")


@pytest.mark.parametrize(
    "params", [(), ("a",), ("a", "b", "c"), (1, "b"), ("a", None), (["a", "b"],), ({"source": "a", "target": "b"},)]
)
def test_anything_but_two_strings_is_a_fault_that_says_what_is_wanted(params: tuple[Value, ...]) -> None:
    fault = decode(MethodCall(PING, params))
    assert isinstance(fault, Fault)
    assert fault.code == InteropFault.INVALID_PARAMS
    assert "two strings" in fault.text


def test_the_fault_codes_are_the_specifications() -> None:
    assert {fault.name: hex(fault) for fault in PingbackFault} == {
        "GENERIC": "0x0",
        "SOURCE_NOT_FOUND": "0x10",
        "NO_LINK": "0x11",
        "TARGET_NOT_FOUND": "0x20",
        "TARGET_UNUSABLE": "0x21",
        "ALREADY_REGISTERED": "0x30",
        "ACCESS_DENIED": "0x31",
        "UPSTREAM": "0x32",
    }
