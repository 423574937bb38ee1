"""XML-RPC as its callers speak it: a call that goes out, and the value or the fault that comes back."""

import re

from lxml import etree

from linkback.plain_text import clean
from linkback.protocols.xmlrpc import (
    Fault,
    InvalidRequestError,
    MethodCall,
    Value,
    only_child,
    read_value,
    write_value,
)
from linkback.safe_xml import XmlError, parse_xml, write_xml

CONTENT_TYPE = "text/xml; charset=utf-8"

_CODE = re.compile("-?[0-9]{1,10}")


class NoResponseError(ValueError):
    """What came back is no methodResponse; the message says why."""


def encode_call(call: MethodCall) -> bytes:
    """Write a methodCall; its strings are always said to be strings, since WordPress drops empty ones that are not."""
    root = etree.Element("methodCall")
    etree.SubElement(root, "methodName").text = call.name
    params = etree.SubElement(root, "params")
    for param in call.params:
        write_value(etree.SubElement(params, "param"), param)
    return write_xml(root)


def decode_response(body: bytes, charset: str = "") -> Value | Fault:
    """
    Read a methodResponse; `charset` is the Content-Type's, empty if it has none.

    Raises:
        NoResponseError: if it is none, as the pages of errors in HTML are.
    """
    try:
        root = parse_xml(body, charset)
        if root.tag != "methodResponse" or len(root) != 1:
            message = f"The answer is a <{root.tag!s:.40}>, not a <methodResponse> with one element."
            raise NoResponseError(message)
        if root[0].tag == "fault":
            return _read_fault(read_value(only_child(root[0], "value"), 1))
        return read_value(only_child(only_child(root[0], "param"), "value"), 1)
    except (XmlError, InvalidRequestError) as error:
        raise NoResponseError(str(error)) from error


def _read_fault(value: Value) -> Fault:
    """Read a fault's struct; some servers write its code as a string."""
    members = value if isinstance(value, dict) else {}
    code = str(members.get("faultCode", "")).strip()
    text = members.get("faultString", "")
    if not _CODE.fullmatch(code):
        message = f"The fault has no faultCode that is a number: {code!r:.40}."
        raise NoResponseError(message)
    return Fault(int(code), clean(text) if isinstance(text, str) else "")
