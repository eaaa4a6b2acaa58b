"""Parsing bytes of anybody: encodings, declarations, limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from ocpp_sdk.deviation import Deviation, DeviationKind
from ocpp_sdk.errors import LimitExceededError, MalformedXmlError, UnsafeXmlError
from ocpp_sdk.soap.limits import Limits
from ocpp_sdk.soap.parsing import check_depth, parse

LIMITS = Limits()


def read(data: bytes) -> tuple[str | None, list[DeviationKind]]:
    deviations: list[Deviation] = []
    return parse(data, LIMITS, deviations).text, [deviation.kind for deviation in deviations]


@pytest.mark.parametrize(
    "data",
    [
        "<a>é</a>".encode(),
        '<?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode(),
        "<?xml version='1.0' encoding='utf8' standalone='yes'?>\n<a>é</a>".encode(),
        '<?xml version="1.0"?><a>é</a>'.encode(),
        b'<?xml version="1.0" encoding="US-ASCII"?><a>&#233;</a>',
        "\n <a>é</a>\n".encode(),
    ],
)
def test_parse_utf8_in_every_legal_form_has_no_deviation(data: bytes) -> None:
    """Blanks before the root element are legal as long as no declaration follows."""
    assert read(data) == ("é", [])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ('\r\n\t <?xml version="1.0" encoding="UTF-8"?><a>é</a>'.encode(), DeviationKind.LEADING_BLANKS),
        (b"\xef\xbb\xbf" + "<a>é</a>".encode(), DeviationKind.BYTE_ORDER_MARK),
        ("\ufeff<a>é</a>".encode("utf-16-le"), DeviationKind.ENCODING),
        ('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>é</a>'.encode("utf-16-be"), DeviationKind.ENCODING),
        ('<?xml version="1.0" encoding="ISO-8859-1"?><a>é</a>'.encode("latin-1"), DeviationKind.ENCODING),
        ('<?xml version="1.0" encoding="iso-8859-15"?><a>é</a>'.encode("latin-1"), DeviationKind.ENCODING),
        ('<?xml version="1.0" encoding="windows-1252"?><a>é</a>'.encode("cp1252"), DeviationKind.ENCODING),
        ('<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode(), DeviationKind.ENCODING),
    ],
)
def test_parse_odd_encodings_are_read_with_a_deviation(data: bytes, kind: DeviationKind) -> None:
    """What can be told for sure is read."""
    assert read(data) == ("é", [kind])


@pytest.mark.parametrize("encoding", ["utf-7", "ebcdic-cp-us", "shift_jis", "utf-32", "x"])
def test_parse_any_other_encoding_is_refused_by_name(encoding: str) -> None:
    """An encoding in which a declaration could hide is not read."""
    with pytest.raises(MalformedXmlError, match=encoding.replace("_", ".")):
        read(f'<?xml version="1.0" encoding="{encoding}"?><a/>'.encode())


def test_parse_a_declaration_hidden_in_utf7_is_not_seen_as_one() -> None:
    """The parser is never told to decode what the look at the bytes did not see."""
    hidden = b'<?xml version="1.0" ' + b" " * 400 + b'encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>'
    with pytest.raises(MalformedXmlError):
        read(hidden)


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b'<?xml version="1.0"?><!-- c --><?p i?><!DOCTYPE a><a/>',
        b"\xef\xbb\xbf \n<!DOCTYPE a SYSTEM 'http://192.0.2.1/a.dtd'><a/>",
        '\ufeff<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'.encode("utf-16"),
        b'<!ENTITY x "y"><a/>',
        b'<a><!DOCTYPE a [<!ENTITY x "y">]></a>',
        b'<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;&b;">',
    ],
)
def test_parse_a_document_type_or_entity_is_unsafe(data: bytes) -> None:
    """Wherever it stands, whole or broken."""
    with pytest.raises(UnsafeXmlError):
        read(data)


def test_parse_a_document_type_as_mere_text_is_read() -> None:
    """A DataTransfer may carry a whole HTML page."""
    assert read(b"<a><![CDATA[<!DOCTYPE html><!ENTITY>]]></a>") == ("<!DOCTYPE html><!ENTITY>", [])
    assert read(b"<!-- <!DOCTYPE a> --><a>x</a>") == ("x", [])


def test_parse_comments_and_instructions_leave_one_text() -> None:
    """Nothing else than elements and text comes out."""
    assert read(b"<a>x<!-- c -->y<?p i?>z</a>") == ("xyz", [])


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf", b"\xff\xfe", b"hello", b"<a>", b"<a></b>", b"\xff<a/>"])
def test_parse_no_xml_is_malformed(data: bytes) -> None:
    """One line each."""
    with pytest.raises(MalformedXmlError) as caught:
        read(data)
    assert "\n" not in str(caught.value)


def test_parse_bytes_outside_their_declared_encoding_are_malformed() -> None:
    """Half a UTF-16 character."""
    with pytest.raises(MalformedXmlError, match="utf-16"):
        read(b"\xff\xfe<\x00a")


def test_parse_larger_than_allowed_is_refused_and_inflated_may_be_larger() -> None:
    """Both sizes have a bound of their own."""
    limits = Limits(max_bytes=10, max_inflated_bytes=20)
    data = b"<a>12345678</a>"
    with pytest.raises(LimitExceededError, match="15 bytes"):
        parse(data, limits, [])
    assert parse(data, limits, [], inflated=True).text == "12345678"
    with pytest.raises(LimitExceededError, match="20"):
        parse(data + b" " * 6, limits, [], inflated=True)


def test_parse_deeper_than_the_parser_allows_is_a_limit() -> None:
    """The parser's own bound has the same name as ours."""
    with pytest.raises(LimitExceededError):
        read(b"<a>" * 300 + b"</a>" * 300)


