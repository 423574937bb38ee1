"""The autodiscovery block, and addresses of posts in ping URLs."""

import re

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from linkback.protocols.trackback_listing import Listed, encode_list, post_id, rdf_block, target_of

PING = "{http://madskills.com/public/xml/rss/module/trackback/}ping"
IDENTIFIER = "{http://purl.org/dc/elements/1.1/}identifier"
TITLE = "{http://purl.org/dc/elements/1.1/}title"

xml_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))


@given(xml_texts)
def test_a_sender_reads_from_the_block_what_was_written_and_nothing_ends_its_comment(text: str) -> None:
    url = f"https://ours.example/{text}--><script>"
    block = rdf_block(url, text, "https://linkback.example/trackback/x")
    assert block.count("-->") == 1
    [description] = etree.fromstring(block.removeprefix("<!--").removesuffix("-->").encode())
    assert description.get(IDENTIFIER) == url
    assert description.get(TITLE) == text
    assert description.get(PING) == "https://linkback.example/trackback/x"


@given(st.text(min_size=1).filter(lambda text: not re.search("[\ud800-\udfff]", text)))
def test_the_address_of_a_post_survives_the_ping_url(url: str) -> None:
    assert re.fullmatch("[A-Za-z0-9_-]+", post_id(url))
    assert target_of(post_id(url)) == url


@given(st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert isinstance(target_of(text), str)


@given(st.text(), st.text())
def test_a_list_is_well_formed_whatever_is_in_it(title: str, excerpt: str) -> None:
    listing = etree.fromstring(encode_list(title, "https://ours.example/", "en", [Listed(title, title, excerpt)]))
    assert listing.findtext("error") == "0"
