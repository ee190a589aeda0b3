"""What every generator of golden values shares: where fixtures lie, writing them, and `--check`."""

import argparse
import json
import operator
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "test" / "parity" / "fixtures"


def arguments(description: str | None = None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="compare with the committed fixture instead of writing")
    return parser


def write(path: Path, content: object, lines: bool = False) -> None:
    """Indented, or with `lines` each entry of the top level on one line: small, and a change is still readable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if lines:
        entries = (f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in content.items())
        text = "{" + ",\n".join(entries) + "}"
    else:
        text = json.dumps(content, indent=2)
    path.write_text(text + "\n", encoding="utf-8")


def differing(fresh: dict, committed: dict, same: Callable[[object, object], bool] = operator.eq) -> list[str]:
    """Names that are in one of the two only, or whose values are not the same."""
    names = sorted(set(fresh) | set(committed))
    return [n for n in names if n not in fresh or n not in committed or not same(fresh[n], committed[n])]


def main(
    fixtures: dict[Path, Callable[[], dict]], same: Callable[[object, object], bool] = operator.eq, lines: bool = False
) -> None:
    """Writes each fixture (`lines`: see write), or with --check exits with 1 when an entry is not the same as what lies there."""
    check = arguments().parse_args().check
    failed = False
    for path, draw in fixtures.items():
        name = path.relative_to(ROOT)
        fresh = draw()
        if not check:
            write(path, fresh, lines)
            print(f"wrote {name}")
            continue
        wrong = differing(fresh, json.loads(path.read_text(encoding="utf-8")), same)
        failed = failed or bool(wrong)
        print(f"{name}: {'differs in ' + ', '.join(wrong) if wrong else f'{len(fresh)} entries agree'}")
    if failed:
        sys.exit(1)
