"""How a command ends that did not do its work: for people, and for programs."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apdu.errors import ToolkitError
from chipid.errors import ConfigurationError, ExplainedError
from chipid.messages.catalogue import Catalogue

ERROR_SCHEMA = "chipid.error/1"


@dataclass(eq=False, slots=True)
class FailureError(Exception):
    """An ending: its stable code, what to say, and the exit code.

    ``details`` has the code of the problem and what it is about, by name, for the errors that have these.
    """

    code: str
    message: str
    hint: str
    exit_code: int
    details: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> Iterator[str]:
        """What is wrong, and what to do next."""
        yield f"error: {self.message} [{self.code}]"
        yield f"hint: {' '.join(self.hint.split())}"

    def document(self) -> dict[str, Any]:
        """The same as JSON."""
        told = {"code": self.code, "message": self.message, "hint": " ".join(self.hint.split())}
        return {"schema": ERROR_SCHEMA, **told, **self.details}


def failure_of(error: ToolkitError | OSError, texts: Catalogue) -> FailureError:
    """The ending that an error of the library, or of a file that the system does not give, leads to."""
    if isinstance(error, OSError):
        name = Path(os.fsdecode(error.filename or "")).name or "a file"
        error = ConfigurationError(f"{name}: {error.strerror}")
    return FailureError(error.code, texts.error(error), texts.hint(error), error.exit_code, details_of(error))


def details_of(error: ToolkitError) -> dict[str, str]:
    """The code of the problem, and what it is about by name, for an error that has these; else nothing."""
    if not isinstance(error, ExplainedError):
        return {}
    return {**error.details, "problem": str(error.problem.value)}
