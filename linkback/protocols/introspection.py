"""
What an XML-RPC service says about itself (system.listMethods and its kin), and several calls in one (system.multicall).

Clients know these from a convention that all implementations share; no specification of Pingback asks for them.
"""

from dataclasses import dataclass

from linkback.protocols.xmlrpc import Fault, InteropFault, MethodCall, Value

MULTICALL = "system.multicall"


@dataclass(frozen=True, slots=True)
class Method:
    """A method that can be called; each signature is the type of the result, then those of the parameters."""

    name: str
    signatures: tuple[tuple[str, ...], ...]
    help: str


METHODS = {
    method.name: method
    for method in (
        Method(
            "pingback.ping",
            (("string", "string", "string"),),
            "Tells that the page at the first URL links to the page at the second. Pingback 1.0.",
        ),
        Method(
            "pingback.extensions.getPingbacks",
            (("array", "string"),),
            "Lists the URLs of the pages that have pinged the page at this URL, and stand there.",
        ),
        Method("system.listMethods", (("array",),), "Lists the methods that can be called here."),
        Method("system.methodHelp", (("string", "string"),), "Says what a method does."),
        Method("system.methodSignature", (("array", "string"),), "Lists the signatures of a method."),
        Method("system.getCapabilities", (("struct",),), "Lists the specifications that are implemented here."),
        Method(MULTICALL, (("array", "array"),), "Makes several calls, a few at the most, and lists their results."),
    )
}
"""Every method of this service."""

_CAPABILITIES: dict[str, tuple[str, int]] = {
    "xmlrpc": ("http://www.xmlrpc.com/spec", 1),
    "faults_interop": ("http://xmlrpc-epi.sourceforge.net/specs/rfc.fault_codes.php", 20010516),
    "system.multicall": ("http://www.xmlrpc.com/discuss/msgReader$1208", 1),
    "introspection": ("http://xmlrpc.usefulinc.com/doc/reserved.html", 1),
    "pingback": ("http://www.hixie.ch/specs/pingback/pingback", 1),
}


def answer_about_itself(call: MethodCall) -> Value | Fault:
    """Answer a call of one of the system methods but system.multicall."""
    match call.name, call.params:
        case "system.listMethods", ():
            return list(METHODS)
        case "system.getCapabilities", ():
            return {name: {"specUrl": url, "specVersion": version} for name, (url, version) in _CAPABILITIES.items()}
        case "system.methodHelp", (str(name),):
            return METHODS[name].help if name in METHODS else no_such_method(name)
        case "system.methodSignature", (str(name),):
            if name not in METHODS:
                return no_such_method(name)
            return [list[Value](signature) for signature in METHODS[name].signatures]
        case _:
            return wrong_parameters(call.name)


def no_such_method(name: str) -> Fault:
    """The fault of a call of a method that is not there."""
    return Fault(InteropFault.METHOD_NOT_FOUND, f"There is no method {name:.100} here; system.listMethods lists them.")


def wrong_parameters(name: str) -> Fault:
    """The fault of a call that does not fit the method's signature."""
    takes = " or ".join(", ".join(signature[1:]) or "nothing" for signature in METHODS[name].signatures)
    return Fault(InteropFault.INVALID_PARAMS, f"{name} takes {takes}.")


def decode_multicall(call: MethodCall, most: int) -> list[MethodCall | Fault] | Fault:
    """
    Read a call of system.multicall: what it calls, in order; an item that is no call is a fault of its own.

    More than `most` items are one fault: this service makes a request for nearly every call, and is no amplifier.
    """
    match call.params:
        case (list(items),) if len(items) <= most:
            return [_read_item(item) for item in items]
        case (list(items),):
            return Fault(InteropFault.INVALID_PARAMS, f"{MULTICALL} takes {most} calls at the most, not {len(items)}.")
        case _:
            return wrong_parameters(MULTICALL)


def encode_result(result: Value | Fault) -> Value:
    """The result of one of several calls, as system.multicall lists it: a fault as a struct, others in an array."""
    if isinstance(result, Fault):
        return {"faultCode": int(result.code), "faultString": result.text}
    return [result]


def _read_item(item: Value) -> MethodCall | Fault:
    match item:
        case {"methodName": str(name)} if name == MULTICALL:
            return Fault(InteropFault.INVALID_REQUEST, f"{MULTICALL} does not call itself.")
        case {"methodName": str(name), "params": list(params)}:
            return MethodCall(name, tuple(params))
        case _:
            return Fault(InteropFault.INVALID_REQUEST, "A call must be a struct of methodName and params.")
