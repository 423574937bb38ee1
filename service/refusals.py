"""What each protocol says to every refusal and every verdict: one table a protocol."""

from linkback.mentions import Reason, Refusal, RefusalReason
from linkback.protocols.pingback import PingbackFault
from linkback.protocols.xmlrpc import Fault, InteropFault

PINGBACK_REFUSALS: dict[RefusalReason, int] = {
    RefusalReason.BAD_SOURCE: PingbackFault.SOURCE_NOT_FOUND,
    RefusalReason.BAD_TARGET: PingbackFault.TARGET_UNUSABLE,
    RefusalReason.SAME_PAGE: PingbackFault.GENERIC,
    RefusalReason.FOREIGN_TARGET: PingbackFault.TARGET_UNUSABLE,
    RefusalReason.CLOSED: PingbackFault.TARGET_UNUSABLE,
    RefusalReason.BLOCKED: PingbackFault.ACCESS_DENIED,
    RefusalReason.ALREADY_REGISTERED: PingbackFault.ALREADY_REGISTERED,
    RefusalReason.UNAVAILABLE: InteropFault.SYSTEM_ERROR,
}
"""Pingback 1.0 section 3: the codes; the specification leaves a source that is its own target to the generic one."""

WEBMENTION_STATUSES: dict[RefusalReason, int] = {
    RefusalReason.BAD_SOURCE: 400,
    RefusalReason.BAD_TARGET: 400,
    RefusalReason.SAME_PAGE: 400,
    RefusalReason.FOREIGN_TARGET: 400,
    RefusalReason.CLOSED: 400,
    RefusalReason.BLOCKED: 403,
    RefusalReason.ALREADY_REGISTERED: 202,
    RefusalReason.UNAVAILABLE: 503,
}
"""Webmention section 3.2.1 and 3.2.3."""

PINGBACK_FAULTS: dict[Reason, PingbackFault] = {
    Reason.SOURCE_UNREADABLE: PingbackFault.SOURCE_NOT_FOUND,
    Reason.SOURCE_GONE: PingbackFault.SOURCE_NOT_FOUND,
    Reason.NO_LINK: PingbackFault.NO_LINK,
    Reason.TARGET_GONE: PingbackFault.TARGET_NOT_FOUND,
}
"""The verdicts that are no success."""

WORDS: dict[Reason, str] = {
    Reason.WAITING: "Thank you. The mention is queued; its source will be looked at soon.",
    Reason.LINKS: "Thank you. The mention is registered and stands under the post.",
    Reason.HELD_FOR_OWNER: "Thank you. The mention is registered and awaits the owner's approval.",
    Reason.SOURCE_UNREADABLE: "The source cannot be read.",
    Reason.SOURCE_GONE: "The source cannot be read.",
    Reason.SOURCE_LOST: "Thank you. The mention is registered and stands under the post, though its source is gone.",
    Reason.BY_OWNER: "The owner of the blog has decided about this mention.",
    Reason.NO_LINK: "The source does not contain a link to the target.",
    Reason.TARGET_GONE: "The target does not exist.",
}
"""The same words in all protocols; an unreadable source has but one sentence, which tells nothing of the network."""


def explain(refusal: Refusal) -> str:
    """A refusal in words: which URL, and what is wrong with it."""
    return f"{refusal.about[:200]} {refusal.why}"


def pingback_answer(outcome: Refusal | Reason) -> str | Fault:
    """What a pingback's sender hears: a text for success, or a fault."""
    if isinstance(outcome, Refusal):
        return Fault(PINGBACK_REFUSALS[outcome.reason], explain(outcome))
    fault = PINGBACK_FAULTS.get(outcome)
    return WORDS[outcome] if fault is None else Fault(fault, WORDS[outcome])
