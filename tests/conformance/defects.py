"""All defects, each with the cases that find it."""

from __future__ import annotations

from dataclasses import dataclass

from chipid.lds.ef_com import build_ef_com, parse_ef_com
from chipid.lds.files import FileId
from tests.conformance import bad_chips as chips
from tests.conformance import bad_chips_access as access
from tests.conformance import bad_chips_random as random
from tests.conformance import bad_chips_rights as rights
from tests.conformance.bad_chips import BadChip, with_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A chip with a defect, and the cases that find it."""

    name: str
    make: type[BadChip]
    description: str
    found: frozenset[str]
    profile: str


def _defect(make: type[BadChip], *found: str, name: str = "", profile: str = "cccd-2021") -> Defect:
    description = (make.__doc__ or "").removesuffix(".")
    return Defect(
        name=name or make.__name__, make=make, description=description, found=frozenset(found), profile=profile
    )


def _with_other_name(content: bytes) -> bytes:
    """DG1 of somebody else: names have no check digit."""
    return content.replace(b"<<", b"A<", 1)


def _without_last_group(content: bytes) -> bytes:
    """EF.COM that does not list DG15."""
    found = parse_ef_com(content)
    return build_ef_com(found.data_groups[:-1], lds_version=found.lds_version, unicode_version=found.unicode_version)


DEFECTS = (
    _defect(chips.SurvivesPlainCommands, "C_16", "J-3", "P_3", "I_20", "B_37", "O_37"),
    _defect(chips.SurvivesWrongChecksums, "C_12", "C_13", "C_14", "C_17", "C_18", "P_79", "P_80"),
    _defect(chips.IgnoresChecksums, "C_12", "C_13", "C_17", "C_18", "P_80"),
    _defect(chips.IgnoresCounter, "C_14", "P_79"),
    _defect(chips.KeepsOldKeys, "I_16", "I_17"),
    _defect(chips.EndsSessionOnRefusal, "9303-a", "I_14", "I_18", "I_12"),
    _defect(chips.DataInTheClear, "C_8", "D_1", "E_5"),
    _defect(chips.NoStatusObject, "9303-b", "C_8", "C_10"),
    _defect(chips.AlwaysProtectsSuccess, "9303-a", "E_3"),
    _defect(chips.WrongAnswerChecksum, "C_8", "E_1", "I_16"),
    _defect(chips.WrongStatusForProtectedFiles, "B_1", "B_19", "O_19"),
    _defect(chips.SilentOffsets, "E_3"),
    _defect(chips.RepeatsChallenge, "C_1", "9303-c"),
    _defect(chips.KeepsChallenge, "C_4b", "J-2"),
    _defect(chips.TakesAnyPoint, "P_49", "P_30", "P_42", "P_24", "I_14", "B33 I_9", "B33 I_16", "P_50"),
    _defect(chips.TakesAnyToken, "P_35", "P_62", "P_36", "P_76"),
    _defect(chips.WrongToken, "P_1", "P_2", "P_73"),
    _defect(chips.IgnoresChaining, "P_54", "P_55", "P_56", "P_57"),
    _defect(chips.IgnoresClass, "P_10", "P_18", "P_37", "P_38", "P_4"),
    _defect(chips.IgnoresTags, "P_15", "P_16", "P_17", "P_19", "P_20", "P_21", "P_22", "P_31", "P_32", "P_33", "P_34"),
    _defect(chips.ResumesPACE, "P_58", "P_59", "P_60", "P_61"),
    _defect(chips.UnprotectedCardSecurity, "S_5", "S_6", "O_55", "O_56", profile="pace-cam-aes256-brainpoolP384r1"),
    _defect(chips.TakesAnyProof, "B32 L_11", "B32 K_10", "B32 K_20", profile="eac"),
    _defect(
        chips.TakesAnyCertificate,
        "B32 J_3",
        "B32 J_4",
        "B32 J_6",
        "B32 J_21",
        "B32 J_30",
        "B32 J_43",
        "B32 J_48",
        profile="eac",
    ),
    _defect(chips.GivesEveryRight, "B32 L_2", "B32 L_4", "B32 L_5", "B32 L_8", profile="eac"),
    _defect(chips.OpenFingers, "B32 H_3", "B32 L_9", profile="eac"),
    _defect(chips.SignsAnything, "R_3", "R_4"),
    _defect(chips.SignsOtherChallenge, "R_6"),
    _defect(
        with_file(FileId.SOD, lambda content: content[:-1] + bytes((content[-1] ^ 1,))), "LDS_D_7", name="Unsigned"
    ),
    _defect(with_file(FileId.DG14, lambda content: b"\x6f" + content[1:]), "LDS_E_1", "LDS_E_3", name="WrongTag"),
    _defect(with_file(FileId.COM, lambda content: content[:-1]), "LDS_A_2", "LDS_A_5", name="CutFile"),
    _defect(random.StaticNonce, "9303-c", "X_RND_4"),
    _defect(random.FewNonces, "X_RND_4"),
    _defect(random.StaticMappingKey, "X_RND_5"),
    _defect(random.StaticKeyMaterial, "X_RND_3"),
    _defect(random.StaticSignatures, "X_RND_8", profile="bac-aa-rsa"),
    _defect(random.SignsOneChallenge, "X_RND_8", profile="bac-aa-rsa", name="SignsOneChallengeRSA"),
    _defect(random.SignsOneChallenge, "X_RND_9"),
    _defect(random.ChallengesFromPowerUp, "X_RND_2"),
    _defect(random.CountsChallenges, "X_RND_1", "X_RND_2"),
    _defect(random.ChallengesWithConstantByte, "X_RND_1"),
    _defect(random.RepeatsTerminalChallenges, "X_RND_7", profile="eac"),
    _defect(access.ShortChecksum, "X_SM_1"),
    _defect(access.FirstHalfOfChecksum, "C_13", "C_18", "X_SM_2"),
    _defect(access.SecondHalfOfChecksum, "X_SM_3"),
    _defect(access.HeaderNotProtected, "X_SM_4", "X_SM_5"),
    _defect(access.TakesReplays, "X_SM_8"),
    _defect(access.IgnoresPaddingIndicator, "X_SM_7"),
    _defect(access.ErrorsNotCounted, "9303-a", "I_12", "I_14"),
    _defect(access.AccessOutlivesSession, "X_SM_11"),
    _defect(access.OldKeysStayAlive, "I_17"),
    _defect(access.ChallengeServesTwice, "X_ACC_1"),
    _defect(access.IgnoresChallenge, "C_4b", "X_ACC_2"),
    _defect(access.TakesNeutralElement, "X_ACC_4", "X_ACC_5", "X_TA_1"),
    _defect(
        access.TakesNeutralElement,
        "X_ACC_4",
        "X_ACC_5",
        "X_ACC_6",
        "X_ACC_7",
        profile="pace-dh-gm-3des-group2",
        name="TakesNeutralElementDH",
    ),
    _defect(access.TokenServesTwice, "X_ACC_8"),
    _defect(access.FirstHalfOfToken, "X_ACC_9"),
    _defect(access.OneSecretForAll, "P_2", "X_ACC_10"),
    _defect(access.OpensBeforeTokens, "X_ACC_11"),
    _defect(access.TakesUnknownAlgorithm, "P_6", "P_66", "P_67", "P_68"),
    _defect(rights.GarbageAfterEnd, "X_EF_1", "X_EF_2"),
    _defect(rights.ShortIdentifierDoesNotSelect, "X_EF_4"),
    _defect(rights.FileOutlivesSelection, "X_EF_5"),
    _defect(rights.Writable, "X_WR_1"),
    _defect(rights.WritableByAnybody, "X_WR_2"),
    _defect(rights.IgnoresOffsetTag, "X_EF_8"),
    _defect(rights.FingersOpenAfterAccess, "X_EF_12", profile="eac"),
    _defect(rights.NeedsNoChoice, "X_TA_2"),
    _defect(rights.TerminalChallengeServesTwice, "X_TA_3", profile="eac"),
    _defect(rights.IgnoresDates, "X_TA_9", "X_TA_10", "B32 M_1", "B32 M_2", profile="eac"),
    _defect(rights.MovesDateOnRefusal, "B32 J_25", profile="eac"),
    _defect(rights.AnyKindOfTerminal, "X_TA_11", "X_TA_12", profile="eac"),
    _defect(rights.RightsOutliveSession, "X_TA_8", profile="eac"),
    _defect(rights.RightsOutliveAccess, "B32 L_14", "B32 L_16", profile="eac"),
    _defect(rights.AuthenticatesTwice, "B33 K_13", "B33 K_14", profile="eac"),
    _defect(rights.NamesItselfTwice, "B32 K_20", profile="eac"),
    _defect(rights.IgnoresExpectedLength, "D_1", "E_1", "E_5"),
    _defect(rights.SelectKeepsRights, "B32 K_18", profile="eac"),
    _defect(rights.NeverCounts, "B33 P_1", "B33 P_3", profile="full"),
    _defect(rights.NeverBlocks, "B33 P_8", "B33 P_8a", profile="full"),
    _defect(rights.NeverForgives, "B33 P_2", profile="full"),
    _defect(rights.ForgivesByCAN, "X_PIN_1", profile="full"),
    _defect(rights.ForgivesByNonce, "X_PIN_2", profile="full"),
    _defect(rights.NotSuspended, "B33 P_4", "B33 P_6", profile="full"),
    _defect(rights.AnybodyChangesPIN, "B33 P_12", "B33 P_16", "B33 P_18", profile="full"),
    _defect(access.BreaksOnLongReads, "X_SES_1"),
    _defect(access.SessionOutlivesReset, "X_SES_2"),
    _defect(access.SulksAfterWrongPassword, "X_SES_3"),
    _defect(access.ProvesAnotherKey, "X_LDS_4", profile="pace-cam-aes256-brainpoolP384r1"),
    _defect(with_file(FileId.DG1, _with_other_name), "X_LDS_1", name="AnotherHolder"),
    _defect(with_file(FileId.COM, _without_last_group), "LDS_A_5", "X_LDS_3", name="HiddenGroup"),
)
