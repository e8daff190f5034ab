"""What is known about a chip before it is tested: keys at hand, protocols offered, files present."""

from __future__ import annotations

from dataclasses import dataclass, field

from apdu.errors import ToolkitError
from chipid.conformance.terminal_certificates import TerminalCredentials
from chipid.crypto.domain_parameters import Curve, DHGroup, domain_by_parameter_id
from chipid.crypto.keys import DHPublicKey, ECPublicKey
from chipid.lds.files import FileId
from chipid.lds.protocols import PACEProtocol
from chipid.lds.security_infos import ChipAuthenticationInfo, PACEInfo, SecurityInfos
from chipid.mrz.access_key import AccessKey


@dataclass(frozen=True, slots=True, kw_only=True)
class PACEVariant:
    """A PACEInfo over standardized domain parameters."""

    oid: str
    protocol: PACEProtocol
    domain: Curve | DHGroup
    parameter_id: int

    @classmethod
    def from_info(cls, info: PACEInfo) -> PACEVariant | None:
        """None for parameters of the chip's own and for identifiers that are not known."""
        if info.parameter_id is None:
            return None
        try:
            domain = domain_by_parameter_id(info.parameter_id)
        except ToolkitError:
            return None
        return cls(oid=info.oid, protocol=info.protocol, domain=domain, parameter_id=info.parameter_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipUnderTest:
    """``mrz``, ``can``, ``pin`` and ``puk`` are the access keys at hand; ``files`` those that can be read.

    ``terminals`` are the keys for Terminal Authentication, ``trust_points`` the references of EF.CVCA.
    """

    mrz: AccessKey | None = field(default=None, repr=False)
    can: AccessKey | None = field(default=None, repr=False)
    pin: AccessKey | None = field(default=None, repr=False)
    puk: AccessKey | None = field(default=None, repr=False)
    has_bac: bool = False
    card_access: SecurityInfos | None = field(default=None, repr=False)
    security_options: SecurityInfos | None = field(default=None, repr=False)
    files: frozenset[FileId] = frozenset()
    terminals: TerminalCredentials | None = field(default=None, repr=False)
    trust_points: tuple[str, ...] = ()

    @property
    def pace(self) -> tuple[PACEVariant, ...]:
        """The variants that can be tested."""
        infos = () if self.card_access is None else self.card_access.pace
        return tuple(one for one in map(PACEVariant.from_info, infos) if one is not None)

    @property
    def keys(self) -> tuple[AccessKey, ...]:
        """Those that are printed on the document, and that nothing blocks."""
        return tuple(one for one in (self.mrz, self.can) if one is not None)

    @property
    def chip_authentication(self) -> tuple[tuple[ChipAuthenticationInfo, ECPublicKey | DHPublicKey], ...]:
        """Protocols with their keys, as DG14 has them."""
        if self.security_options is None:
            return ()
        return tuple(
            (info, key_info.public_key)
            for info in self.security_options.chip_authentication
            for key_info in self.security_options.chip_authentication_keys
            if key_info.key_id == info.key_id and isinstance(key_info.public_key, ECPublicKey | DHPublicKey)
        )
