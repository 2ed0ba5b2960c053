#!/usr/bin/env python3
"""What the transactions of settlement cost, as one JSON line, from contracts/snapshots/Gas.json.

Behind `scripts/bench post`. The snapshot holds gas of whole transactions, the base fee of a transaction and its calldata
included (foundry.toml, `isolate`). Blobs are not in it: they are paid by a price of their own.
"""

import argparse
import json
import pathlib
import sys
from decimal import Decimal

SNAPSHOT = pathlib.Path(__file__).resolve().parents[2] / "contracts/snapshots/Gas.json"
# What a reader asks for first, by the name of the snapshot. The rest follows in the order of the file.
FIRST = {
    "post": "postBatch, 4 bytes of calldata",
    "post_10_kb_calldata": "postBatch, 10 kB of calldata",
    "finalize": "finalize, 1 batch",
    "finalize_10": "finalize, 10 batches",
    "deposit": "deposit",
    "withdraw": "claim",
    "force": "forceExit, after 100 others",
    "escape": "escape claim",
    "demand": "demand, first of a batch",
    "reveal": "reveal, 24 KiB without a zero byte",
}
BLOB_GAS = 131_072


def ether(gas: int, gwei: Decimal) -> str:
    """`gas` at `gwei`, in ether, exactly."""
    return format((gas * gwei * Decimal("1e-9")).normalize(), "f")


def price(text: str) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or value < 0:
        raise ValueError(text)
    return value


def row(gas: int, gwei: Decimal) -> dict:
    return {"gas": gas, "ether": ether(gas, gwei)}


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/bench post", description=__doc__.splitlines()[0])
    parser.add_argument("--gwei", type=price, default=Decimal(10), help="price of gas, tip included (default: 10)")
    parser.add_argument("--blob-gwei", type=price, default=Decimal(1), help="price of blob gas (default: 1)")
    parser.add_argument("--snapshot", type=pathlib.Path, default=SNAPSHOT, help="another snapshot of forge")
    args = parser.parse_args()
    told = {name: int(gas) for name, gas in json.loads(args.snapshot.read_text()).items()}
    missing = [name for name in FIRST.values() if name not in told]
    if missing:
        sys.exit(f"bench: error: {args.snapshot} does not tell {missing}: names in scripts/lib/post_cost.py are old")
    rows = {short: row(told.pop(name), args.gwei) for short, name in FIRST.items()}
    rows |= {name: row(gas, args.gwei) for name, gas in told.items()}
    rows["one blob, besides"] = {"blob_gas": BLOB_GAS, "ether": ether(BLOB_GAS, args.blob_gwei)}
    prices = {"gwei": str(args.gwei), "blob_gwei": str(args.blob_gwei)}
    print(json.dumps({"bench": "post", **prices, "transactions": rows}))


if __name__ == "__main__":
    main()
