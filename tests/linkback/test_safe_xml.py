"""What XML is read from strangers, what is refused, and what is written."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from linkback.safe_xml import EncodingError, WrongEncodingError, XmlError, parse_xml, write_xml, xml_text

BILLION_LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY l0 "ha">'
    + b"".join(b'<!ENTITY l%d "%s">' % (n, b"&l%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><a>&l9;</a>"
)


def text_of(body: bytes, charset: str = "") -> str | None:
    return parse_xml(body, charset).text


@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE a><a/>",
        b'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1/"> %x;]><a/>',
        b"<!-- a --> <?b c?> <!-- d -->\n<!DOCTYPE a><a/>",
        b"\xef\xbb\xbf <!DOCTYPE a><a/>",
        "<!DOCTYPE a><a/>".encode("utf-16"),
        BILLION_LAUGHS,
    ],
)
def test_a_document_type_is_refused_wherever_a_document_may_have_it(body: bytes) -> None:
    with pytest.raises(XmlError, match="DOCTYPE"):
        parse_xml(body)


def test_what_only_looks_like_a_document_type_is_text() -> None:
    assert text_of(b"<a><![CDATA[<!DOCTYPE html>]]></a>") == "<!DOCTYPE html>"
    assert text_of(b"<a>&lt;!DOCTYPE html></a>") == "<!DOCTYPE html>"
    assert text_of(b"<!-- <!DOCTYPE a> --><?b <!DOCTYPE a>?><a>x</a>") == "x"


@pytest.mark.parametrize("body", [b"<!doctype a><a/>", b"<a/><!DOCTYPE a>", b"<a><!DOCTYPE a></a>"])
def test_a_document_type_that_xml_does_not_know_is_not_well_formed(body: bytes) -> None:
    with pytest.raises(XmlError, match="not well-formed"):
        parse_xml(body)


@pytest.mark.parametrize("body", [b"<a>&foo;</a>", b"<a>&nbsp;</a>", b'<a b="&foo;"/>', b"<a>x & y</a>"])
def test_an_entity_that_nobody_declared_is_an_error_and_is_not_dropped(body: bytes) -> None:
    with pytest.raises(XmlError, match="not well-formed"):
        parse_xml(body)


def test_xmls_own_entities_and_references_to_characters_are_decoded() -> None:
    assert text_of(b"<a>&lt;&gt;&amp;&quot;&apos;&#233;&#x1F600;</a>") == "<>&\"'é\U0001f600"


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b" ", b"a", b"<a", b"<a>", b"</a>", b"<a></b>", b"<a/><b/>", b"<a/>x", b"<b:a/>", b"<a b=1/>"),
        *(b"<a>\x00</a>", b"<a>\x08</a>", b"<a>&#8;</a>", b"<a>&#0;</a>", b"<a>&#xD800;</a>", b"<a>]]></a>"),
        b'<?xml version="1.0"?><?xml version="1.0"?><a/>',
    ],
)
def test_a_text_that_is_not_well_formed_is_refused(body: bytes) -> None:
    with pytest.raises(XmlError, match="not well-formed"):
        parse_xml(body)


@pytest.mark.parametrize("before", [b" ", b"\n\r\n\t", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", b"\n" * 1000])
def test_white_space_and_byte_order_marks_may_stand_before_the_declaration(before: bytes) -> None:
    assert text_of(before + '<?xml version="1.0" encoding="utf-8"?><a>é</a>'.encode()) == "é"
    if not before.startswith(b"\xef"):
        assert text_of(before + b'<?xml version="1.0" encoding="iso-8859-1"?><a>\xe9</a>') == "é"


def test_comments_and_processing_instructions_are_left_out() -> None:
    root = parse_xml(b"<?b c?><!-- d --><a>e<!-- f -->g<?h i?>j</a><!-- k -->")
    assert etree.tostring(root) == b"<a>egj</a>"


@pytest.mark.parametrize(
    ("label", "text"),
    [
        *(("UTF-8", "é 丘 \U0001f600"), ("utf8", "é 丘"), ("US-ASCII", "e"), ("ISO-8859-1", "é"), ("latin1", "é")),
        *(("ISO-8859-2", "ő"), ("ISO-8859-5", "Привет"), ("ISO-8859-15", "œ€"), ("windows-1252", "“œ”")),
        *(("windows-1251", "Привет"), ("KOI8-R", "Привет"), ("Shift_JIS", "丘について"), ("EUC-JP", "丘について")),
        *(("ISO-2022-JP", "丘について"), ("EUC-KR", "안녕"), ("GB18030", "你好\U0001f600"), ("Big5", "你好")),
    ],
)
def test_an_encoding_counts_by_declaration_and_by_content_type(label: str, text: str) -> None:
    declared = f"<?xml version='1.0' encoding='{label}'?><a>{text}</a>"
    assert text_of(declared.encode(label)) == text
    assert text_of(f"<a>{text}</a>".encode(label), label) == text
    misleading = f"<?xml version='1.0' encoding='iso-8859-7'?><a>{text}</a>"
    assert text_of(misleading.encode(label), label) == text


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("charset", ["", "utf-16", "utf-16le", "iso-8859-1"])
@pytest.mark.parametrize("declaration", ["", '<?xml version="1.0" encoding="UTF-16"?>'])
def test_utf_16_is_known_by_its_bytes_whatever_the_labels_say(codec: str, charset: str, declaration: str) -> None:
    assert text_of(f"{declaration}<a>é丘\U0001f600</a>".encode(codec), charset) == "é丘\U0001f600"


def test_a_byte_order_mark_goes_before_the_labels() -> None:
    body = '\ufeff<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>'.encode()
    assert text_of(body) == text_of(body, "windows-1251") == "é"


def test_utf_8_that_calls_itself_utf_16_is_read_as_utf_8() -> None:
    body = '<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode()
    assert text_of(body) == text_of(body, "utf-16") == "é"


def test_us_ascii_is_taken_for_utf_8() -> None:
    assert text_of("<a>é</a>".encode(), "us-ascii") == "é"
    assert text_of('<?xml version="1.0" encoding="US-ASCII"?><a>é</a>'.encode()) == "é"


def test_iso_8859_1_means_windows_1252_as_in_browsers() -> None:
    assert text_of(b'<?xml version="1.0" encoding="ISO-8859-1"?><a>\x93\xe9\x94</a>') == "“é”"


@pytest.mark.parametrize(
    "label", ["utf-7", "UTF-7", "x-user-defined", "hz-gb-2312", "no-such", "idna", "\x00", "\udcff"]
)
def test_an_encoding_that_the_web_does_not_know_is_refused(label: str) -> None:
    with pytest.raises(EncodingError, match="not supported; send UTF-8"):
        parse_xml(b"<a/>", label)


@pytest.mark.parametrize("charset", ["", "utf-8", "us-ascii", "shift_jis", "euc-jp", "iso-2022-jp"])
def test_bytes_that_are_not_in_their_encoding_are_refused(charset: str) -> None:
    with pytest.raises(WrongEncodingError, match="not in the encoding"):
        parse_xml(b"<a>\x81</a>", charset)


@pytest.mark.parametrize(
    "body",
    [
        b"<a>" * 20_000 + b"</a>" * 20_000,
        b"<!-- " * 20_000,
        b"<!---->" * 20_000,
        b"<!-- --> -->" * 20_000,
        b"<?" * 50_000,
        b" " * 500_000,
        b'<?xml encoding="' * 20_000,
    ],
)
def test_a_text_made_to_be_slow_is_refused_fast(body: bytes) -> None:
    began = time.perf_counter()
    with pytest.raises(XmlError):
        parse_xml(body)
    assert time.perf_counter() - began < 1


@given(st.binary(max_size=100), st.text(max_size=20) | st.sampled_from(["utf-16", "iso-2022-jp", "iso-8859-1"]))
def test_whatever_comes_it_is_an_element_or_an_xml_error(junk: bytes, charset: str) -> None:
    for body in (junk, b"<a>" + junk + b"</a>", b"<?xml version='1.0' encoding='" + junk + b"'?><a/>"):
        try:
            assert etree.iselement(parse_xml(body, charset))
        except XmlError as error:
            assert str(error)  # noqa: PT017 - not that it is raised is promised, but that nothing else is


@given(st.text(alphabet=st.characters()))
def test_a_text_that_is_written_can_be_read_whatever_was_in_it(text: str) -> None:
    root = etree.Element("a", b=xml_text(text))
    root.text = xml_text(text)
    again = parse_xml(write_xml(root))
    assert (again.text or "") == again.get("b") == xml_text(text)


def test_only_what_xml_forbids_is_dropped() -> None:
    assert (
        xml_text("a\t\n\r\x00\x08\x0b\x1f\x7f\x85\ud800\ufffe\uffff\ufffd\U0001f600")
        == "a\t\n\r\x7f\x85\ufffd\U0001f600"
    )


def test_a_document_is_written_in_utf_8_with_its_declaration() -> None:
    root = etree.Element("a")
    root.text = "é<&\U0001f600"
    assert write_xml(root) == '<?xml version="1.0" encoding="UTF-8"?>\n<a>é&lt;&amp;\U0001f600</a>'.encode()
