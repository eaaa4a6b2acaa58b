"""Lexical forms of the built-in text types of XML Schema, as regular expressions for `re.fullmatch`.

Generated classes name them in the metadata of their fields. Each matches a little less than the type allows where the
exact form would be out of proportion, never more, so that nothing is written which the schema forbids.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ANY_URI",
    "DURATION",
    "G_DAY",
    "G_MONTH",
    "G_MONTH_DAY",
    "G_YEAR",
    "G_YEAR_MONTH",
    "LANGUAGE",
    "NAME",
    "NAME_CHARACTERS",
    "NAME_STARTS",
    "NCNAME",
    "NMTOKEN",
    "TIME",
]

NAME_STARTS: Final = (
    r"A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0131\u0134-\u013e\u0141-\u0148\u014a-\u017e\u0180-\u01c3"
    r"\u0388-\u038a\u038e-\u03a1\u03a3-\u03ce\u0401-\u040c\u040e-\u044f\u0451-\u045c\u045e-\u0481"
    r"\u05d0-\u05ea\u0621-\u063a\u3041-\u3094\u30a1-\u30fa\u4e00-\u9fa5\uac00-\ud7a3"
)
"""Characters that a name may begin with, besides the colon, for use within brackets: the letters of widespread scripts
that all editions of XML 1.0 agree on."""
NAME_CHARACTERS: Final = NAME_STARTS + r"\-.0-9\u00b7"
"""Characters of a name, besides the colon, for use within brackets; likewise."""

NCNAME: Final = f"[{NAME_STARTS}][{NAME_CHARACTERS}]*"
NAME: Final = f"[{NAME_STARTS}:][{NAME_CHARACTERS}:]*"
NMTOKEN: Final = f"[{NAME_CHARACTERS}:]+"
LANGUAGE: Final = "[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*"

_PIECE: Final = r"(?:[^%\[\]#:/?]|%[0-9A-Fa-f]{2})"
_HOST: Final = r"(?:[^%\[\]#:/?@]|%[0-9A-Fa-f]{2})"
_AUTHORITY: Final = rf"//(?:(?:{_HOST}|:)*@)?(?:(?:\[[0-9A-Fa-f:.]+\]|{_HOST}+)(?::[0-9]+)?)?(?=[/?#]|\Z)"
ANY_URI: Final = (
    rf"(?:[A-Za-z][A-Za-z0-9+.\-]*:(?=.)|(?={_PIECE}*(?:[/?#]|\Z)))(?:{_AUTHORITY}|(?!//))"
    rf"(?:{_PIECE}|[:/?])*(?:#(?:{_PIECE}|[:/?])*)?"
)

DURATION: Final = (
    r"-?P(?=[0-9T])(?:[0-9]{1,9}Y)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,9}H)?(?:[0-9]{1,9}M)?(?:[0-9]{1,9}(?:\.[0-9]{1,9})?S)?)?"
)
_ZONE: Final = "(?:Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?"
_YEAR: Final = "-?(?!0000)(?:[1-9][0-9]{3,8}|0[0-9]{3})"
_MONTH: Final = "(?:0[1-9]|1[0-2])"
_DAY: Final = "(?:0[1-9]|[12][0-9]|3[01])"
TIME: Final = rf"(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]+)?|24:00:00(?:\.0+)?){_ZONE}"
G_YEAR: Final = f"{_YEAR}{_ZONE}"
G_YEAR_MONTH: Final = f"{_YEAR}-{_MONTH}{_ZONE}"
G_MONTH: Final = f"--{_MONTH}{_ZONE}"
G_MONTH_DAY: Final = f"--(?:{_MONTH}-(?:0[1-9]|[12][0-9])|(?!02){_MONTH}-30|(?:0[13578]|1[02])-31){_ZONE}"
G_DAY: Final = f"---{_DAY}{_ZONE}"