def test_check_depth_counts_the_root_as_one() -> None:
    """Exactly as deep as allowed is allowed."""
    root = parse(b"<a>" * 5 + b"</a>" * 5, LIMITS, [])
    check_depth(root, 5)
    with pytest.raises(LimitExceededError, match="4 deep"):
        check_depth(root, 4)


def test_parse_more_attributes_than_allowed_on_one_element_is_refused() -> None:
    """Few on each of many elements are fine."""
    row = " ".join(f'a{i}="1"' for i in range(256))
    assert parse(f"<a>{f'<b {row}/>' * 3}</a>".encode(), LIMITS, []).tag == "a"
    for broken in (
        f'<a><b {row} a256="1"/></a>',
        f"<b {row} a256='1'/>",
        f"<a>{'<c/>' * 999}<b {row} a256=''>x</b></a>",
    ):
        with pytest.raises(LimitExceededError, match="256 attributes"):
            parse(broken.encode(), LIMITS, [])
    with pytest.raises(LimitExceededError, match="1 attributes"):
        parse(b'<a b="" c=""/>', Limits(max_attributes=1), [])


def test_parse_equals_signs_in_text_are_no_attributes() -> None:
    """Nor are declarations of namespaces."""
    data = f"<a>{'=' * 500}<b x='{'=' * 500}'>{'=' * 500}</b></a>"
    assert parse(data.encode(), LIMITS, []).tag == "a"


def test_parse_never_reads_a_file(tmp_path: Path) -> None:
    """XInclude and schema hints stay plain elements and attributes."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    data = f'<a xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="{secret.as_uri()}" parse="text"/></a>'
    assert "secret" not in "".join(str(part) for part in parse(data.encode(), LIMITS, []).itertext())


def test_parse_more_elements_than_allowed_is_refused_before_they_are_made() -> None:
    """End tags do not count; as many attributes are allowed as elements."""
    limits = Limits(max_elements=10)
    assert parse(b"<a>" + b"<b></b>" * 9 + b"</a>", limits, []).tag == "a"
    with pytest.raises(LimitExceededError, match="more than 10 elements"):
        parse(b"<a>" + b"<b/>" * 10 + b"</a>", limits, [])
    with pytest.raises(LimitExceededError, match="more than 10 attributes"):
        parse(b"<a>" + b"<b x = '' y=\"\"/>" * 6 + b"</a>", limits, [])


def test_parse_the_greatest_message_of_the_field_is_allowed() -> None:
    """1,000 samples of 13 values with all their elements, as OCPP 1.6 has them."""
    sampled = "<sampledValue>" + "<value>1</value>" * 7 + "</sampledValue>"
    sample = f"<transactionData><timestamp>2024-05-01T10:00:00Z</timestamp>{sampled * 13}</transactionData>"
    assert len(parse(f"<a>{sample * 1000}</a>".encode(), LIMITS, [])) == 1000
