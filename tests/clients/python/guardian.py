"""Lets a market of Ballast match in batches for a while, or no longer: signed by the guardian that genesis names.

    python guardian.py ws://127.0.0.1:8570 0xPRIVATE_KEY MARKET MILLISECONDS

0 milliseconds end it, unless the market matches in batches by its genesis. The last line on stdout is a JSON object
with how the market matches then.
"""

import asyncio
import json
import sys
import time

import websockets
from eth_account import Account

from trade import Exchange, Refused


async def main(url, private_key, market, ahead):
    async with websockets.connect(url) as socket:
        exchange = Exchange(socket)
        await exchange.open()
        now = int(time.time() * 1000)
        message = {"market": market, "until": now + ahead if ahead else 0, "time": now}
        request = {"command": {"kind": "batchMatching", **message}}
        await exchange.command(Account.from_key(private_key), "ballast_guardian", "BatchMatching", message, request, nested=True)
        view = (await exchange.call("ballast_markets"))[market]
        print(json.dumps({name: view[name] for name in ("matching", "batchUntil", "nextClearing", "waiting")}))


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    except (OSError, Refused, websockets.WebSocketException) as error:
        sys.exit(f"{type(error).__name__}: {error}")
