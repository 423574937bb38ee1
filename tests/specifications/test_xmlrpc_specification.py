"""
XML-RPC (xmlrpc.com/spec), its common fault codes (2001-05-16), and what services share beyond it.

The calls are of methods that exist here. A value of the right form and the wrong type is -32602, invalid parameters;
one of the wrong form is -32600, no XML-RPC: so the answer tells whether it was read.
"""

import codecs
import xmlrpc.client
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Blog
from wire import ask

from workers.loop import Loop

READ = -32602
NOT_READ = -32600

NOT_WELL_FORMED = -32700
UNSUPPORTED_ENCODING = -32701
INVALID_CHARACTER = -32702
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
TRANSPORT_ERROR = -32300


def call(method: str, *values: str) -> str:
    """The text of a call, with values as XML has them."""
    params = "".join(f"<param><value>{value}</value></param>" for value in values)
    return f"<methodCall><methodName>{method}</methodName><params>{params}</params></methodCall>"


async def result(receiver: str, body: str | bytes, content_type: str = "text/xml") -> Any:  # noqa: ANN401 - of any type
    """
    The value of the answer, read by Python's own client.

    Raises:
        xmlrpc.client.Fault: if it is a fault.
    """
    answered = await ask("POST", f"{receiver}/xmlrpc", body, content_type)
    assert (answered.status, answered.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    (value,), _ = xmlrpc.client.loads(answered.body)
    return value


async def fault(receiver: str, body: str | bytes, content_type: str = "text/xml") -> int:
    """The code of the fault that is the answer."""
    with pytest.raises(xmlrpc.client.Fault) as raised:
        await result(receiver, body, content_type)
    assert raised.value.faultString
    return raised.value.faultCode


VALUES = [
    pytest.param("<i4>-12</i4>", READ, id="types: i4"),
    pytest.param("<int>+2147483647</int>", READ, id="types: int, with a sign"),
    pytest.param("<int>2147483648</int>", NOT_READ, id="types: int has 32 bits"),
    pytest.param("<int>1.5</int>", NOT_READ, id="types: int has no fraction"),
    pytest.param("<int></int>", NOT_READ, id="types: int is not empty"),
    pytest.param("<boolean>1</boolean>", READ, id="types: boolean"),
    pytest.param("<boolean>true</boolean>", NOT_READ, id="types: boolean is 0 or 1"),
    pytest.param("<double>-12.214</double>", READ, id="types: double"),
    pytest.param("<double>nan</double>", NOT_READ, id="types: double is no nan"),
    pytest.param("<dateTime.iso8601>19980717T14:08:55</dateTime.iso8601>", READ, id="types: dateTime.iso8601"),
    pytest.param("<dateTime.iso8601>yesterday</dateTime.iso8601>", NOT_READ, id="types: dateTime.iso8601 is a time"),
    pytest.param("<base64>eW91IGNhbid0\nIHJlYWQgdGhpcyE=</base64>", READ, id="types: base64"),
    pytest.param("<base64>!</base64>", NOT_READ, id="types: base64 is base64"),
    pytest.param("<array><data><value>a</value><value><int>1</int></value></data></array>", READ, id="types: array"),
    pytest.param("<array><value>a</value></array>", NOT_READ, id="types: array has its data"),
    pytest.param(
        "<struct><member><name>a</name><value>b</value></member></struct>", READ, id="types: struct of named members"
    ),
    pytest.param("<struct><member><value>b</value></member></struct>", NOT_READ, id="types: a member has a name"),
    pytest.param("<i8>9223372036854775807</i8>", READ, id="types: i8, an extension"),
    pytest.param("<nil/>", READ, id="types: nil, an extension"),
    pytest.param("<float>1</float>", NOT_READ, id="types: no others"),
    pytest.param("<int>1</int><int>2</int>", NOT_READ, id="types: a value is one value"),
]


@pytest.mark.parametrize(("value", "code"), VALUES)
async def test_a_value_is_read(receiver: str, value: str, code: int) -> None:
    assert await fault(receiver, call("system.methodHelp", value)) == code


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("<string>system.listMethods</string>", id="types: string"),
        pytest.param("system.listMethods", id="types: a value without a type is a string"),
        pytest.param("<string>system&#46;list&#x4D;ethods</string>", id="types: references are what they stand for"),
        pytest.param("<string><![CDATA[system.listMethods]]></string>", id="types: so is a CDATA section"),
        pytest.param("\n  <string>system.listMethods</string>\n", id="types: white space around the type"),
    ],
)
async def test_a_string_is_read(receiver: str, value: str) -> None:
    assert await result(receiver, call("system.methodHelp", value))


