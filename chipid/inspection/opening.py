"""Opening a chip within a reading: EF.CardAccess, PACE or Basic Access Control, and once more if the session breaks.

ICAO Doc 9303-11 §4.2. The Chip Authentication Mapping of PACE does not replace Chip Authentication: its key is signed
elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable

from apdu import instructions
from apdu.errors import CardError, MalformedDataError, StatusError, ToolkitError, TransportError
from apdu.script import CardScript
from apdu.session import CardSession
from chipid.crypto.entropy import Entropy
from chipid.errors import AccessRefusedError, KeyKindError, UnsupportedError, WrongAccessKeyError
from chipid.evidence.evidence import AccessProtocol, AccessRecord, FileOutcome, MappingRecord
from chipid.inspection.plan import BACUse
from chipid.inspection.shelf import FileShelf
from chipid.inspection.terminal import Binding
from chipid.lds.card_access import parse_card_access
from chipid.lds.ef_atr_info import parse_ef_atr_info
from chipid.lds.files import AID_EMRTD, FileId
from chipid.lds.security_infos import SecurityInfos
from chipid.mrz.access_key import AccessKey, AccessKeyKind
from chipid.protocols import bac, pace, pace_choice, read_file
from chipid.protocols.terminal_authentication import document_number_identifier

QUIRK_CARD_ACCESS_BY_SFI = "card-access-by-sfi"
QUIRK_CARD_ACCESS_AFTER_MF = "card-access-after-select-mf"


class ChipOpening:
    """Opens the chip and knows how it was opened: ``access``, and what PACE left for proofs of either side."""

    def __init__(
        self, session: CardSession, shelf: FileShelf, access_key: AccessKey, *, bac_use: BACUse, entropy: Entropy
    ) -> None:
        self._session = session
        self._shelf = shelf
        self._access_key = access_key
        self._bac = bac_use
        self._entropy = entropy
        self.binding = Binding()
        self.authorities: tuple[bytes, ...] = ()
        self.mapping: MappingRecord | None = None
        self.access: AccessRecord  # from open() on
        shelf.reopen = self.reopen

    def read_card_access(self) -> SecurityInfos | None:
        """EF.CardAccess lies in the master file, which is selected after a reset.

        Chips differ in how they let themselves be asked: Vietnamese ones refuse SELECT MF, others answer
        nothing before it. So the plain way is tried first.
        """
        session = self._session
        ways: tuple[tuple[str | None, Callable[..., CardScript[read_file.FileContent]]], ...] = (
            (None, read_file.select_and_read),
            (QUIRK_CARD_ACCESS_BY_SFI, read_file.read_by_sfi),
            (QUIRK_CARD_ACCESS_AFTER_MF, read_file.select_and_read),
        )
        refusal = None
        for quirk, way in ways:
            if quirk == QUIRK_CARD_ACCESS_AFTER_MF:
                session.transmit(instructions.select_mf())
            try:
                found = session.run(way(FileId.CARD_ACCESS, max_ne=session.max_ne))
            except StatusError as error:
                refusal = refusal or error
                continue
            if quirk is not None:
                self._shelf.note(quirk)
            self._shelf.keep(FileId.CARD_ACCESS, found)
            return parse_card_access(found.content).security_infos
        self._shelf.keep_refusal(FileId.CARD_ACCESS, refusal)
        return None

    def read_buffer_sizes(self) -> None:
        """Learn from EF.ATR/INFO how long an answer may be (ICAO Doc 9303-10 §3.6.4); without it reads stay short.

        Asked only where extended length passes. What the file says is a promise: a card that breaks it is read in
        shorter pieces like any other.
        """
        if not self._session.extended_length:
            return
        try:
            found = self._session.run(read_file.read_atr_info())
        except (StatusError, MalformedDataError):
            return  # a card without the file, or with one that cannot be read so
        self._shelf.keep(FileId.ATR_INFO, found)
        try:
            size = parse_ef_atr_info(found.content).max_response
        except ToolkitError:
            return  # the judge reports it
        if size is not None:
            self._session.announce_buffer(size)

    def open(self, infos: SecurityInfos | None) -> None:
        """Run PACE or BAC and select the application; secure messaging is on afterwards."""
        self.access = self._open_chip(infos)

    def _open_chip(self, infos: SecurityInfos | None) -> AccessRecord:
        choices = () if infos is None else pace_choice.choose(infos)
        skipped = UnsupportedError.code if infos is not None and infos.pace else None
        if choices:
            info = choices[0].info
            try:
                result = self._session.run(pace.authenticate(choices[0], self._access_key, self._entropy))
            except (WrongAccessKeyError, TransportError):
                raise
            except CardError as error:
                if self._bac is not BACUse.AFTER_PACE_FAILED or self._access_key.kind is not AccessKeyKind.MRZ:
                    raise
                skipped = error.code
                self._session.reset()
            else:
                self._shelf.note(*result.quirks)
                self._session.start_secure_messaging(result.keys)
                self._keep_pace(result)
                self._select_application()
                return AccessRecord(
                    protocol=AccessProtocol.PACE,
                    password=self._access_key.kind.name,
                    suite=info.protocol.suite.label,
                    oid=info.oid,
                    parameter_id=info.parameter_id,
                )
        return self._open_with_bac(skipped)

    def _keep_pace(self, result: pace.PACEResult) -> None:
        """Keep what PACE leaves for the judge and for Terminal Authentication; the master file is still selected."""
        self.binding = Binding(id_ic=result.id_ic)
        self.authorities = result.authorities
        if result.proof is None:
            return
        self.binding.compressed_terminal_key = result.compressed_terminal_key
        self.mapping = MappingRecord(
            mapping_public_key=result.proof.pk_map_ic, chip_authentication_data=result.proof.ca_ic
        )
        self._shelf.fetch(FileId.CARD_SECURITY)

    def _open_with_bac(self, skipped: str | None) -> AccessRecord:
        if self._bac is BACUse.NEVER:
            raise AccessRefusedError("the chip offers no usable PACE, and Basic Access Control is not allowed")
        if self._access_key.kind is not AccessKeyKind.MRZ:
            raise KeyKindError("this chip opens only with the machine readable zone")
        self._select_application()
        try:
            keys = self._session.run(bac.authenticate(self._access_key, self._entropy))
        except StatusError as error:
            if bac.is_unsupported(error):
                raise UnsupportedError("the chip offers neither PACE that we know nor Basic Access Control") from error
            raise
        self._session.start_secure_messaging(keys)
        self.binding = Binding(id_ic=document_number_identifier(self._access_key))
        return AccessRecord(
            protocol=AccessProtocol.BAC, password=AccessKeyKind.MRZ.name, suite=bac.SUITE.label, pace_skipped=skipped
        )

    def _select_application(self) -> None:
        response = self._session.transmit(instructions.select_application(AID_EMRTD))
        if not response.sw.is_warning:
            response.expect_ok("SELECT eMRTD application")

    def reopen(self) -> None:
        """Start over after the session has broken; the card answered our key once already."""
        self._session.reset()
        card_access = self._shelf.records[FileId.CARD_ACCESS]
        known = card_access.outcome is FileOutcome.READ
        again = self._open_chip(parse_card_access(card_access.content).security_infos if known else None)
        if again.pace_skipped is not None:
            self.access = again  # the weaker of the two is what protected the reading
