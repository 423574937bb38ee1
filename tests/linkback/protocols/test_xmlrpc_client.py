"""What callers of XML-RPC write, and how they read what servers answer."""

import xmlrpc.client

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.protocols.xmlrpc import Fault, MethodCall, decode_call, encode_fault, encode_response
from linkback.protocols.xmlrpc_client import NoResponseError, decode_response, encode_call


def fault(code: str, text: str) -> bytes:
    members = (("faultCode", code), ("faultString", text))
    struct = "".join(f"<member><name>{name}</name><value>{value}</value></member>" for name, value in members)
    return f"<methodResponse><fault><value><struct>{struct}</struct></value></fault></methodResponse>".encode()


def success(value: str) -> bytes:
    return f"<?xml version='1.0'?><methodResponse><params><param>{value}</param></params></methodResponse>".encode()


def test_a_call_is_read_by_the_standard_library() -> None:
    params = ("https://a.example/?b=1&c=<é>", "")
    body = encode_call(MethodCall("pingback.ping", params))
    assert xmlrpc.client.loads(body) == (params, "pingback.ping")


@given(st.lists(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]))))
def test_a_call_is_read_by_our_own_receiver(params: list[str]) -> None:
    call = MethodCall("pingback.ping", tuple(params))
    assert decode_call(encode_call(call)) == call


@pytest.mark.parametrize(
    "value",
    [
        "<value><string>Done.</string></value>",
        "<value>Done.</value>",
        "<value>\n  <string>Done.</string>\n</value>",  # as WordPress writes it
    ],
)
def test_a_success_is_its_value(value: str) -> None:
    assert decode_response(success(value)) == "Done."


def test_a_success_need_not_be_a_string() -> None:
    assert decode_response(success("<value><boolean>1</boolean></value>")) is True


def test_white_space_before_the_declaration_is_passed_over() -> None:
    assert decode_response(b"\n\xef\xbb\xbf" + success("<value>Done.</value>")) == "Done."


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        ("<int>48</int>", "<string>Registered.</string>", Fault(48, "Registered.")),
        ("<i4>17</i4>", "No link.", Fault(17, "No link.")),
        ("<int>0</int>", "<string></string>", Fault(0, "")),  # as WordPress answers nearly everything
        ("<string>-32601</string>", "x\u200by\n z", Fault(-32601, "xy z")),
        ("49", "<int>3</int>", Fault(49, "")),
    ],
)
def test_a_fault_is_its_code_and_its_words(code: str, text: str, expected: Fault) -> None:
    assert decode_response(fault(code, text)) == expected


def test_what_our_own_receiver_writes_is_read() -> None:
    assert decode_response(encode_response("Done.")) == "Done."
    assert decode_response(encode_fault(Fault(33, "Not here."))) == Fault(33, "Not here.")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html><html><body>Not found</body></html>",
        b"<html><body><p>Not found</p></body></html>",
        b"Just words",
        b"<methodResponse/>",
        b"<methodResponse><params/></methodResponse>",
        b"<methodResponse><params><param><value>1</value></param><param><value>2</value></param></params></methodResponse>",
        b"<methodResponse><fault/></methodResponse>",
        b"<methodResponse><fault><value>words</value></fault></methodResponse>",
        fault("<string>many</string>", ""),
        fault("9" * 5000, ""),
        b"<methodCall><methodName>x</methodName></methodCall>",
        success("<value>" * 200 + "</value>" * 200),
        b"<?xml version='1.0' encoding='klingon'?><methodResponse/>",
    ],
)
def test_what_is_no_response_is_told_apart(body: bytes) -> None:
    with pytest.raises(NoResponseError):
        decode_response(body)
