"""XML-RPC as written by others, above all by Python's own client, and as read by it."""

import time
import xmlrpc.client
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkback.protocols.xmlrpc import (
    DEEPEST,
    LONGEST_STRING,
    MOST_VALUES,
    Fault,
    InteropFault,
    MethodCall,
    Value,
    decode_call,
    encode_fault,
    encode_response,
)
from linkback.safe_xml import parse_xml, xml_text

GOLDEN_CALL = b"""<?xml version="1.0" encoding="UTF-8"?>
<methodCall><methodName>pingback.ping</methodName><params>
<param><value><string>https://alice.example/p?x=1&amp;y=2</string></value></param>
<param><value><string>https://bob.example/post/7#c3</string></value></param>
</params></methodCall>
"""
GOLDEN_RESPONSE = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<methodResponse><params><param><value><string>Accepted.</string></value></param></params></methodResponse>"
)
GOLDEN_FAULT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<methodResponse><fault><value><struct>"
    b"<member><name>faultCode</name><value><int>17</int></value></member>"
    b"<member><name>faultString</name><value><string>No link to target</string></value></member>"
    b"</struct></value></fault></methodResponse>"
)
GOLDEN_MULTICALL_RESULT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<methodResponse><params><param><value><array><data>"
    b"<value><array><data><value><string>Accepted.</string></value></data></array></value>"
    b"<value><struct><member><name>faultCode</name><value><int>0</int></value></member>"
    b"<member><name>faultString</name><value><string></string></value></member></struct></value>"
    b"</data></array></value></param></params></methodResponse>"
)

# A carriage return that is not escaped is a line feed to every XML parser, and the client does not escape it.
strings = st.text(max_size=50).map(xml_text).map(lambda text: text.replace("\r", ""))
moments = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9999, 12, 31)).map(  # noqa: DTZ001 - XML-RPC knows no zones
    lambda moment: moment.replace(microsecond=0)
)
scalars = (
    strings
    | st.integers(-(2**31), 2**31 - 1)
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.binary(max_size=50)
    | moments
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(strings, inner, max_size=4), max_leaves=20
)


def call(value: str) -> bytes:
    return f"<methodCall><methodName>m</methodName><params><param>{value}</param></params></methodCall>".encode()


def decoded(value: str) -> Value:
    answer = decode_call(call(value))
    assert isinstance(answer, MethodCall)
    return answer.params[0]


def fault_code(body: bytes, charset: str = "") -> int:
    answer = decode_call(body, charset)
    assert isinstance(answer, Fault)
    assert answer.text
    return answer.code


def as_python_has_it(value: Any) -> Any:  # noqa: ANN401 - any value of XML-RPC
    """The value as xmlrpc.client.loads gives it: times without a zone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, list):
        return [as_python_has_it(item) for item in value]
    if isinstance(value, dict):
        return {name: as_python_has_it(item) for name, item in value.items()}
    return value


def test_a_pingback_call_is_decoded() -> None:
    expected = MethodCall("pingback.ping", ("https://alice.example/p?x=1&y=2", "https://bob.example/post/7#c3"))
    assert decode_call(GOLDEN_CALL) == expected


def test_a_response_a_fault_and_a_result_of_multicall_are_encoded() -> None:
    assert encode_response("Accepted.") == GOLDEN_RESPONSE
    assert encode_fault(Fault(17, "No link to target")) == GOLDEN_FAULT
    result: Value = [["Accepted."], {"faultCode": 0, "faultString": ""}]
    assert parse_xml(encode_response(result)).xpath("string()") == parse_xml(GOLDEN_MULTICALL_RESULT).xpath("string()")
    assert xmlrpc.client.loads(encode_response(result)) == xmlrpc.client.loads(GOLDEN_MULTICALL_RESULT)


def test_a_call_as_wordpress_writes_it_is_decoded() -> None:
    body = """<?xml version="1.0"?>
