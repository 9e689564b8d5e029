"""Write what follows from aim/integrations/_support.py: after a change of the table of adapters.

- the extras, the layer of the import paths and its exceptions for type checkers in pyproject.toml
- the names that ``import aim`` offers (aim/__init__.py) and the module behind each (aim/keras.py ...)
- those of adapters to come, of aim/compat/to_come.py (aim/xgboost.py ...), and both under the path that Aim 3 has for
  them, too (aim/sdk/adapters/)
- the table in README.md

    python scripts/sync_adapters.py [--check]     # --check: only say what is not current
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from aim.compat.to_come import TO_COME, LaterModule
from aim.integrations._support import ADAPTERS, Adapter

ROOT = Path(__file__).resolve().parent.parent
BY_HAND = ("pytorch",)
"""Of the same kind, but functions: their modules are written by hand."""


def generated() -> Iterator[tuple[Path, str]]:
    """Each file that is written, and what it must hold."""
    project = _between(
        "pyproject.toml",
        "# extras of the adapters",
        "# end of the extras of the adapters",
        [f'{a.extra} = ["{a.frameworks[0].distribution}>={a.frameworks[0].minimum}"]' for a in ADAPTERS],
    )
    layer = f'    "{" | ".join(a.name for a in ADAPTERS)}", # one-line re-exports: the import paths that users know'
    project = re.sub(r"^.*# one-line re-exports.*$", layer, project, flags=re.M)
    layer = (
        f'    "{" | ".join(sorted((*TO_COME, *BY_HAND, "ext")))}", # import paths of Aim 3 without an adapter so far'
    )
    project = re.sub(r"^.*# import paths of Aim 3 without.*$", layer, project, flags=re.M)
    names = sorted(a.name for a in ADAPTERS)
    edges = "".join(f'    "aim -> aim.{name}",\n' for name in names)
    yield ROOT / "pyproject.toml", re.sub(r'(^    "aim -> aim\.[a-z_]+",\n)+', edges, project, flags=re.M)
    listed = f"_ADAPTERS = {json.dumps(names)}".replace("[", "(").replace("]", ")")
    imports = "".join(f"    from aim import {name} as {name}\n" for name in names)
    package = (ROOT / "aim" / "__init__.py").read_text(encoding="utf-8")
    package = re.sub(r"^_ADAPTERS = .*$", listed, package, flags=re.M)
    yield ROOT / "aim" / "__init__.py", re.sub(r"(^    from aim import \w+ as \w+\n)+", imports, package, flags=re.M)
    for adapter in ADAPTERS:
        yield ROOT / "aim" / f"{adapter.name}.py", _module(adapter)
        yield ROOT / "aim" / "sdk" / "adapters" / f"{adapter.name}.py", _old_path(adapter.name, _members(adapter))
    for name, module in TO_COME.items():
        yield ROOT / "aim" / f"{name}.py", _later(name, module)
        yield ROOT / "aim" / "sdk" / "adapters" / f"{name}.py", _old_path(name, module.members)
    table = ["| import | needs | tested with | in these modes |", "|---|---|---|---|", *map(_row, ADAPTERS)]
    yield ROOT / "README.md", _between("README.md", "<!-- adapters -->", "<!-- end of adapters -->", table)


def _between(path: str, begin: str, end: str, lines: list[str]) -> str:
    """A file with `lines` between the two that mark their place."""
    text = (ROOT / path).read_text(encoding="utf-8")
    before, found, rest = text.partition(f"{begin}\n")
    _, found_end, after = rest.partition(f"{end}\n")
    if not (found and found_end):
        raise SystemExit(f"{path} lacks the lines {begin!r} and {end!r}")
    return "".join([before, found, *(f"{line}\n" for line in lines), found_end, after])


def _members(adapter: Adapter) -> tuple[str, ...]:
    return (adapter.member, *adapter.also)


def _module(adapter: Adapter) -> str:
    package, members = f"aim.integrations.{adapter.name}", _members(adapter)
    imports = "".join(f"from {package} import {member} as {member}\n" for member in members)
    return (
        f'"""{adapter.title}: ``from {adapter.module} import {adapter.member}``."""\n\n'
        f"{imports}\n__all__ = {json.dumps(list(members))}\n"
    )


def _old_path(name: str, members: tuple[str, ...]) -> str:
    """The module under the path that Aim 3 has for it."""
    imports = "".join(f"from aim.{name} import {member} as {member}\n" for member in members)
    return (
        f'"""``aim.sdk.adapters.{name}``: the path of Aim 3 for aim.{name}."""\n\n'
        f"{imports}\n__all__ = {json.dumps(list(members))}\n"
    )


def _later(name: str, module: LaterModule) -> str:
    """A module whose classes say on use what to do until there is an adapter."""
    classes = "\n\n".join(
        f"class {member}(Later):\n"
        f'    """Of Aim 3: making one raises :class:`aim.errors.MissingDependencyError`."""\n\n'
        f'    _module = "{name}"\n'
        for member in module.members
    )
    return (
        f'"""{module.title}: an adapter comes with a later version; using it says what to do until then."""\n\n'
        f"from aim.compat.to_come import Later\n\n__all__ = {json.dumps(module.members)}\n\n\n{classes}"
    )


def _row(adapter: Adapter) -> str:
    """One adapter; its frameworks one below the other."""
    needs, tested = [], []
    for framework in adapter.frameworks:
        note = framework.note or (framework.comes_with and f"comes with {framework.comes_with}")
        needs.append(f"{framework.distribution} >= {framework.minimum}" + (f" ({note})" if note else ""))
        tested.append(f"{framework.distribution} {' and '.join(framework.tested)}")
    name = f"[`{adapter.module}.{adapter.member}`](docs/{adapter.page})"
    return f"| {name}: {adapter.title} | {'<br>'.join(needs)} | {'<br>'.join(tested)} | {_modes_of(adapter)} |"


def _modes_of(adapter: Adapter) -> str:
    """The modes of the contract, and which of them run with the newest versions alone."""
    sys.path.insert(0, str(ROOT))
    from tests.integration.modes.base import modes

    mine = [mode for mode in modes() if mode.adapter == adapter.module]
    return ", ".join(mode.name + ("" if "oldest" in mode.environments else " (newest)") for mode in mine)


def main() -> int:
    """0: all is current, or was written."""
    stale = [(p, text) for p, text in generated() if not p.exists() or p.read_text(encoding="utf-8") != text]
    is_check = "--check" in sys.argv[1:]
    for path, text in stale:
        print(f"{'not current: ' if is_check else 'wrote '}{path.relative_to(ROOT)}")
        if not is_check:
            path.write_text(text, encoding="utf-8")
    return int(is_check and bool(stale))


if __name__ == "__main__":
    raise SystemExit(main())