async def test_an_empty_value_is_an_empty_string(receiver: str) -> None:
    body = call("system.methodHelp", "").replace("<value></value>", "<value/>")
    assert await fault(receiver, body) == METHOD_NOT_FOUND


REQUESTS = [
    pytest.param("", NOT_WELL_FORMED, id="-32700 an empty body"),
    pytest.param("not XML", NOT_WELL_FORMED, id="-32700 no XML"),
    pytest.param(call("system.listMethods")[:-5], NOT_WELL_FORMED, id="-32700 XML that breaks off"),
    pytest.param("<!DOCTYPE methodCall>" + call("system.listMethods"), NOT_WELL_FORMED, id="-32700 a document type"),
    pytest.param(call("system.methodHelp", "&x;"), NOT_WELL_FORMED, id="-32700 an entity"),
    pytest.param('<?xml version="1.0" encoding="x-none"?><methodCall/>', UNSUPPORTED_ENCODING, id="-32701 an encoding"),
    pytest.param(b"<methodCall>\xff</methodCall>", INVALID_CHARACTER, id="-32702 a character that is none"),
    pytest.param("<methodResponse/>", INVALID_REQUEST, id="-32600 the root is methodCall"),
    pytest.param("<methodCall><params/></methodCall>", INVALID_REQUEST, id="-32600 a call has a methodName"),
    pytest.param(call("system list"), INVALID_REQUEST, id="-32600 a methodName has letters, digits and _ . : /"),
    pytest.param(
        *("<methodCall><methodName>a</methodName><value/></methodCall>", INVALID_REQUEST),
        id="-32600 parameters stand in params and param",
    ),
    pytest.param(call("system.no"), METHOD_NOT_FOUND, id="-32601 no such method"),
    pytest.param(call("SYSTEM.listmethods"), METHOD_NOT_FOUND, id="-32601 names of methods are in one case"),
    pytest.param(call("pingback.ping"), INVALID_PARAMS, id="-32602 too few parameters"),
    pytest.param(call("system.listMethods", "x"), INVALID_PARAMS, id="-32602 too many parameters"),
    pytest.param(call("a", "x" * 70_000), TRANSPORT_ERROR, id="-32300 a body that is too long"),
]


@pytest.mark.parametrize(("body", "code"), REQUESTS)
async def test_what_is_wrong_is_a_fault_at_http_200(receiver: str, body: str | bytes, code: int) -> None:
    assert await fault(receiver, body) == code


async def test_a_fault_is_a_struct_of_exactly_code_and_string(receiver: str) -> None:
    answered = await ask("POST", f"{receiver}/xmlrpc", call("system.no"), "text/xml")
    assert answered.headers["content-length"] == str(len(answered.body))
    assert answered.body.startswith(b"<?xml version=")
    members = answered.text.split("<fault><value><struct>")[1].split("</struct></value></fault>")[0]
    assert members.startswith("<member><name>faultCode</name><value><int>-32601</int></value></member>")
    assert members.count("<member>") == 2
    assert "<name>faultString</name><value><string>" in members


async def test_32602_a_fault_says_what_the_method_takes(receiver: str) -> None:
    with pytest.raises(xmlrpc.client.Fault, match=r"system\.methodHelp takes string"):
        await result(receiver, call("system.methodHelp"))


