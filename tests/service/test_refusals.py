"""Every refusal and every reason has its words in every protocol."""

import pytest

from linkback.mentions import Reason, Refusal, RefusalReason
from linkback.protocols.xmlrpc import Fault
from service.refusals import PINGBACK_REFUSALS, WORDS, explain, pingback_answer


@pytest.mark.parametrize("reason", list(RefusalReason))
def test_a_refusal_is_a_fault_that_names_its_url(reason: RefusalReason) -> None:
    answer = pingback_answer(Refusal(reason, "https://theirs.example/a", "is wrong."))
    assert isinstance(answer, Fault)
    assert answer.code == PINGBACK_REFUSALS[reason]
    assert answer.text == "https://theirs.example/a is wrong."


@pytest.mark.parametrize("reason", list(Reason))
def test_a_reason_has_words(reason: Reason) -> None:
    answer = pingback_answer(reason)
    assert WORDS[reason] in {answer, getattr(answer, "text", "")}


def test_an_unreadable_source_and_one_that_is_gone_cannot_be_told_apart() -> None:
    assert pingback_answer(Reason.SOURCE_UNREADABLE) == pingback_answer(Reason.SOURCE_GONE)


def test_a_very_long_url_is_cropped_in_the_words() -> None:
    assert len(explain(Refusal(RefusalReason.BAD_SOURCE, "x" * 5000, "is too long."))) < 300
