"""
XML-RPC (xmlrpc.com/spec), with the fault codes that implementations have agreed on (specification of 2001-05-16).

A fault is a value here: what is wrong with a call is told to the caller, and never raised.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any

from lxml import etree

from linkback.safe_xml import EncodingError, WrongEncodingError, XmlError, parse_xml, write_xml, xml_text

Value = str | int | float | bool | datetime | bytes | None | list["Value"] | dict[str, "Value"]

MOST_VALUES = 1000
DEEPEST = 32
LONGEST_STRING = 8192

_METHOD_NAME = re.compile(r"[A-Za-z0-9_.:/]{1,255}")
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL_NUMBER = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_TIME_FORMATS = ("%Y%m%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S")
_NIL = "{http://ws.apache.org/xmlrpc/namespaces/extensions}nil"


class InteropFault(IntEnum):
    """The fault codes that all XML-RPC services share."""

    NOT_WELL_FORMED = -32700
    UNSUPPORTED_ENCODING = -32701
    INVALID_CHARACTER = -32702
    INVALID_REQUEST = -32600
    METHOD_NOT_FOUND = -32601
    INVALID_PARAMS = -32602
    INTERNAL_ERROR = -32603
    SYSTEM_ERROR = -32400
    TRANSPORT_ERROR = -32300


@dataclass(frozen=True, slots=True)
class MethodCall:
    """A call, decoded."""

    name: str
    params: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """An answer that says what went wrong, as code and text."""

    code: int
    text: str


class InvalidRequestError(ValueError):
    """XML that is no XML-RPC; the message says where."""


def decode_call(body: bytes, charset: str = "") -> MethodCall | Fault:
    """Read a methodCall; `charset` is the Content-Type's, empty if it has none."""
    try:
        return _read_call(parse_xml(body, charset))
    except EncodingError as error:
        return Fault(InteropFault.UNSUPPORTED_ENCODING, str(error))
    except WrongEncodingError as error:
        return Fault(InteropFault.INVALID_CHARACTER, str(error))
    except XmlError as error:
        return Fault(InteropFault.NOT_WELL_FORMED, str(error))
    except InvalidRequestError as error:
        return Fault(InteropFault.INVALID_REQUEST, str(error))


def encode_response(value: Value) -> bytes:
    """Write a methodResponse with the one value that it may have; None is read but not written: few know <nil/>."""
    response = etree.Element("methodResponse")
    param = etree.SubElement(etree.SubElement(response, "params"), "param")
    write_value(param, value)
    return write_xml(response)


def encode_fault(fault: Fault) -> bytes:
    """Write a methodResponse that is a fault."""
    response = etree.Element("methodResponse")
    write_value(etree.SubElement(response, "fault"), {"faultCode": int(fault.code), "faultString": fault.text})
    return write_xml(response)


def _read_call(root: etree._Element) -> MethodCall:
    if root.tag != "methodCall":
        message = f"The document is a <{root.tag!s:.40}>, not a <methodCall>."
        raise InvalidRequestError(message)
    if [child.tag for child in root] not in (["methodName"], ["methodName", "params"]):
        message = "A <methodCall> must hold a <methodName>, then at most one <params>."
        raise InvalidRequestError(message)
    name = (root[0].text or "").strip()
    if not _METHOD_NAME.fullmatch(name):
        message = f"{name!r:.40} is no <methodName>: that has letters, digits, and the characters _ . : / only."
        raise InvalidRequestError(message)
    if len(list(root.iter("value"))) > MOST_VALUES:
        message = f"The call has more than {MOST_VALUES} values."
        raise InvalidRequestError(message)
    params = [only_child(param, "value") for param in _children(root[1], "param")] if len(root) > 1 else []
    return MethodCall(name, tuple(read_value(value, 1) for value in params))


def _children(parent: etree._Element, tag: str) -> list[etree._Element]:
    for child in parent:
        if child.tag != tag:
            message = f"A <{tag}> was expected in <{parent.tag!s:.40}> where a <{child.tag!s:.40}> stands."
            raise InvalidRequestError(message)
    return list(parent)


def only_child(parent: etree._Element, tag: str) -> etree._Element:
    """
    The one element that another must hold.

    Raises:
        InvalidRequestError: if it holds another, more, or none.
    """
    children = _children(parent, tag)
    if len(children) != 1:
        message = f"A <{parent.tag!s:.40}> must hold one <{tag}>."
        raise InvalidRequestError(message)
    return children[0]