CALL = call("system.methodHelp", "system.listMethods")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(CALL, "text/xml", id="header: text/xml"),
        pytest.param(CALL, "application/xml", id="header: application/xml is taken as well"),
        pytest.param(CALL, "application/x-www-form-urlencoded", id="header: so is what some senders say by mistake"),
        pytest.param(CALL, "", id="header: or nothing"),
        pytest.param("\n" + CALL, "text/xml", id="payload: white space before it is passed over"),
        pytest.param(f"<?xml version='1.0'?>\n<!-- x -->{CALL}", "text/xml", id="payload: a declaration and a comment"),
        pytest.param(CALL.replace("><", ">\n  <"), "text/xml", id="payload: indented"),
    ],
)
async def test_a_call_is_read(receiver: str, body: str, content_type: str) -> None:
    assert await result(receiver, body, content_type)


FOREIGN = call("pingback.extensions.getPingbacks", "https://b.example/é")
LATIN = '<?xml version="1.0" encoding="iso-8859-1"?>'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        pytest.param(FOREIGN.encode(), "text/xml", id="charset: UTF-8 if nothing else is said"),
        pytest.param((LATIN + FOREIGN).encode("latin-1"), "text/xml", id="charset: the declaration counts"),
        pytest.param(FOREIGN.encode("latin-1"), "text/xml; charset=iso-8859-1", id="charset: the header counts"),
        pytest.param((LATIN + FOREIGN).encode(), "text/xml; charset=utf-8", id="charset: the header goes before it"),
        pytest.param(codecs.BOM_UTF8 + FOREIGN.encode(), "text/xml", id="charset: UTF-8 with a byte order mark"),
        pytest.param(FOREIGN.encode("utf-16"), "text/xml", id="charset: UTF-16 with a byte order mark"),
        pytest.param(FOREIGN.encode(), "text/xml; charset=us-ascii", id="charset: us-ascii that is UTF-8"),
        pytest.param(FOREIGN.replace("é", "&#233;").encode(), "text/xml", id="charset: references need none"),
    ],
)
async def test_text_beyond_ascii_is_read(receiver: str, body: bytes, content_type: str) -> None:
    with pytest.raises(xmlrpc.client.Fault, match=r"'https://b\.example/é belongs to no site"):
        await result(receiver, body, content_type)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/xmlrpc", "/pingback"])
async def test_a_call_is_a_post_and_nothing_else(receiver: str, method: str, path: str) -> None:
    answered = await ask(method, receiver + path)
    assert (answered.status, answered.headers["allow"]) == (405, "POST")


METHODS: list[Any] = [
    pytest.param(
        "system.listMethods", [], lambda names: {"pingback.ping", "system.multicall"} <= set(names), id="listMethods"
    ),
    pytest.param(
        *("system.methodSignature", ["pingback.ping"], lambda found: found == [["string", "string", "string"]]),
        id="methodSignature: the result, then the parameters",
    ),
    pytest.param(
        "system.methodHelp", ["pingback.ping"], lambda words: "Pingback 1.0" in words, id="methodHelp: a text"
    ),
    pytest.param(
        *("system.getCapabilities", [], lambda found: found["faults_interop"]["specVersion"] == 20010516),
        id="getCapabilities: faults_interop",
    ),
    pytest.param(
        *("system.getCapabilities", []),
        lambda found: all(set(spec) == {"specUrl", "specVersion"} for spec in found.values()),
        id="getCapabilities: each has an address and a version",
    ),
    pytest.param(
        *("system.getCapabilities", [], lambda found: {"xmlrpc", "introspection", "system.multicall"} < set(found)),
        id="getCapabilities: what is implemented",
    ),
    pytest.param("system.multicall", [[]], lambda results: results == [], id="multicall: of nothing"),
]


