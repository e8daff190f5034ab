"""A bank's desk in a few lines: whose card is it, and can it be trusted?

python examples/bank_desk.py TRUST_FOLDER < file-with-the-access-key
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import chipid
from reader.pcsc import open_reader


def main() -> int:
    key = chipid.parse_access_key(sys.stdin.readline())
    trust = chipid.TrustStore.from_directory(Path(sys.argv[1]))
    with open_reader(clock=time.monotonic, timeout=30) as card, card.transaction():
        evidence = chipid.read_card(
            card,
            key,
            chipid.EVERYTHING,
            entropy=chipid.system_entropy,
            clock=time.monotonic,
            now=lambda: datetime.now(UTC),
        )
    report = chipid.judge(evidence, trust, chipid.DEFAULT_POLICY, datetime.now(UTC))
    print(report.verdict.value)
    if report.verdict is not chipid.Verdict.ACCEPTED:
        return 1
    holder = chipid.Holder.from_report(report)
    print(
        holder.full_name.value if holder.full_name else "",
        holder.personal_number.value if holder.personal_number else "",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
