"""The one table of the frameworks that have an adapter, and the check that theirs is there and new enough.

The rest follows from it: ``scripts/sync_adapters.py`` writes the extras of ``pyproject.toml``, the names of
``import aim`` and the table in the README; ``scripts/test_adapters.py`` makes its environments of it.
"""

from __future__ import annotations

import importlib.util
import re
from dataclasses import dataclass
from importlib import metadata

from aim.errors import MissingDependencyError

__all__ = ["ADAPTERS", "Adapter", "Framework", "adapter", "installed", "is_at_least", "need", "release"]


@dataclass(frozen=True, slots=True)
class Framework:
    """A package that an adapter listens to.

    Attributes:
        distribution: Its name for pip.
        package: Its name for ``import``, with the submodule that must be there.
        minimum: The oldest version that works; it is tested.
        tested: The oldest and the newest version that the contract ran with, as major.minor, by
            ``tests/adapters_tested.json``.
        note: What else a reader of the table must know.
        comes_with: The distribution that holds the package, where it is another one's.
    """

    distribution: str
    package: str
    minimum: str
    tested: tuple[str, ...]
    note: str = ""
    comes_with: str = ""


@dataclass(frozen=True, slots=True)
class Adapter:
    """An adapter, by the module that users import.

    Attributes:
        module: e.g. "aim.keras".
        member: What it offers there.
        title: The framework's name for people.
        extra: ``pip install '.[extra]'`` in a clone.
        frameworks: Any one of them is enough; the first is the one that the extra installs.
        page: The page of ``docs/``.
        example: The script of ``examples/``, without its suffix.
        also: Other names that it offers there, for code written for Aim 2.
    """

    module: str
    member: str
    title: str
    extra: str
    frameworks: tuple[Framework, ...]
    page: str
    example: str
    also: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Of the module, and of the folder in ``aim/integrations``: "keras"."""
        return self.module.removeprefix("aim.")


ADAPTERS: tuple[Adapter, ...] = (
    Adapter(
        "aim.pytorch_lightning",
        "AimLogger",
        "PyTorch Lightning, Fabric",
        "lightning",
        (
            Framework("lightning", "lightning", "2.4", ("2.4", "2.6")),
            Framework("pytorch-lightning", "pytorch_lightning", "2.4", ("2.4", "2.6")),
            Framework("lightning-fabric", "lightning_fabric", "2.4", ("2.4", "2.6"), comes_with="pytorch-lightning"),
        ),
        "pytorch_lightning.md",
        "pytorch_lightning_track",
    ),
    Adapter(
        "aim.keras",
        "AimCallback",
        "Keras 3 on TensorFlow, torch and JAX; Keras 2",
        "keras",
        (
            Framework("keras", "keras", "3.4", ("3.4", "3.15")),
            Framework("tf-keras", "tf_keras", "2.16", ("2.16", "2.21"), "Keras 2"),
        ),
        "keras.md",
        "keras_track",
        also=("AimTracker",),
    ),
    Adapter(
        "aim.tensorflow",
        "AimCallback",
        "tf.keras, also with TF_USE_LEGACY_KERAS=1",
        "tensorflow",
        (Framework("tensorflow", "tensorflow", "2.16", ("2.16", "2.21")),),
        "keras.md",
        "tensorflow_keras_track",
        also=("AimTracker",),
    ),
)


def adapter(module: str) -> Adapter:
    """The adapter behind a module that users import."""
    return next(adapter for adapter in ADAPTERS if adapter.module == module)


def need(module: str) -> tuple[Framework, ...]:
    """Those frameworks of an adapter that are installed and new enough. Imports none of them.

    Args:
        module: The module that users import, e.g. "aim.keras".

    Raises:
        MissingDependencyError: there is none.
    """
    wanted = adapter(module)
    found = [(framework, version) for framework in wanted.frameworks if (version := installed(framework)) is not None]
    usable = tuple(framework for framework, version in found if is_at_least(version, framework.minimum))
    if usable:
        return usable
    if found:
        framework, version = found[0]
        raise MissingDependencyError(
            f"{module} needs {framework.distribution} {framework.minimum} or later, and {version} is installed. "
            f"Upgrade it with: pip install -U {_requirement(framework)}"
        )
    raise MissingDependencyError(
        f"{module} needs {wanted.frameworks[0].distribution}, which is not installed. "
        f"Install it with: pip install {_requirement(wanted.frameworks[0])}"
    )


def _requirement(framework: Framework) -> str:
    """What to ask pip for: the framework itself, since the name of Aim is another product's on the package index."""
    return f"'{framework.comes_with or framework.distribution}>={framework.minimum}'"


def installed(framework: Framework) -> str | None:
    """The version that is installed; "" if it does not say, None if there is none. Imports nothing."""
    try:
        return metadata.version(framework.distribution)
    except metadata.PackageNotFoundError:
        pass
    # tensorflow-cpu, tf-nightly, a source tree: other distributions, the same package
    return "" if importlib.util.find_spec(framework.package) is not None else None


def release(version: str) -> tuple[int, ...]:
    """The numbers that a version begins with: "2.16.1rc0" is (2, 16, 1)."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in found.group().split(".")) if found else ()


def is_at_least(version: str, minimum: str) -> bool:
    """Whether a version is as new as `minimum`; one that does not say is taken to be."""
    numbers = release(version)
    return not numbers or numbers >= release(minimum)
