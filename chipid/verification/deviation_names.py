"""The names of all tolerated departures from the standards, so that no policy refuses one that does not exist."""

from __future__ import annotations

from typing import Final

_SIGNING: Final = """
    version-not-3 long-serial padded-serial negative-serial zero-serial signature-algorithms-differ time-format
    malformed-extension unknown-critical-extension aki-missing aki-wrong ski-missing pathlen-without-ca
    countries-differ issuer-name-encoding
    key-unusable explicit-ec-parameters rsa-small-exponent rsa-large-exponent rsa-large-key
    signature-algorithm-unusable sha1-signature ecdsa-null-parameters pss-parameters
    signer-key-usage-missing signer-key-usage-not-critical signer-issuer-name signer-issuer-differs signer-identifier
    cms-version cms-digest-algorithms signer-info-version signed-attributes-missing
    lds-content-type lds-object-version
"""
_CONTENTS: Final = """
    com-lds-version com-unicode-version buffer-sizes-missing atr-info-malformed cvca-malformed
    mrz-document-code mrz-issuing-state mrz-name-void mrz-nationality mrz-birth-date mrz-sex
    biometric-header-malformed biometric-format-owner biometric-format-type biometric-type biometric-type-deprecated
    biometric-subtype
    face-record-length face-gender face-eye-colour face-hair-colour face-pose face-pose-uncertainty face-image-type
    face-image-data-type finger-compression finger-position finger-impression iris-image-format iris-eye
    security-infos-duplicate-entry security-infos-malformed-entry security-infos-unexpected-version
    chip-authentication-key-missing
"""

SIGNING: Final = frozenset(_SIGNING.split())
"""In certificates, in how one names another, in EF.SOD and in how it is signed."""

CONTENTS: Final = frozenset(_CONTENTS.split())
"""In the other files."""
