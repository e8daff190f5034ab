"""Names in the machine readable zone: transliteration, the two identifiers, comparison.

ICAO Doc 9303-3 §4.6 and §6; widths and truncation by 9303-4 §4.2.3, 9303-5 §4.2.3, 9303-6 §4.2.3.
"""

from __future__ import annotations

import unicodedata

from chipid.errors import UnsupportedError
from chipid.mrz.check_digits import ALPHABET, FILLER
from chipid.mrz.transliteration import ALTERNATIVES

SEPARATOR = "<<"  # between the primary and the secondary identifier

_APOSTROPHES = frozenset("ʼʻ`´")  # those that Unicode does not call punctuation


def transliterate(text: str) -> str:
    """Write ``text`` with A-Z, 0-9 and ``<`` alone, by the recommended forms of ICAO Doc 9303-3 §6.

    Composed and decomposed text give the same. Spaces, hyphens and commas become one ``<``, apostrophes and other
    punctuation vanish (§4.6).
    Raises :class:`UnsupportedError` for a letter that has no transliteration.
    """
    return "".join(forms[0] for forms in _alternatives(text))


def _alternatives(text: str) -> list[tuple[str, ...]]:
    """For each letter of ``text`` the forms that stand for it; single fillers between words, none at the ends."""
    found: list[tuple[str, ...]] = []
    for character in unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).upper()):
        category = unicodedata.category(character)
        if character.isspace() or character in ",<" or category == "Pd":
            if found and found[-1] != (FILLER,):
                found.append((FILLER,))
        elif character not in _APOSTROPHES and not category.startswith("P"):
            found.extend(_forms(character))
    return found[:-1] if found and found[-1] == (FILLER,) else found


def _forms(character: str) -> list[tuple[str, ...]]:
    if character in ALPHABET:
        return [(character,)]
    if character in ALTERNATIVES:
        return [ALTERNATIVES[character]]
    # Not listed: take the marks off one by one until a listed letter is left.
    bare = unicodedata.normalize("NFD", character)
    if unicodedata.combining(bare[-1]):
        shorter = unicodedata.normalize("NFC", bare[:-1])
        return _forms(shorter) if len(bare) > 1 else []
    raise UnsupportedError("a name has a letter without a transliteration")


def split_name(field: str) -> tuple[str, str]:
    """The primary and the secondary identifier of a name field, their words separated by single spaces."""
    primary, _, secondary = field.strip(FILLER).partition(SEPARATOR)
    return _words(primary), _words(secondary)


def _words(identifier: str) -> str:
    return " ".join(word for word in identifier.split(FILLER) if word)


def format_name(primary: str, secondary: str, width: int) -> str:
    """Write a name field of ``width`` characters.

    A name that is too long loses its end; of the secondary identifier at least the first letter stays, and the last
    place holds a letter as the mark of truncation (ICAO Doc 9303-4 §4.2.3).
    """
    name, second = transliterate(primary), transliterate(secondary)
    if second:
        name = _cut(name, width - len(SEPARATOR) - 1) + SEPARATOR + second
    return _cut(name, width).ljust(width, FILLER)


def _cut(name: str, width: int) -> str:
    """The first ``width`` characters; where a filler would be the last, an earlier component gives up a letter."""
    if len(name) > width and name[width - 1] == FILLER:
        for place in range(width - 2, 0, -1):
            if FILLER not in name[place - 1 : place + 1]:
                return (name[:place] + name[place + 1 :])[:width]
    return name[:width]


def matches_name(text: str, field: str) -> bool:
    """True if ``text`` can be what the name field of a zone was written from.

    Every alternative form is accepted, and the border between the identifiers is not looked at. A field without a
    filler at its end may have been truncated: then its components may be beginnings, and all but the first may be
    missing (ICAO Doc 9303-4 §4.2.3). Raises :class:`UnsupportedError` like :func:`transliterate`.
    """
    written = [word for word in field.split(FILLER) if word]
    is_cut = not field.endswith(FILLER)
    components: list[list[tuple[str, ...]]] = [[]]
    for forms in _alternatives(text):
        if forms == (FILLER,):
            components.append([])
        else:
            components[-1].append(forms)
    named = [component for component in components if component]
    if not is_cut or not written:
        pairs = zip(written, named, strict=False)
        return len(written) == len(named) and all(_matches_component(*pair, is_cut=False) for pair in pairs)
    if not named or not _matches_component(written[0], named[0], is_cut=True):
        return False
    left = iter(named[1:])  # each search goes on behind the component that was found last
    return all(any(_matches_component(word, one, is_cut=True) for one in left) for word in written[1:])


def _matches_component(word: str, component: list[tuple[str, ...]], *, is_cut: bool) -> bool:
    places = {0}  # how much of the word the letters so far may cover
    for forms in component:
        if is_cut and any(form.startswith(word[place:]) for form in forms for place in places):
            return True
        places = {place + len(form) for form in forms for place in places if word.startswith(form, place)}
    return len(word) in places
