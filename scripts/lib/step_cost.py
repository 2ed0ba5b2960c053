#!/usr/bin/env python3
"""What a dispute costs on L1, as one JSON line, from contracts/snapshots/Gas.json.

Behind `scripts/bench step`. The snapshot holds gas of whole transactions, the base fee of a transaction and its calldata
included (foundry.toml, `isolate`). A match has as many moves whatever the batch: 38 levels, eight at once.
"""

import argparse
import json
import pathlib
import sys
from decimal import Decimal

from post_cost import SNAPSHOT, price, row

# The acts of a whole match in their order, by the names of the snapshot. The second move shows what the third does.
ACTS = {
    "file against a batch": "file, a claim against a batch",
    "file in its defence": "file, a claim in its defence",
    "move 1": "move, first, 256 nodes",
    "move 2": "move, third, 256 nodes",
    "move 3": "move, third, 256 nodes",
    "move 4": "move, fourth, 64 nodes",
    "move 5": "move, last",
    "step without its leap": "step, without the leap",
}
# What follows when the claim against the batch stands: the rejection is paid by who posts the next batch.
AFTER = {"conclude": "conclude", "take back a bond": "takeBack, a claim"}
SILENCE = {"expire": "expire, no move made"}
LEAP = "leap, "
# The middle one of those that a batch of 10,000 orders is judged in, as a transaction of its own: `scripts/bench vm
# --orders 10000` measures it. In a dispute it is a part of the step, so that the base fee of a transaction is counted twice.
TYPICAL_LEAP = 3_788_453
DAY = 86_400


def total(rows: dict, gwei: Decimal) -> dict:
    return row(sum(entry["gas"] for entry in rows.values()), gwei)


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench step", description=__doc__.splitlines()[0])
    parser.add_argument("--gwei", type=price, default=Decimal(10), help="price of gas, tip included (default: 10)")
    parser.add_argument("--bond", type=price, default=Decimal("0.1"), help="bond of a claim in ether (default: 0.1)")
    parser.add_argument("--days", type=price, default=Decimal(3), help="defence, and budget of a side in a match (default: 3)")
    parser.add_argument("--leap", type=int, default=TYPICAL_LEAP, help=f"gas of a typical leap (default: {TYPICAL_LEAP})")
    parser.add_argument("--snapshot", type=pathlib.Path, default=SNAPSHOT, help="another snapshot of forge")
    args = parser.parse_args()
    told = {name: int(gas) for name, gas in json.loads(args.snapshot.read_text()).items()}
    missing = [name for name in [*ACTS.values(), *AFTER.values(), *SILENCE.values()] if name not in told]
    leaps = {name.removeprefix(LEAP): row(gas, args.gwei) for name, gas in told.items() if name.startswith(LEAP)}
    if missing or not leaps:
        sys.exit(f"bench: error: {args.snapshot} does not tell {missing or 'leaps'}: names in scripts/lib/step_cost.py are old")
    acts, after, silence = ({short: row(told[name], args.gwei) for short, name in part.items()} for part in (ACTS, AFTER, SILENCE))
    dearest = max(leaps.values(), key=lambda leap: leap["gas"])
    match = acts | after
    dispute = {
        "transactions": len(ACTS),
        "typical leap": total(match | {"leap": row(args.leap, args.gwei)}, args.gwei),
        "dearest leap": total(match | {"leap": dearest}, args.gwei),
        "bonds": {"ether": str(2 * args.bond), "burned of the loser's": str(args.bond / 4)},
        "longest": {"days": str(3 * args.days), "seconds": int(3 * args.days * DAY)},
    }
    prices = {"gwei": str(args.gwei), "bond": str(args.bond), "days": str(args.days)}
    leaps |= {"typical": row(args.leap, args.gwei)}
    print(json.dumps({"bench": "step", **prices, "acts": acts | after | silence, "leaps": leaps, "dispute": dispute}))


if __name__ == "__main__":
    main()
