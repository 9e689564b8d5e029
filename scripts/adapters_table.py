"""Write the table of adapters and versions into the README, from aim/integrations/_support.py.

python scripts/adapters_table.py [--check]     # --check: only say whether it is current
"""

from __future__ import annotations

import sys
from pathlib import Path

from aim.integrations._support import ADAPTERS, Adapter

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
BEGIN, END = "<!-- adapters -->", "<!-- end of adapters -->"


def table() -> str:
    """The table, in Markdown."""
    lines = ["| import | needs | tested with | in these modes |", "|---|---|---|---|", *map(row, ADAPTERS)]
    return "\n".join(lines)


def row(adapter: Adapter) -> str:
    """One adapter; its frameworks one below the other."""
    needs, tested = [], []
    for framework in adapter.frameworks:
        note = f" ({framework.note})" if framework.note else ""
        needs.append(f"{framework.distribution} >= {framework.minimum}{note}")
        tested.append(f"{framework.distribution} {' and '.join(framework.tested)}")
    name = f"`{adapter.module}.{adapter.member}`"
    if (README.parent / "docs" / adapter.page).exists():
        name = f"[{name}](docs/{adapter.page})"
    described = f"{name}: {adapter.title}"
    return f"| {described} | {'<br>'.join(needs)} | {'<br>'.join(tested)} | {modes_of(adapter)} |"


def modes_of(adapter: Adapter) -> str:
    """The modes of the contract, and which of them run with the newest versions alone."""
    sys.path.insert(0, str(ROOT))
    from tests.integration.modes.base import modes

    mine = [mode for mode in modes() if mode.adapter == adapter.module]
    return ", ".join(mode.name + ("" if "oldest" in mode.environments else " (newest)") for mode in mine)


def with_table(text: str) -> str:
    """The README with the table of today between its two marks."""
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"README.md lacks the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> int:
    """0: it is current, or was written."""
    text = README.read_text(encoding="utf-8")
    wanted = with_table(text)
    if "--check" in sys.argv[1:]:
        return int(wanted != text)
    README.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
