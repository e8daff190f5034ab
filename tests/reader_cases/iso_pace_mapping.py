"""ISO7816_G, the Chip Authentication Mapping: what the chip proves while PACE runs, and EF.CardSecurity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time

from apdu import tlv
from apdu.ciphers import BlockCipher, pad
from apdu.command import CommandAPDU
from chipid.asn1 import oids
from chipid.crypto.domain_parameters import CURVES, Curve
from chipid.crypto.keys import ECPublicKey, encode_public_key
from chipid.crypto.points import KeyPair
from chipid.lds.card_access import build_card_access, parse_card_access
from chipid.lds.dg14 import build_dg14, parse_dg14
from chipid.lds.files import FileId
from chipid.lds.protocols import PACE_PROTOCOLS, PACEMapping
from chipid.lds.security_infos import ChipAuthenticationPublicKeyInfo, PACEInfo, SecurityInfo, UnknownSecurityInfo
from simulator.calls import Outcome as CardOutcome
from simulator.personalisation.protocol_plans import ChipAuthenticationPlan
from simulator.personalisation.security_options import sign_card_security
from simulator.protocols.pace import Agreed
from tests.reader_cases.bent import GENERAL_AUTHENTICATE, BentCard, bend, flipped
from tests.reader_cases.case import Demand, Outcome, reader_case
from tests.reader_cases.documents import ISSUED_BY, Document, Groups, holder, issue, profile
from tests.reader_cases.inspection import inspect
from tests.reader_cases.iso_pace import GM_128, P256, document, offer
from tests.reader_cases.iso_pace_steps import VIOLATION

CAM_128 = oids.ID_PACE_ECDH_CAM_AES_CBC_CMAC_128
TOKEN, PROOF = 0x86, 0x8A
CHECK = "chip-authentication-mapping"
Infos = Iterable[SecurityInfo]


def mapping_document(
    curve: Curve = P256,
    oid: str = CAM_128,
    *,
    signed: Callable[[Infos], Infos] | None = None,
    unsigned: Callable[[Infos], Infos] | None = None,
    card_security: Callable[[Infos], Infos] | None = None,
    proves_otherwise: bool = True,
    groups: tuple[int, ...] = (1, 2, 13, 14),
) -> Document:
    """A document with this mapping and Generic Mapping besides.

    ``signed``, ``unsigned`` and ``card_security`` change DG14, EF.CardAccess and EF.CardSecurity, which is signed
    anew. Without ``proves_otherwise`` DG14 has no Chip Authentication. Active Authentication there is none.
    """
    keys = ChipAuthenticationPlan(
        domain=curve,
        protocols=(oids.ID_CA_ECDH_AES_CBC_CMAC_128,),
        key_id=curve.parameter_id,
        is_announced=proves_otherwise,
    )
    product = profile(
        pace=(offer(oid, curve), offer(GM_128, curve)),
        chip_authentication=(keys,),
        active_authentication=None,
        data_groups=groups,
        card_access_repeats_all=False,
    )

    def changed(contents: Groups) -> Groups:
        infos = parse_dg14(contents[14]).security_infos.infos
        if not proves_otherwise:
            infos = tuple(one for one in infos if not isinstance(one, ChipAuthenticationPublicKeyInfo))
        return {**contents, 14: build_dg14((signed or list)(infos))}

    made = issue(product, groups=changed)
    if unsigned is not None:
        infos = parse_card_access(made.content(FileId.CARD_ACCESS)).security_infos.infos
        made = made.with_files({FileId.CARD_ACCESS: build_card_access(unsigned(infos))})
    infos = parse_dg14(issue(product).content(FileId.DG14)).security_infos.infos
    content = build_dg14((card_security or list)(infos))
    signed_at = datetime.combine(holder().issue_date, time(9), tzinfo=UTC)
    return made.with_files(
        {FileId.CARD_SECURITY: sign_card_security(content, ISSUED_BY.authority, signed_at=signed_at)}
    )


def last_answer(change: Callable[[bytes, bytes], bytes]) -> Callable[..., CardOutcome]:
    """The objects of step 4 are what ``change`` makes of token and proof."""

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        if command.ins != GENERAL_AUTHENTICATE or not outcome.data:
            return outcome
        found = {one.tag: one.value for one in tlv.parse_one(outcome.data, 0x7C).children()}
        if not {TOKEN, PROOF} <= set(found):
            return outcome
        return replace(outcome, data=tlv.encode(0x7C, change(found[TOKEN], found[PROOF])))

    return after


def proving(change: Callable[[bytes, bytes], bytes]) -> Iterator[Outcome]:
    """The proof of the chip is changed, whether or not the chip can prove itself otherwise."""
    for otherwise in (True, False):
        yield inspect(bend(mapping_document(proves_otherwise=otherwise), after=last_answer(change)))


@reader_case("ISO7816_G_29", Demand.FAIL, found=VIOLATION)
def proof_missing() -> Iterator[Outcome]:
    """Step 4 has no DO'8A'"""
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token))


@reader_case("ISO7816_G_30", Demand.FAIL, found=VIOLATION)
def proof_wrongly_encoded() -> Iterator[Outcome]:
    """The chip authentication data are wrapped, cut, or no whole number of blocks"""
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token) + tlv.encode(PROOF, tlv.encode(0x04, proof)))
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token) + tlv.encode(PROOF, proof[:-1]))
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token) + tlv.encode(PROOF, proof[:-16]))


@reader_case("ISO7816_G_31", Demand.FAIL, found=f"{CHECK}/chip-proof-failed or {VIOLATION}")
def wrong_proof() -> Iterator[Outcome]:
    """The chip authentication data are those of another number, or do not decrypt"""
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token) + tlv.encode(PROOF, flipped(proof)))
    for number in (0, 1, P256.n, 2**256 - 1):
        for otherwise in (True, False):
            yield inspect(bend(mapping_document(proves_otherwise=otherwise), **_encrypting(number)))


def _encrypting(number: int) -> dict[str, object]:
    """A chip that encrypts another number than CA_IC."""
    agreed: list[Agreed] = []

    def before(card: BentCard, command: CommandAPDU) -> CommandAPDU:
        if isinstance(card.state.pending, Agreed):
            agreed[:] = [card.state.pending]
        return command

    def other(token: bytes, _: bytes) -> bytes:
        keys = agreed[0].keys
        cipher, length = BlockCipher(keys.suite, keys.ks_enc), keys.suite.block_length
        data = cipher.encrypt(pad(number.to_bytes(32, "big"), length), cipher.encrypt_block(b"\xff" * length))
        return tlv.encode(TOKEN, token) + tlv.encode(PROOF, data)

    return {"before": before, "after": last_answer(other)}


@reader_case("ISO7816_G_32", Demand.FAIL, found=VIOLATION)
def wrong_tag_of_the_proof() -> Iterator[Outcome]:
    """The chip authentication data have the tag 8B instead of 8A"""
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token) + tlv.encode(0x8B, proof))


@reader_case("ISO7816_G_33", Demand.FAIL, found=VIOLATION)
def empty_proof() -> Iterator[Outcome]:
    """DO'8A' is empty"""
    yield from proving(lambda token, proof: tlv.encode(TOKEN, token) + tlv.encode(PROOF))


@reader_case("ISO7816_G_34", Demand.PASS)
def mapping_with_passive_authentication() -> Iterator[Outcome]:
    """PACE with Chip Authentication Mapping, EF.CardSecurity signed by the document signer"""
    for otherwise in (True, False):
        outcome = inspect(mapping_document(proves_otherwise=otherwise))
        assert outcome.evidence is not None
        assert outcome.evidence.chip_authentication_mapping is not None
        yield outcome


@reader_case(
    "ISO7816_G_35",
    Demand.OPERATIONAL,
    found=VIOLATION,
    note="The reader refuses it: an object that the protocol does not have is no answer of this step.",
)
def proof_in_generic_mapping() -> Outcome:
    """The chip returns DO'8A' after Generic Mapping"""

    def after(card: BentCard, command: CommandAPDU, outcome: CardOutcome) -> CardOutcome:
        if command.ins != GENERAL_AUTHENTICATE or outcome.data[2:3] != bytes((TOKEN,)):
            return outcome
        objects = tlv.parse_one(outcome.data, 0x7C).value
        return replace(outcome, data=tlv.encode(0x7C, objects, tlv.encode(PROOF, bytes(32))))

    return inspect(bend(document(offer(GM_128)), after=after))


@reader_case(
    "ISO7816_G_36",
    Demand.PASS,
    stated=True,
    note="The reader takes Generic Mapping, which such chips have besides. The signed files name the same identifier: "
    "if only EF.CardAccess did, it would be what an attacker does who hides the mapping, and `strict` rejects it.",
)
def invalid_identifier() -> Outcome:
    """The Chip Authentication Mapping has an invalid object identifier"""
    unknown = UnknownSecurityInfo(
        oid="0.4.0.127.0.7.2.2.4.6.9", raw=bytes.fromhex("3012060A04007F0007020204060902010202010D")
    )

    def invalid(infos: Infos) -> Infos:
        return [unknown if isinstance(one, PACEInfo) and one.oid == CAM_128 else one for one in infos]

    made = mapping_document(signed=invalid, unsigned=invalid, card_security=invalid)
    hidden = inspect(mapping_document(unsigned=invalid))
    assert "card-access-against-dg14/security-infos-differ" in hidden.checks
    return inspect(made)


@reader_case(
    "ISO7816_G_38",
    Demand.FAIL,
    found="card-access-against-dg14/not-offered",
    note="Decided for FAIL: a chip with this mapping has another one too, whose PACEInfo DG14 must repeat. Without it "
    "nobody vouches for what EF.CardAccess offers.",
)
def options_without_infos() -> Outcome:
    """DG14 holds no SecurityInfo"""
    return inspect(mapping_document(signed=lambda infos: [], proves_otherwise=False))


def _other_key(infos: Infos) -> Infos:
    other = ECPublicKey(curve=P256, point=KeyPair(P256, 5).public, explicit=True)
    spki = encode_public_key(other)
    return [replace(one, spki=spki) if isinstance(one, ChipAuthenticationPublicKeyInfo) else one for one in infos]


@reader_case(
    "ISO7816_G_39",
    Demand.FAIL,
    found=f"{CHECK}/chip-proof-failed or {CHECK}/content-digest-wrong or {CHECK}/key-not-vouched",
)
def wrong_key() -> Iterator[Outcome]:
    """EF.CardSecurity holds another key, signed or put in afterwards"""
    for otherwise in (True, False):
        yield inspect(mapping_document(card_security=_other_key, proves_otherwise=otherwise))
        made = mapping_document(proves_otherwise=otherwise)
        content = made.content(FileId.CARD_SECURITY)
        (key,) = parse_dg14(mapping_document().content(FileId.DG14)).security_infos.chip_authentication_keys
        at = content.index(key.spki) + len(key.spki) - 1
        yield inspect(made.with_files({FileId.CARD_SECURITY: flipped(content, at)}))
        at = content.index(CAM_128_VALUE)
        yield inspect(made.with_files({FileId.CARD_SECURITY: flipped(content, at + len(CAM_128_VALUE) - 1, 2)}))


CAM_128_VALUE = bytes.fromhex("04007F00070202040602")


@reader_case("ISO7816_G_40", Demand.FAIL, found=f"{CHECK}/key-not-vouched")
def key_missing() -> Iterator[Outcome]:
    """EF.CardSecurity holds no key"""

    def without_key(infos: Infos) -> Infos:
        return [one for one in infos if not isinstance(one, ChipAuthenticationPublicKeyInfo)]

    for otherwise in (True, False):
        yield inspect(mapping_document(card_security=without_key, proves_otherwise=otherwise))


@reader_case("ISO7816_G_41", Demand.PASS)
def every_curve() -> Iterator[Outcome]:
    """Chip Authentication Mapping with every standardized curve and every cipher suite"""
    for curve in CURVES.values():
        yield inspect(mapping_document(curve))
    for oid, protocol in PACE_PROTOCOLS.items():
        if protocol.mapping is PACEMapping.CHIP_AUTHENTICATION:
            yield inspect(mapping_document(oid=oid, proves_otherwise=False))