<methodCall>
<methodName>pingback.ping</methodName>
<params>
<param><value><string>http://theirs.example/?p=4</string></value></param>
<param><value><string>http://ours.example/é</string></value></param>
</params></methodCall>""".encode()
    assert decode_call(body) == MethodCall("pingback.ping", ("http://theirs.example/?p=4", "http://ours.example/é"))


@given(st.lists(values, max_size=4), st.booleans())
def test_pythons_client_is_understood(params: list[Any], use_builtin_types: bool) -> None:  # noqa: FBT001 - a given value
    written = [xmlrpc.client.Binary(param) if isinstance(param, bytes) else param for param in params]
    body = xmlrpc.client.dumps(tuple(written if not use_builtin_types else params), "some.method")
    answer = decode_call(body.encode())
    assert isinstance(answer, MethodCall)
    assert answer.name == "some.method"
    assert [as_python_has_it(param) for param in answer.params] == params


@given(values)
def test_pythons_client_understands_a_response(value: Any) -> None:  # noqa: ANN401 - any value of XML-RPC
    zoned = xmlrpc.client.loads(encode_response(with_zones(value)), use_builtin_types=True)
    assert zoned == ((value,), None)


def with_zones(value: Any) -> Any:  # noqa: ANN401 - any value of XML-RPC
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC)
    if isinstance(value, list):
        return [with_zones(item) for item in value]
    if isinstance(value, dict):
        return {name: with_zones(item) for name, item in value.items()}
    return value


@given(st.integers(-(2**31), 2**31 - 1), st.text(alphabet=st.characters()))
def test_pythons_client_understands_a_fault_whatever_its_text(code: int, text: str) -> None:
    with pytest.raises(xmlrpc.client.Fault) as caught:
        xmlrpc.client.loads(encode_fault(Fault(code, text)))
    assert (caught.value.faultCode, caught.value.faultString) == (code, xml_text(text))


def test_a_fault_is_a_struct_of_exactly_a_code_and_a_string() -> None:
    root = parse_xml(encode_fault(Fault(InteropFault.INTERNAL_ERROR, "")))
    members = [(member[0].text, member[1][0].tag, member[1][0].text or "") for member in root.iter("member")]
    assert members == [("faultCode", "int", "-32603"), ("faultString", "string", "")]
    assert [element.tag for element in root] == ["fault"]


def test_a_time_is_written_in_utc() -> None:
    moment = datetime(2026, 1, 2, 1, 4, 5, tzinfo=timezone(timedelta(hours=2)))
    assert b"<dateTime.iso8601>20260101T23:04:05<" in encode_response(moment)


def test_control_characters_are_left_out_of_responses() -> None:
    response = encode_response(["a\x00\x08b", {"c\x0b": "\ud800\uffffd"}])
    assert xmlrpc.client.loads(response) == ((["ab", {"c": "d"}],), None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("<value>abc</value>", "abc"),
        ("<value/>", ""),
        ("<value></value>", ""),
        ("<value> a </value>", " a "),
        ("<value><string/></value>", ""),
        ("<value>\n  <string>a</string>\n</value>", "a"),
        ("<value><string>a<![CDATA[<b>]]>c<!-- d -->e</string></value>", "a<b>ce"),
        ("<value><int> 4 </int></value>", 4),
        ("<value><i4>\n-4\n</i4></value>", -4),
        ("<value><int>+4</int></value>", 4),
        ("<value><int>-2147483648</int></value>", -(2**31)),
        ("<value><int>2147483647</int></value>", 2**31 - 1),
        ("<value><i8>-9223372036854775808</i8></value>", -(2**63)),
        ("<value><i8>9223372036854775807</i8></value>", 2**63 - 1),
        ("<value><boolean> 1 </boolean></value>", True),
        ("<value><boolean>0</boolean></value>", False),
        ("<value><double> -1.5 </double></value>", -1.5),
        ("<value><double>2</double></value>", 2.0),
        ("<value><double>1e-07</double></value>", 1e-07),
        (
            "<value><dateTime.iso8601> 20260102T03:04:05 </dateTime.iso8601></value>",
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        (
            "<value><dateTime.iso8601>2026-01-02T03:04:05Z</dateTime.iso8601></value>",
            datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        ),
        ("<value><base64>\nZ3L8\r\n3w==\n</base64></value>", b"gr\xfc\xdf"),
        ("<value><nil/></value>", None),
        ('<value><ex:nil xmlns:ex="http://ws.apache.org/xmlrpc/namespaces/extensions"/></value>', None),
        ("<value><array><data/></array></value>", []),
        ("<value><array> <data> <value>a</value> <value><int>1</int></value> </data> </array></value>", ["a", 1]),
        ("<value><struct/></value>", {}),
        ("<value><struct><member> <name>a</name> <value>b</value> </member></struct></value>", {"a": "b"}),
    ],
)
def test_a_value_is_read(value: str, expected: Value) -> None:
    assert decoded(value) == expected
    assert type(decoded(value)) is type(expected)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "text",
        "<string>a</string>",
        "<value>a</value><value>b</value>",
        "<value>a<int>4</int></value>",
        "<value><int>4</int>a</value>",
        "<value><int>4</int><int>5</int></value>",
        "<value><string>a<b/></string></value>",
        "<value><int/></value>",
        "<value><int>2147483648</int></value>",
        "<value><i4>-2147483649</i4></value>",
        "<value><i8>9223372036854775808</i8></value>",
        "<value><int>1_000</int></value>",
        "<value><int>1.0</int></value>",
        "<value><int>٤</int></value>",
        f"<value><int>{'9' * 5000}</int></value>",
        "<value><boolean>true</boolean></value>",
        "<value><boolean>2</boolean></value>",
        "<value><double>nan</double></value>",
        "<value><double>inf</double></value>",
        "<value><double>1e999</double></value>",
        "<value><double>1_0.0</double></value>",
        "<value><double>.</double></value>",
        "<value><dateTime.iso8601>yesterday</dateTime.iso8601></value>",
        "<value><dateTime.iso8601>20260230T00:00:00</dateTime.iso8601></value>",
        "<value><base64>a</base64></value>",
        "<value><base64>é</base64></value>",
        "<value><unknown/></value>",
        "<value><array/></value>",
        "<value><array><data/><data/></array></value>",
        "<value><array><data><int>1</int></data></array></value>",
        "<value><struct><name>a</name></struct></value>",
        "<value><struct><member><name>a</name></member></struct></value>",
        "<value><struct><member><value>a</value><name>a</name></member></struct></value>",
        "<value><struct><member><name>a</name><value>b</value></member><member><name>a</name><value/></member></struct></value>",
        f"<value>{'a' * (LONGEST_STRING + 1)}</value>",
        f"<value><string>{'a' * (LONGEST_STRING + 1)}</string></value>",
        "<value><array><data>" * DEEPEST + "<value/>" + "</data></array></value>" * DEEPEST,
        f"<value><array><data>{'<value/>' * MOST_VALUES}</data></array></value>",
    ],
)
def test_what_is_no_value_is_an_invalid_request(value: str) -> None:
    assert fault_code(call(value)) == InteropFault.INVALID_REQUEST


def test_values_up_to_the_limits_are_read() -> None:
    assert decoded(f"<value>{'a' * LONGEST_STRING}</value>") == "a" * LONGEST_STRING
    most = f"<value><array><data>{'<value/>' * (MOST_VALUES - 1)}</data></array></value>"
    assert decoded(most) == [""] * (MOST_VALUES - 1)
    deepest = "<value><array><data>" * (DEEPEST - 1) + "<value/>" + "</data></array></value>" * (DEEPEST - 1)
    assert decoded(deepest)


@pytest.mark.parametrize("params", ["", "<params/>", "<params></params>", "<params>\n</params>"])
def test_a_call_may_have_no_params(params: str) -> None:
    body = f"<methodCall> <methodName> system.listMethods </methodName> {params} </methodCall>".encode()
    assert decode_call(body) == MethodCall("system.listMethods", ())


@pytest.mark.parametrize(
    "body",
    [
        b"<methodResponse/>",
        b"<html><body/></html>",
        b'<methodCall xmlns="https://elsewhere.example/"><methodName>m</methodName></methodCall>',
        b"<methodCall/>",
        b"<methodCall><methodName/></methodCall>",
        b"<methodCall><methodName>two words</methodName></methodCall>",
        b"<methodCall><params/></methodCall>",
        b"<methodCall><params/><methodName>m</methodName></methodCall>",
        b"<methodCall><methodName>m</methodName><methodName>n</methodName></methodCall>",
        b"<methodCall><methodName>m</methodName><params/><params/></methodCall>",
        b"<methodCall><methodName>m</methodName><params><value>a</value></params></methodCall>",
    ],
)
def test_a_document_that_is_no_call_is_an_invalid_request(body: bytes) -> None:
    assert fault_code(body) == InteropFault.INVALID_REQUEST


@pytest.mark.parametrize(
    "body",
    [b"", b"pingback.ping", b"source=a&target=b", GOLDEN_CALL[:-20], b"<!DOCTYPE methodCall>" + GOLDEN_CALL[39:]],
)
def test_a_text_that_is_not_well_formed_or_has_a_document_type_is_told_so(body: bytes) -> None:
    assert fault_code(body) == InteropFault.NOT_WELL_FORMED


def test_bytes_that_are_not_in_their_encoding_are_told_so() -> None:
    assert fault_code(b"<a>\xff</a>") == InteropFault.INVALID_CHARACTER


@pytest.mark.parametrize(("body", "charset"), [(GOLDEN_CALL, "utf-7"), (GOLDEN_CALL, "\x00\udcff")])
def test_an_encoding_that_cannot_be_read_is_told_so(body: bytes, charset: str) -> None:
    assert fault_code(body, charset) == InteropFault.UNSUPPORTED_ENCODING


def test_thousands_of_nested_arrays_are_refused_fast() -> None:
    depth = 20_000
    began = time.perf_counter()
    code = fault_code(call("<value><array><data>" * depth + "</data></array></value>" * depth))
    assert code == InteropFault.NOT_WELL_FORMED
    assert time.perf_counter() - began < 1


@given(st.binary(max_size=200), st.text(max_size=10))
def test_whatever_comes_is_a_call_or_a_fault_that_can_be_sent(body: bytes, charset: str) -> None:
    answer = decode_call(body, charset)
    assert isinstance(answer, MethodCall | Fault)
    if isinstance(answer, Fault):
        assert parse_xml(encode_fault(answer)).tag == "methodResponse"


tags = st.sampled_from(
    [
        *("methodCall", "methodName", "params", "param", "value", "string", "int", "i4", "i8", "double", "boolean"),
        *("dateTime.iso8601", "base64", "nil", "array", "data", "struct", "member", "name"),
    ]
)
trees = st.recursive(
    st.text("019.-T:aé ", max_size=6),
    lambda inner: st.tuples(tags, st.lists(inner, max_size=4)).map(
        lambda node: f"<{node[0]}>{''.join(node[1])}</{node[0]}>"
    ),
    max_leaves=12,
)


@given(trees)
def test_elements_in_any_order_are_a_call_or_a_fault(tree: str) -> None:
    for body in (tree.encode(), call(tree), call(f"<value>{tree}</value>")):
        assert isinstance(decode_call(body), MethodCall | Fault)
