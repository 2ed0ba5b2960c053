"""Restricts a market of Ballast for a while, or no longer: signed by the guardian that genesis names.

    python guardian.py ws://127.0.0.1:8570 0xPRIVATE_KEY MARKET batches|reduceOnly|halt MILLISECONDS

0 milliseconds end it, unless the market's genesis or its breakers ask for it; a halt only ends by its auction. The last
line on stdout is a JSON object with what may be done in the market then.
"""

import asyncio
import json
import sys
import time

import websockets
from eth_account import Account

from trade import Exchange, Refused


MODES = {"batches": 1, "reduceOnly": 2, "halt": 3}


async def main(url, private_key, market, mode, ahead):
    async with websockets.connect(url) as socket:
        exchange = Exchange(socket)
        await exchange.open()
        now = int(time.time() * 1000)
        message = {"market": market, "until": now + ahead if ahead else 0, "time": now}
        request = {"command": {"kind": "restrict", "mode": mode, **message}}
        signed = {"mode": MODES[mode], **message}
        await exchange.command(Account.from_key(private_key), "ballast_guardian", "Restrict", signed, request, nested=True)
        view = (await exchange.call("ballast_markets"))[market]
        print(json.dumps({name: view[name] for name in ("mode", "causes", "matching", "batchUntil", "callsFrom", "nextClearing", "waiting")}))


if __name__ == "__main__":
    if len(sys.argv) != 6 or sys.argv[4] not in MODES:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
    except (OSError, Refused, websockets.WebSocketException) as error:
        sys.exit(f"{type(error).__name__}: {error}")