def read_value(value: etree._Element, depth: int) -> Value:
    """
    The value of a <value>, which stands so deep among others, from 1.

    Raises:
        InvalidRequestError: if it is no value, or nested too deep.
    """
    if depth > DEEPEST:
        message = f"The values are nested deeper than {DEEPEST}."
        raise InvalidRequestError(message)
    if len(value) == 0:
        return _read_string(value.text or "")
    typed = value[0]
    if len(value) > 1 or (value.text or "").strip() or (typed.tail or "").strip():
        message = "A <value> must hold one type, or text alone."
        raise InvalidRequestError(message)
    if typed.tag == "array":
        return [read_value(item, depth + 1) for item in _children(only_child(typed, "data"), "value")]
    if typed.tag == "struct":
        return _read_struct(typed, depth)
    read = _SCALAR_READERS.get(str(typed.tag))
    if read is None or len(typed):
        message = f"<{typed.tag!s:.40}> is no type of XML-RPC, or holds what it must not."
        raise InvalidRequestError(message)
    return read(typed.text or "")


def _read_struct(struct: etree._Element, depth: int) -> dict[str, Value]:
    members: dict[str, Value] = {}
    for member in _children(struct, "member"):
        if [child.tag for child in member] != ["name", "value"]:
            message = "A <member> must hold a <name> and a <value>."
            raise InvalidRequestError(message)
        name = member[0].text or ""
        if name in members:
            message = f"The member {name!r:.40} stands twice in a <struct>."
            raise InvalidRequestError(message)
        members[name] = read_value(member[1], depth + 1)
    return members


def _read_string(text: str) -> str:
    if len(text) > LONGEST_STRING:
        message = f"A string is longer than {LONGEST_STRING} characters."
        raise InvalidRequestError(message)
    return text


def _read_i4(text: str) -> int:
    return _read_whole_number(text, 32)


def _read_i8(text: str) -> int:
    return _read_whole_number(text, 64)


def _read_whole_number(text: str, bits: int) -> int:
    if not _WHOLE_NUMBER.fullmatch(text.strip()) or not -(2 ** (bits - 1)) <= int(text) < 2 ** (bits - 1):
        message = f"{text!r:.40} is no whole number of {bits} bits."
        raise InvalidRequestError(message)
    return int(text)


def _read_decimal_number(text: str) -> float:
    """Exponents are taken though the specification has none: Python's own client writes them."""
    if not _DECIMAL_NUMBER.fullmatch(text.strip()) or not math.isfinite(float(text)):
        message = f"{text!r:.40} is no decimal number."
        raise InvalidRequestError(message)
    return float(text)


def _read_boolean(text: str) -> bool:
    if text.strip() not in {"0", "1"}:
        message = f"{text!r:.40} is no boolean: it must be 0 or 1."
        raise InvalidRequestError(message)
    return text.strip() == "1"


def _read_time(text: str) -> datetime:
    for time_format in _TIME_FORMATS:
        try:
            return datetime.strptime(text.strip().removesuffix("Z"), time_format).replace(tzinfo=UTC)
        except ValueError:
            continue
    message = f"{text!r:.40} is no dateTime.iso8601."
    raise InvalidRequestError(message)


def _read_base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        message = f"A base64 value is not base64: {error}."
        raise InvalidRequestError(message) from error


def _read_nil(_text: str) -> None:
    return None


_SCALAR_READERS: dict[str, Callable[[str], Value]] = {
    "string": _read_string,
    "int": _read_i4,
    "i4": _read_i4,
    "i8": _read_i8,
    "double": _read_decimal_number,
    "boolean": _read_boolean,
    "dateTime.iso8601": _read_time,
    "base64": _read_base64,
    "nil": _read_nil,
    _NIL: _read_nil,
}


_SCALAR_WRITERS: dict[type, tuple[str, Callable[[Any], str]]] = {
    str: ("string", xml_text),
    bool: ("boolean", lambda flag: str(int(flag))),
    int: ("int", str),
    float: ("double", lambda number: format(Decimal(repr(number)), "f")),
    bytes: ("base64", lambda data: base64.b64encode(data).decode()),
    datetime: ("dateTime.iso8601", lambda time: time.astimezone(UTC).strftime(_TIME_FORMATS[0])),
}


def write_value(parent: etree._Element, value: Value) -> None:
    """Append a <value> to an element; None has no form that all clients read, and raises KeyError."""
    element = etree.SubElement(parent, "value")
    if isinstance(value, dict):
        _write_struct(element, value)
    elif isinstance(value, list):
        data = etree.SubElement(etree.SubElement(element, "array"), "data")
        for item in value:
            write_value(data, item)
    else:
        tag, write = _SCALAR_WRITERS[type(value)]
        etree.SubElement(element, tag).text = write(value)


def _write_struct(parent: etree._Element, members: dict[str, Value]) -> None:
    struct = etree.SubElement(parent, "struct")
    for name, value in members.items():
        member = etree.SubElement(struct, "member")
        etree.SubElement(member, "name").text = xml_text(name)
        write_value(member, value)
