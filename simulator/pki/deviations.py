"""What real certificates do otherwise than ICAO Doc 9303-12 §7.1 asks, to be issued on purpose.

Each value is the name under which an architecture asks for it. Where the library names the same tolerance, the names
agree.
"""

from __future__ import annotations

from enum import StrEnum


class Deviation(StrEnum):
    """One departure of one certificate."""

    AKI_MISSING = "aki-missing"
    AKI_OF_ANOTHER_KEY = "aki-of-another-key"
    SKI_MISSING = "ski-missing"
    ZERO_SERIAL = "zero-serial"
    NEGATIVE_SERIAL = "negative-serial"
    LONG_SERIAL = "long-serial"
    PATHLEN_WITHOUT_CA = "pathlen-without-ca"
    KEY_USAGE_MISSING = "key-usage-missing"
    BASIC_CONSTRAINTS_MISSING = "basic-constraints-missing"
    USAGE_PERIOD_MISSING = "usage-period-missing"
    DOCUMENT_TYPES_MISSING = "document-types-missing"
    ALTERNATIVE_NAMES_MISSING = "alternative-names-missing"
    PRINTABLE_NAMES = "printable-names"  # the issuer's name in another string type than its own certificate has
    COUNTRIES_DIFFER = "countries-differ"
    UNKNOWN_CRITICAL_EXTENSION = "unknown-critical-extension"
    SIGNATURE_ALGORITHMS_DIFFER = "signature-algorithms-differ"
    ECDSA_NULL_PARAMETERS = "ecdsa-null-parameters"
    TIME_FORMAT = "time-format"  # GeneralizedTime before 2050
    SIGNATURE_WRONG = "signature-wrong"