def dumped(method: str, *params: Any) -> str:  # noqa: ANN401 - of any type
    """The text of a call, as Python's own client writes it."""
    return xmlrpc.client.dumps(params, method)


@pytest.mark.parametrize(("method", "params", "is_expected"), METHODS)
async def test_the_service_tells_of_itself(
    receiver: str, method: str, params: list[Any], is_expected: Callable[[Any], bool]
) -> None:
    assert is_expected(await result(receiver, dumped(method, *params)))


async def test_every_method_that_is_listed_has_a_help_and_signatures(receiver: str) -> None:
    for name in await result(receiver, dumped("system.listMethods")):
        assert await result(receiver, dumped("system.methodHelp", name))
        assert await result(receiver, dumped("system.methodSignature", name))


@pytest.mark.parametrize("method", ["system.methodHelp", "system.methodSignature"])
async def test_a_method_that_is_not_there_has_neither(receiver: str, method: str) -> None:
    assert await fault(receiver, dumped(method, "no.such")) == METHOD_NOT_FOUND


LIST = {"methodName": "system.methodHelp", "params": ["pingback.ping"]}

MULTICALLS = [
    pytest.param([LIST, LIST], [str, str], id="multicall: each result in an array of its own"),
    pytest.param([LIST, {**LIST, "methodName": "no.such"}], [str, -32601], id="multicall: a fault is a struct"),
    pytest.param([{**LIST, "params": []}, LIST], [-32602, str], id="multicall: a fault is that call's alone"),
    pytest.param(["nonsense", LIST], [-32600, str], id="multicall: so is a call that is none"),
    pytest.param([{"methodName": "a"}, LIST], [-32600, str], id="multicall: a call has its params"),
    pytest.param([{"methodName": "system.multicall", "params": [[]]}], [-32600], id="multicall: not within itself"),
]


@pytest.mark.parametrize(("calls", "expected"), MULTICALLS)
async def test_several_calls_have_their_results_in_order(
    receiver: str, calls: list[Any], expected: list[type | int]
) -> None:
    results = await result(receiver, dumped("system.multicall", calls))
    assert [found["faultCode"] if isinstance(found, dict) else type(found[0]) for found in results] == expected
    assert all(set(found) == {"faultCode", "faultString"} for found in results if isinstance(found, dict))


async def test_several_calls_are_no_more_than_ten(receiver: str) -> None:
    assert len(await result(receiver, dumped("system.multicall", [LIST] * 10))) == 10
    assert await fault(receiver, dumped("system.multicall", [LIST] * 11)) == INVALID_PARAMS


@pytest.mark.parametrize("answer_within", [0.0])
async def test_get_pingbacks_lists_the_sources_that_stand_at_the_target(
    receiver: str, ours: Blog, theirs: Blog, loop_of_worker: Loop
) -> None:
    target = f"{ours.url}/post"
    source, untrue = theirs.linking("/a", target), theirs.page("/b", "no link")
    question = dumped("pingback.extensions.getPingbacks", target)
    pings = [{"methodName": "pingback.ping", "params": [page, target]} for page in (source, untrue)]
    await result(receiver, dumped("system.multicall", pings))
    assert await result(receiver, question) == []
    await loop_of_worker.run_until_idle()
    assert await result(receiver, question) == [source]


@pytest.mark.parametrize(
    ("params", "code"),
    [
        pytest.param(["https://elsewhere.example/"], 33, id="getPingbacks: a target that is not ours is 0x0021"),
        pytest.param(["nonsense"], 33, id="getPingbacks: a target that is no URL is 0x0021"),
        pytest.param([1], -32602, id="getPingbacks: the target is a string"),
        pytest.param([], -32602, id="getPingbacks: the target is needed"),
    ],
)
async def test_get_pingbacks_of_what_is_no_post_is_a_fault(receiver: str, params: list[Any], code: int) -> None:
    assert await fault(receiver, dumped("pingback.extensions.getPingbacks", *params)) == code
