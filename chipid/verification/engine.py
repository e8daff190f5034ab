"""The judge: a pure function from evidence, trust, policy and time to a report."""

from __future__ import annotations

from datetime import datetime

from chipid.evidence.evidence import Evidence
from chipid.mrz.mrz import MRZ
from chipid.trust.store import TrustStore
from chipid.verification import plausibility
from chipid.verification.card_security import Document, check_mapping
from chipid.verification.chip_proofs import check_chip_proofs
from chipid.verification.cross_checks import check_identity
from chipid.verification.data_page import check_data_page
from chipid.verification.known_deviations import find_known_deviations, mark_known_deviations
from chipid.verification.passive_authentication import authenticate_passively
from chipid.verification.policy import Policy
from chipid.verification.redacted import mark_redacted
from chipid.verification.report import Check, Report, vouched_groups
from chipid.verification.signer_memory import judge_signer
from chipid.verification.terminal_proof import check_terminal
from chipid.verification.validity import check_expiry, issued_on


def judge(
    evidence: Evidence,
    trust: TrustStore,
    policy: Policy,
    now: datetime,
    *,
    nonce: bytes | None = None,
    printed: MRZ | None = None,
) -> Report:
    """Judge one reading (ICAO Doc 9303-11 §5.1, §6; BSI TR-03135-1).

    Pure: the same arguments give the same report, live or years later. ``now`` is an aware time. Whatever is
    wrong with the card becomes a check of the report; nothing that a card can send makes this raise. With a
    ``nonce``, Active Authentication must have passed with its challenge (:mod:`chipid.evidence.nonce`), whatever else
    proves the chip: of those proofs there is only the reader's word. ``printed`` is the zone of the data page, where it
    was read, for DG1 to be compared with.
    """
    files, formats = plausibility.check_formats(evidence, policy.refused_contents)
    zone = None if files.dg1 is None else files.dg1.mrz
    issued = issued_on(files)
    passive = authenticate_passively(evidence, trust, issuing_state=_issuing_state(files), issued_on=issued, now=now)
    document_code = None if zone is None else zone.document_code
    of_signer, deviations = judge_signer(
        passive.sod,
        passive.signer,
        passive.chain,
        passive.signing_time,
        trust,
        policy,
        document_code=document_code,
        now=now,
    )
    vouching = (
        *passive.signature,  # 2 to 4
        *of_signer,  # 5 to 8
        *passive.hashes,  # 9
    )
    vouched = vouched_groups(vouching)
    infos = None if files.dg14 is None else files.dg14.security_infos
    checks = (
        plausibility.check_access(evidence, bac_allowed=policy.bac),  # 1
        *vouching,
        *formats,  # 10
        plausibility.check_com(evidence, files.com, passive.signed_groups),  # 11
        plausibility.check_card_access(evidence, files.dg14, vouched),  # 12
        *check_chip_proofs(evidence, infos, vouched, passive.signed_groups, nonce=nonce),  # 13, 14
        plausibility.check_mrz(files.dg1),  # 15
        *check_identity(files.dg1, files.dg13, passive.signed_groups, today=now.date()),  # 16, 17
        check_expiry(files, now),  # 18
        check_mapping(  # 19
            evidence,
            trust,
            policy,
            document=Document(issuing_state=_issuing_state(files), issued_on=issued, code=document_code),
            now=now,
        ),
        check_terminal(evidence),  # 20
        *check_data_page(printed, files.dg1),  # 21
    )
    checks = mark_redacted(checks, evidence)
    known = find_known_deviations(
        trust,
        signer=passive.signer,
        path=passive.chain.path,
        signing_time=passive.signing_time,
        files=files,
        checks=checks,
        now=now,
    )
    checks = mark_known_deviations(checks, known, policy.excusable) if known else checks
    demands = policy if nonce is None else policy.demanding(Check.ACTIVE_AUTHENTICATION)
    return Report(
        verdict=demands.decide(checks),
        checks=checks,
        demands=demands,
        judged_at=now,
        signer=passive.signer,
        path=passive.chain.path,
        signing_time=passive.signing_time,
        trust_generation=trust.generation,
        trust_as_of=trust.as_of,
        nonce_demanded=nonce is not None,
        deviations=tuple(dict.fromkeys((*deviations, *files.deviations))),
        quirks=evidence.quirks,
        evidence=evidence,
        known_deviations=known,
    )


def _issuing_state(files: plausibility.ParsedFiles) -> str | None:
    """The State whose document this claims to be; the national details of Viet Nam claim it without DG1 too."""
    if files.dg1 is not None:
        return files.dg1.mrz.issuer
    return None if files.dg13 is None else plausibility.VIETNAM
