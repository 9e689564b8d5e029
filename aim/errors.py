"""Every error that Aim raises on purpose.

::

    AimError (Exception)
    ├── InvalidValueError (also ValueError)     a value, name, context or step that cannot be recorded
    ├── SessionClosedError                      track or set_params on a closed session
    ├── MissingDependencyError (also ImportError)
    ├── RepoError                               something about the .aim directory
    │   ├── RepoNotFoundError
    │   ├── RepoFormatError                     written by another format version
    │   └── UnsafeFileError (also OSError)      a link, pipe or device in a repo, or a file too large to read
    ├── RunError
    │   ├── RunNotFoundError (also KeyError)
    │   ├── RunNameTakenError                   the name is in use in this experiment
    │   ├── RunUnreadableError                  its files cannot be read
    │   └── RunActiveError                      refused because the run is being written to
    ├── ExperimentNotFoundError
    ├── StorageError                            the disk refused, outside of training
    ├── IndexUnavailableError                   the index can neither be opened nor built
    └── QueryError                              AimQL: text, line, column (both from 1), expected, suggestions
        ├── QuerySyntaxError
        └── QueryNameError                      an unknown field or function
"""

from __future__ import annotations

__all__ = [
    "AimError",
    "AimWarning",
    "ExperimentNotFoundError",
    "IndexUnavailableError",
    "InvalidValueError",
    "MissingDependencyError",
    "QueryError",
    "QueryNameError",
    "QuerySyntaxError",
    "RepoError",
    "RepoFormatError",
    "RepoNotFoundError",
    "RunActiveError",
    "RunError",
    "RunNameTakenError",
    "RunNotFoundError",
    "RunUnreadableError",
    "SessionClosedError",
    "StorageError",
    "UnsafeFileError",
]


_HASH_DIGITS = 24
_SHOWN_CHARS = 80


class AimError(Exception):
    """Base of all errors raised by Aim."""


class AimWarning(UserWarning):
    """Category of every warning given by Aim."""


class InvalidValueError(AimError, ValueError):
    """A value, name, context, step or parameter cannot be recorded as given."""


class SessionClosedError(AimError):
    """The session no longer records."""


class MissingDependencyError(AimError, ImportError):
    """An optional package is missing or too old."""


class RepoError(AimError):
    """Something is wrong with a repo."""


class RepoNotFoundError(RepoError):
    """No .aim directory was found."""


class RepoFormatError(RepoError):
    """The repo was written by a format that this version does not read."""


class UnsafeFileError(RepoError, OSError):
    """Something in a repo is not what Aim opens: a link, a pipe or a device, or a file that is too large.

    Attributes:
        filename: Which.
        strerror: Which, and what is wrong with it.
    """

    def __str__(self) -> str:
        return self.strerror or ""


class RunError(AimError):
    """Something is wrong with a run."""


class RunNotFoundError(RunError, KeyError):
    """No run has this hash or name."""

    @classmethod
    def missing(cls, run: object, repo: str, *, hint: str = "") -> RunNotFoundError:
        """The error for a run that a repo does not have.

        Args:
            run: Its hash, or the name that was asked for.
            repo: The path of the repo, or what else was searched.
            hint: Follows in the message.
        """
        is_hash = isinstance(run, str) and len(run) == _HASH_DIGITS and run.isalnum()
        return cls(f"no run {run if is_hash else repr(run)[:_SHOWN_CHARS]} in {repo}{hint}")

    @classmethod
    def not_a_hash(cls, text: object, *, hint: str = "") -> RunNotFoundError:
        """The error for anything else in place of a run hash."""
        return cls(f"{repr(text)[:_SHOWN_CHARS]} is not a run hash ({_HASH_DIGITS} hex digits){hint}")

    def __str__(self) -> str:  # KeyError would show the repr of the message
        return str(self.args[0]) if self.args else ""


class RunNameTakenError(RunError):
    """Another run of the experiment has this name."""


class RunUnreadableError(RunError):
    """A file of the run cannot be read, or they go beyond the limits of what is read.

    Attributes:
        reason: Which file, and why.
        run: The run's hash; empty where it is not known.
        may_pass: Whether the system refused to read it: to this user, or for now.
    """

    def __init__(self, reason: str, run: str = "", *, may_pass: bool = False) -> None:
        super().__init__(reason, run)
        self.reason = reason
        self.run = run
        self.may_pass = may_pass

    def __str__(self) -> str:
        return f"run {self.run} cannot be read: {self.reason}" if self.run else self.reason


class RunActiveError(RunError):
    """The operation was refused because a live process writes to the run."""


class ExperimentNotFoundError(AimError):
    """No experiment has this name."""


class StorageError(AimError):
    """The file system refused an operation outside of training."""


class IndexUnavailableError(AimError):
    """The index can neither be opened nor built anywhere."""


class QueryError(AimError):
    """An AimQL query cannot be answered.

    Attributes:
        text: The query as given.
        line, column: Position of the fault, both counted from 1.
        expected: What would have been valid there, or None.
        suggestions: Near names, best first.
    """

    def __init__(
        self,
        message: str,
        *,
        text: str = "",
        line: int = 1,
        column: int = 1,
        expected: str | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.line = line
        self.column = column
        self.expected = expected
        self.suggestions = suggestions

    def __str__(self) -> str:
        parts = [f"{self.message} (line {self.line}, column {self.column})"]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.suggestions:
            parts.append(f"did you mean {' or '.join(self.suggestions)}?")
        return "; ".join(parts)


class QuerySyntaxError(QueryError):
    """The text is not AimQL."""


class QueryNameError(QueryError):
    """A field or function that AimQL does not have."""
