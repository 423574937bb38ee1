"""Pingback 1.0: what its calls say (section 3, "XML-RPC interface")."""

from enum import IntEnum

from linkback.mentions import Ping, Protocol
from linkback.protocols.xmlrpc import Fault, InteropFault, MethodCall

PING = "pingback.ping"
GET_PINGBACKS = "pingback.extensions.getPingbacks"


class PingbackFault(IntEnum):
    """The specification's fault codes; bits 5 to 8 say whether source, target or something else is at fault."""

    GENERIC = 0
    SOURCE_NOT_FOUND = 16
    NO_LINK = 17
    TARGET_NOT_FOUND = 32
    TARGET_UNUSABLE = 33
    ALREADY_REGISTERED = 48
    ACCESS_DENIED = 49
    UPSTREAM = 50


def decode(call: MethodCall) -> Ping | Fault:
    """Read a call of pingback.ping: two strings, the source's URL and the target's."""
    match call.params:
        case (str(source), str(target)):
            return Ping(Protocol.PINGBACK, _url(source), _url(target))
        case _:
            return Fault(
                InteropFault.INVALID_PARAMS,
                f"{PING} takes two strings, the URL of the page that links and the URL that it links to.",
            )


def decode_get_pingbacks(call: MethodCall) -> str | Fault:
    """Read a call of pingback.extensions.getPingbacks, which many servers share: one string, the target's URL."""
    match call.params:
        case (str(target),):
            return _url(target)
        case _:
            return Fault(InteropFault.INVALID_PARAMS, f"{GET_PINGBACKS} takes one string, the URL of the target.")


def _url(text: str) -> str:
    """Take off white space, and the escape that senders such as WordPress put on twice."""
    return text.strip().replace("&amp;", "&")
