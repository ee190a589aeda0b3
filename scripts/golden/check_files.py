"""What every generator of golden values shares: where fixtures lie, writing them, and `--check`."""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "test" / "parity" / "fixtures"


def arguments(description: str | None = None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--check", action="store_true", help="compare with the committed fixture instead of writing")
    return parser


def write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def differing(fresh: dict, committed: dict, same: Callable[[object, object], bool]) -> list[str]:
    """Names that are in one of the two only, or whose values are not the `same`."""
    names = sorted(set(fresh) | set(committed))
    return [name for name in names if not (name in fresh and name in committed and same(fresh[name], committed[name]))]


def main(path: Path, draw: Callable[[], dict], same: Callable[[object, object], bool]) -> None:
    """Writes draw() to `path`, or with --check exits with 1 when an entry of it differs from what lies there."""
    check = arguments().parse_args().check
    fresh = draw()
    if not check:
        write(path, fresh)
        print(f"wrote {path.relative_to(ROOT)}")
        return
    wrong = differing(fresh, json.loads(path.read_text(encoding="utf-8")), same)
    if wrong:
        sys.exit(f"{path.relative_to(ROOT)} differs from what torch gives now: {', '.join(wrong)}")
    print(f"{path.relative_to(ROOT)}: {len(fresh)} entries agree")
