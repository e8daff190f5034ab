"""The private keys of a chip, and those that it trusts."""

from __future__ import annotations

from dataclasses import dataclass

from chipid.crypto import dh
from chipid.crypto.domain_parameters import Curve
from chipid.crypto.entropy import Entropy
from chipid.crypto.points import random_scalar
from chipid.lds.protocols import CHIP_AUTHENTICATION_PROTOCOLS
from simulator.chip import ActiveAuthenticationKey, ChipAuthenticationKey, ECSigningKey, RSASigningKey
from simulator.personalisation.profile import CardProfile
from simulator.personalisation.protocol_plans import ChipAuthenticationPlan
from simulator.personalisation.terminal_pki import TerminalPKI, establish_terminals
from simulator.randomness import SeededEntropy
from simulator.rsa import PUBLIC_EXPONENT, generate_primes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChipKeys:
    """The private keys that prove a chip to be the one that was personalised, and the terminals that it trusts."""

    chip_authentication: tuple[ChipAuthenticationKey, ...]
    active_authentication: ActiveAuthenticationKey | None
    terminals: TerminalPKI | None = None


def generate_chip_keys(profile: CardProfile, entropy: SeededEntropy) -> ChipKeys:
    """Draw the keys that the profile asks for."""
    keys = tuple(
        _chip_authentication_key(plan, entropy.fork(f"chip authentication {number}"))
        for number, plan in enumerate(profile.chip_authentication)
    )
    algorithm = profile.terminals
    return ChipKeys(
        chip_authentication=keys,
        active_authentication=_active_authentication_key(profile, entropy.fork("active authentication")),
        terminals=None if algorithm is None else establish_terminals(algorithm, entropy.fork("terminals")),
    )


def _chip_authentication_key(plan: ChipAuthenticationPlan, entropy: Entropy) -> ChipAuthenticationKey:
    domain = plan.domain
    private = random_scalar(domain, entropy) if isinstance(domain, Curve) else dh.random_exponent(domain, entropy)
    return ChipAuthenticationKey(
        key_id=plan.key_id,
        domain=domain,
        private=private,
        suites={oid: CHIP_AUTHENTICATION_PROTOCOLS[oid].suite for oid in plan.protocols},
    )


def _active_authentication_key(profile: CardProfile, entropy: Entropy) -> ActiveAuthenticationKey | None:
    plan = profile.active_authentication
    if plan is None:
        return None
    if plan.curve is None:
        p, q = generate_primes(plan.bits, entropy)
        return RSASigningKey(p=p, q=q, e=PUBLIC_EXPONENT, hash_name=plan.hash_name)
    private = random_scalar(plan.curve, entropy)
    return ECSigningKey(curve=plan.curve, private=private, hash_name=plan.hash_name, encoding=plan.encoding)
