"""``aim.sdk.errors`` of Aim 3: ``from aim.sdk.errors import RepoIntegrityError``."""

from aim.errors import RepoError as RepoIntegrityError
from aim.errors import RunNotFoundError as MissingRunError

__all__ = ["MissingRunError", "RepoIntegrityError"]
