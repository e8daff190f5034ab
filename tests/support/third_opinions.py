"""Programs and libraries of others that tests compare us with.

A machine without them skips those tests and says why. Continuous integration (``CI=true``) has been asked to install
them, so there they run, and fail if they cannot.
"""

from __future__ import annotations

import os
import shutil

import pytest


def is_ci() -> bool:
    return os.environ.get("CI", "").lower() in ("1", "true")


def needs_programs(package: str, *programs: str) -> pytest.MarkDecorator:
    """Skip without ``programs``, which the Debian package ``package`` brings."""
    absent = [one for one in programs if shutil.which(one) is None]
    reason = f"not installed: {', '.join(absent)} (Debian package {package})"
    return pytest.mark.skipif(bool(absent) and not is_ci(), reason=reason)


def skip_or_fail(reason: str) -> None:
    """End the test: what it needs is not there."""
    if is_ci():
        pytest.fail(reason)
    pytest.skip(reason)
