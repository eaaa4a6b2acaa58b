"""Patterns of XML Schema match the same in Python, or less, never more."""

from __future__ import annotations

import random
import re
from xml.sax.saxutils import quoteattr

import pytest
from lxml import etree

from codegen.builtins import builtin_value, is_builtin
from codegen.patterns import UntranslatableError, all_of, any_of, translate

SCHEMA = '<x:schema xmlns:x="http://www.w3.org/2001/XMLSchema">{}</x:schema>'


def schema_with_pattern(pattern: str) -> etree.XMLSchema:
    facet = f'<x:restriction base="x:string"><x:pattern value={quoteattr(pattern)}/></x:restriction>'
    return etree.XMLSchema(
        etree.fromstring(SCHEMA.format(f'<x:element name="a"><x:simpleType>{facet}</x:simpleType></x:element>'))
    )


def schema_of_type(name: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.fromstring(SCHEMA.format(f'<x:element name="a" type="x:{name}"/>')))


def fits(schema: etree.XMLSchema, text: str) -> bool:
    element = etree.Element("a")
    element.text = text
    return schema.validate(element)


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("[A-Z]{2}-[0-9]+", ["AB-1"], ["AB-", "xAB-1", "AB-1x"]),
        ("a|bc", ["a", "bc"], ["abc", "ac"]),
        ("^a$", ["^a$"], ["a"]),
        (r"\d+\.\d", ["12.3"], ["12x3"]),
        (r"\i\c*", ["a-b", "_1:x"], ["1a", "-"]),
        (r"[\i-[:]]".replace("-[:]", ""), ["a", ":"], ["1"]),
        (r"\S+\s\S+", ["a b"], ["a", " b"]),
        (r"\w+", ["aZ9"], ["a b", "a-b", "_"]),
        (r"[\w.]+", ["a.9ж"], ["a b", "_"]),
        ("a.c", ["abc", "a c"], ["ac", "a\nc"]),
        (r"[^\d]", ["a"], ["1"]),
        (r"\D", ["a"], ["1"]),
        (r"[^\s]", ["a"], [" "]),
        (r"[+*?()\[\]\-\^\\]+", ["+*?()[]-^\\"], ["a"]),
    ],
)
def test_translate_pattern_agrees_with_a_validator(pattern: str, matching: list[str], other: list[str]) -> None:
    """The translation and libxml2 say the same of these texts."""
    schema, compiled = schema_with_pattern(pattern), re.compile(translate(pattern))
    for text in matching:
        assert compiled.fullmatch(text)
        assert fits(schema, text)
    for text in other:
        assert not compiled.fullmatch(text)
        assert not fits(schema, text)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"\p{L}+", r"the escape \\p"),
        ("[a-z-[aeiou]]", "subtraction"),
        (r"[^\w]", r"the escape \\w in a character class"),
        (r"\W", r"the escape \\W"),
        (r"\I", r"the escape \\I"),
        (r"[^\c]", r"the escape \\c in a character class"),
        ("[a", "a character class without an end"),
        ("(a", "unterminated|missing"),
    ],
)
def test_translate_what_python_cannot_say_is_refused(pattern: str, why: str) -> None:
    """What has no exact counterpart is no guess."""
    with pytest.raises(UntranslatableError, match=why):
        translate(pattern)


def test_any_of_and_all_of_join_patterns() -> None:
    """One restriction lists alternatives; a chain of restrictions must match as a whole."""
    assert re.fullmatch(any_of(["a", "b|c"]), "c")
    both = all_of(["[a-m]+", "x|.b"])
    assert re.fullmatch(both, "ab")
    assert not re.fullmatch(both, "x")
    assert not re.fullmatch(both, "abb")


TEXT_TYPES = {
    "anyURI": "aZ9:/?#[]@%4 é.-",
    "language": "aB1-xé",
    "NCName": "aé.-:1_",
    "Name": "aé.-:1_",
    "NMTOKEN": "aé.-:1_ ",
    "duration": "PT10.-YMDHS",
    "time": "0123456:.Z+-",
    "gYear": "0129-+:Z4",
    "gYearMonth": "0129-+:Z4",
    "gMonth": "0129-+:Z4",
    "gMonthDay": "0123-+:Z4",
    "gDay": "0123-+:Z4",
}


@pytest.mark.parametrize("name", TEXT_TYPES)
def test_pattern_of_builtin_type_never_allows_more_than_the_type(name: str) -> None:
    """A text that the pattern takes is one that a validator takes."""
    compiled, schema = re.compile(str(builtin_value(name).facets["pattern"])), schema_of_type(name)
    chance = random.Random(7)
    texts = {"".join(chance.choices(TEXT_TYPES[name], k=chance.randrange(9))) for _ in range(20_000)}
    assert [text for text in sorted(texts) if compiled.fullmatch(text) and not fits(schema, text)] == []


@pytest.mark.parametrize("name", ["NCName", "Name", "NMTOKEN"])
def test_pattern_of_names_knows_no_letter_that_the_type_forbids(name: str) -> None:
    """Each character of the basic plane is tried behind a letter."""
    compiled, schema = re.compile(str(builtin_value(name).facets["pattern"])), schema_of_type(name)
    letters = [chr(code) for code in (*range(0x20, 0xD800), *range(0xE000, 0xFFFE))]
    assert [hex(ord(a)) for a in letters if compiled.fullmatch(f"a{a}") and not fits(schema, f"a{a}")] == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("anyURI", "ftp://user:secret@host.example:2121/logs?x=1#part"),
        ("anyURI", "http://[2001:db8::1]:9220/Ocpp/CentralSystemService"),
        ("anyURI", "relative/path"),
        ("anyURI", ""),
        ("duration", "-P1Y2M3DT4H5M6.7S"),
        ("time", "23:59:59.5+02:00"),
        ("gMonthDay", "--02-29"),
        ("language", "de-CH"),
    ],
)
def test_pattern_of_builtin_type_allows_what_is_common(name: str, text: str) -> None:
    """The patterns are no stricter than use demands."""
    assert re.fullmatch(str(builtin_value(name).facets["pattern"]), text)


def test_pattern_of_uri_long_text_is_matched_in_linear_time() -> None:
    """A hostile text does not stop the reader; the test's own time-out is the measure."""
    pattern = str(builtin_value("anyURI").facets["pattern"])
    for text in ("a" * 200_000 + "%", "//" + "a@" * 100_000 + "%", "a:" * 100_000 + "["):
        assert re.fullmatch(pattern, text) is None


@pytest.mark.parametrize("name", ["anyType", "anySimpleType", "QName", "NOTATION", "NMTOKENS", "IDREFS", "nothing"])
def test_is_builtin_unsupported_type_is_none(name: str) -> None:
    """Types without one plain text value are not supported."""
    assert not is_builtin(name)
