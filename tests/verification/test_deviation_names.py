"""Whatever a report can name can be refused, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import chipid
from chipid.lds.security_infos import SecurityInfosDeviation
from chipid.verification.deviation_names import CONTENTS, SIGNING
from chipid.verification.policy_file import SHIPPED, shipped_policy

ROOT = Path(chipid.__file__).parent
# Where deviations are found: what these modules yield are names of them.
FOUND_IN = (
    "pki/certificate.py",
    "pki/cms.py",
    "verification/signer_profile.py",
    "lds/biometric_templates.py",
    "lds/face_record.py",
    "lds/finger_record.py",
    "lds/iris_record.py",
)


def test_every_name_that_is_yielded_is_known() -> None:
    code = "".join((ROOT / name).read_text(encoding="utf-8") for name in FOUND_IN)
    lines = re.findall(r"^ +yield (\".*)$", code, re.MULTILINE)
    yielded = {name for line in lines for name in re.findall(r"\"([a-z0-9-]+)\"", line)}
    assert len(yielded) > 40
    assert yielded <= SIGNING | CONTENTS


def test_every_known_name_is_found_somewhere() -> None:
    sources = [path for path in ROOT.rglob("*.py") if path.name != "deviation_names.py"]
    code = "".join(path.read_text(encoding="utf-8") for path in sources)
    composed = {f"security-infos-{one.value}" for one in SecurityInfosDeviation}
    assert {name for name in SIGNING | CONTENTS if f'"{name}"' not in code} == composed
    assert not SIGNING & CONTENTS


def test_the_shipped_policies_refuse_only_what_exists() -> None:
    for name in SHIPPED:
        assert shipped_policy(name).refused_deviations <= SIGNING
        assert shipped_policy(name).refused_contents <= CONTENTS
