"""The transliteration tables (ICAO Doc 9303-3 §6.A Latin, §6.B Cyrillic), as data.

The first alternative of a letter is the recommended one; a State may use any of them, so comparisons accept all.
Letters that the tables do not list, most of the Vietnamese ones among them, lose their marks instead.
"""

from __future__ import annotations

# Letters that share their alternatives stand together in one string.
_LATIN: dict[tuple[str, ...], str] = {
    ("A",): "ÀÁÂÃĀĂĄ",
    ("AE", "A"): "Ä",
    ("AA", "A"): "Å",
    ("AE",): "Æ",
    ("C",): "ÇĆĈĊČ",
    ("D",): "ÐĎĐ",
    ("E",): "ÈÉÊËĒĔĖĘĚ",
    ("G",): "ĜĞĠĢ",
    ("H",): "ĤĦ",
    ("I",): "ÌÍÎÏĨĪĬĮİı",
    ("IJ",): "Ĳ",
    ("J",): "Ĵ",
    ("K",): "Ķ",
    ("L",): "ĹĻĽĿŁ",
    ("N", "NXX"): "Ñ",
    ("N",): "ŃŅŇŊ",
    ("O",): "ÒÓÔÕŌŎŐ",
    ("OE", "O"): "Ö",
    ("OE",): "ØŒ",
    ("R",): "ŔŖŘ",
    ("S",): "ŚŜŞŠ",
    ("SS",): "ẞ",
    ("T",): "ŢŤŦ",
    ("TH",): "Þ",
    ("U",): "ÙÚÛŨŪŬŮŰŲ",
    ("UE", "UXX", "U"): "Ü",
    ("W",): "Ŵ",
    ("Y",): "ÝŶŸ",
    ("Z",): "ŹŻŽ",
}

# The recommended forms; the exceptions by language are not applied, because a name does not tell its language.
_CYRILLIC: dict[tuple[str, ...], str] = {
    ("A",): "А",
    ("B",): "Б",
    ("C",): "Һ",
    ("CH",): "Ч",
    ("D",): "ЂД",
    ("DZ",): "ЅЏ",
    ("E",): "ЁЕЭ",
    ("F",): "Ф",
    ("G",): "ГҐҒ",
    ("I",): "ІЇИЙ",
    ("IA",): "Я",
    ("IE",): "ЄЪ",
    ("IU",): "Ю",
    ("J",): "Ј",
    ("K",): "ЌК",
    ("KH",): "Х",
    ("L",): "Л",
    ("LJ",): "Љ",
    ("M",): "М",
    ("N",): "Н",
    ("NJ",): "Њ",
    ("O",): "О",
    ("P",): "П",
    ("R",): "Р",
    ("S",): "С",
    ("SH",): "Ш",
    ("SHCH",): "Щ",
    ("T",): "Т",
    ("TS",): "Ц",
    ("U",): "ЎУѪ",
    ("V",): "В",
    ("Y",): "ЫѴ",
    ("Z",): "З",
    ("ZH",): "Ж",
}

LATIN = {letter: forms for forms, letters in _LATIN.items() for letter in letters}
CYRILLIC = {letter: forms for forms, letters in _CYRILLIC.items() for letter in letters}
ALTERNATIVES = LATIN | CYRILLIC
