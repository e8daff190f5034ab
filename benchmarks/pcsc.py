"""One APDU through pyscard, pcscd and vpcd to the simulated card and back, at the median."""

from __future__ import annotations

import os
import sys
import time

from benchmarks.measure import median_seconds, report
from simulator.pcsc_stack import SOCKET_VARIABLE, PCSCStack, missing, socket_in, temporary_folder
from simulator.scenarios import build_card
from simulator.virtual_reader import VirtualReader

SELECT_APPLICATION = bytes.fromhex("00A4040C07A0000002471001")


def main() -> int:
    reason = missing()
    if reason is not None:
        print(f"not measured: {reason}")
        return 0
    with temporary_folder() as folder:
        os.environ[SOCKET_VARIABLE] = str(socket_in(folder))  # before pyscard looks for a service
        from reader.pcsc import open_reader  # noqa: PLC0415

        with PCSCStack(folder) as stack:
            slot = VirtualReader(name=stack.readers[0], port=stack.ports[0])
            inserted = slot.holding(build_card("genuine").transport())
            with inserted, open_reader(slot.name, clock=time.monotonic, timeout=10) as card, card.transaction():
                median = 1000 * median_seconds(lambda: card.transmit(SELECT_APPLICATION), repeat=500)
    return 0 if report("APDU through pcscd and vpcd", median, 1.0, "ms") else 1


if __name__ == "__main__":
    sys.exit(main())
