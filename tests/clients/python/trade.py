"""Trades on Ballast with a wallet's signatures: EIP-712 over JSON-RPC, nothing else.

    python trade.py ws://127.0.0.1:8570 0xPRIVATE_KEY [ACCOUNT]

Places an order, cancels it, takes what is offered, lets a session key trade, and ends it. Every answer is checked
to be promised by the sequencer. The last line on stdout is a JSON object with what was done.
"""

import asyncio
import itertools
import json
import sys
import time

import websockets
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_utils import keccak

MARKET = 0
TRADE, CANCEL = 1, 2  # what a session key may do: bits of its scope
UNKNOWN_SIGNER = 2002
KINDS = {"place": 0, "cancel": 1, "replace": 2, "cancelAll": 3, "cancelClient": 4, "scheduleCancel": 5,
         "placeConditional": 6, "cancelConditional": 7, "setLeverage": 8}
TIMES = {"gtc": 0, "ioc": 1, "fok": 2, "postOnly": 3, "postOnlySlide": 4}
TRIGGERS = {"opened": 0, "markAbove": 1, "markBelow": 2, "indexAbove": 3, "indexBelow": 4, "time": 5}
LINKS = {"beside": 1, "after": 2}
SELF_TRADE = {"cancelMaker": 0, "cancelTaker": 1, "cancelBoth": 2, "decrement": 3}
# Bits that say which of the fields that may be absent are there.
MARKET_GIVEN, SIDE_GIVEN, KEY_GIVEN, TIME_GIVEN, DISPLAY_GIVEN = 1, 2, 4, 8, 16
NOBODY = "0x" + 40 * "0"


def fields(text):
    """The fields of an EIP-712 struct, written as in Solidity."""
    return [dict(zip(("type", "name"), field.split())) for field in text.split(", ")]


OPERATION = fields(
    "uint8 kind, uint16 market, uint64 orderId, uint8 side, uint64 price, uint64 size, uint8 timeInForce, uint64 time, "
    "bool reduceOnly, uint8 selfTrade, uint64 display, uint64 clientId, address key, uint8 given"
)
TRIGGER = fields("uint8 kind, uint64 price, uint64 time, uint16 slices, uint32 interval, uint8 link, uint8 step")
TYPES = {
    "Operations": fields(
        "uint32 account, uint64 nonce, uint64 expires, bool atomic, Operation[] operations, Trigger[] triggers"
    ),
    "GrantSession": fields(
        "uint32 account, uint64 nonce, uint64 expires, address key, uint64 validUntil, uint8 scope"
    ),
    "RevokeSession": fields("uint32 account, uint64 nonce, uint64 expires, address key"),
    "Restrict": fields("uint16 market, uint8 mode, uint64 until, uint64 time"),
    "Promise": fields("uint64 seq, bytes32 chain, uint64 time"),
}


class Refused(RuntimeError):
    """The node answered with an error."""

    def __init__(self, method, error):
        super().__init__(f"{method}: {error}")
        self.code = error["code"]


class Exchange:
    """A connection to a node. Every signed command is checked to be promised by the sequencer."""

    def __init__(self, socket):
        self.socket = socket
        self.ids = itertools.count(1)

    async def call(self, method, *params):
        request = {"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": list(params)}
        await self.socket.send(json.dumps(request))
        answer = json.loads(await self.socket.recv())
        if "error" in answer:
            raise Refused(method, answer["error"])
        return answer["result"]

    async def open(self):
        status = await self.call("ballast_status")
        domain = status["domain"]
        # What a signature is for: no other chain and no other exchange takes it.
        self.domain = {name: domain[name] for name in ("name", "version", "chainId", "verifyingContract")}
        self.sequencer = status["sequencer"]

    def typed(self, name, message):
        types = {name: TYPES[name]}
        if name == "Operations":
            types["Operation"], types["Trigger"] = OPERATION, TRIGGER
        return encode_typed_data(self.domain, types, message)

    async def command(self, signer, method, name, message, request=None, nested=False):
        """Signs the struct `name`, sends it with what of it JSON writes in another way, checks the promise.

        `nested`: the request holds all of the struct.
        """
        signature = signer.sign_message(self.typed(name, message)).signature.to_0x_hex()
        plain = {} if nested else message
        sent = {field: value for field, value in {**plain, **(request or {})}.items() if value is not None}
        ack = await self.call(method, {**sent, "signature": signature})
        promised_by = Account.recover_message(self.typed("Promise", promised(ack)), signature=ack["signature"])
        assert promised_by.lower() == self.sequencer.lower(), f"input {ack['seq']} is promised by {promised_by}"
        assert ack["status"] == "accepted", ack
        return ack

    async def header(self, account, signer):
        """Account, an unused nonce of the key, and an expiry: the beginning of every command."""
        nonce = (await self.call("ballast_nonce", account, signer.address))["next"]
        return {"account": account, "nonce": int(nonce), "expires": int(time.time() * 1000) + 60_000}

    async def operate(self, account, signer, *operations, header=None, atomic=False):
        """Up to 100 operations under one signature, all or each for itself. Returns what became of each."""
        header = header or await self.header(account, signer)
        signed = [struct(operation) for operation in operations]
        triggers = [trigger(operation) for operation in operations if operation["kind"] == "placeConditional"]
        message = {**header, "atomic": atomic, "operations": signed, "triggers": triggers}
        request = {"operations": list(operations), "triggers": None}
        ack = await self.command(signer, "ballast_operations", "Operations", message, request)
        return ack["results"]


def promised(ack):
    """What the sequencer signed: one promise serves inputs that follow each other, and the links lead to the last."""
    seq, at, chain = ack["seq"], ack["time"], bytes.fromhex(ack["chain"][2:])
    for at, source_hash in ack.get("links", []):
        seq += 1
        words = chain, seq.to_bytes(32, "big"), at.to_bytes(32, "big"), bytes.fromhex(source_hash[2:])
        chain = keccak(b"".join(words))
    return {"seq": seq, "chain": chain, "time": at}


def place(side, price, size, time_in_force="gtc", client_id=0, **options):
    """Options: goodUntil, reduceOnly, selfTrade, display."""
    order = {"side": side, "price": price, "size": size, "timeInForce": time_in_force, "clientId": str(client_id), **options}
    return {"kind": "place", "market": MARKET, "order": order}


def cancel(order_id):
    return {"kind": "cancel", "market": MARKET, "orderId": order_id}


def leverage(times):
    """How many times its initial margin a position may be worth; 0: as many as the market allows."""
    return {"kind": "setLeverage", "market": MARKET, "leverage": times}


def when(trigger, order, link=None):
    """The order of a `place`, once the trigger says so. The link names an earlier operation of the same batch."""
    waits = {**order, "kind": "placeConditional", "trigger": trigger}
    return {**waits, "link": link} if link else waits


def scale(side, first, last, count, size, **options):
    """A scale order: `count` orders of `size` each, evenly from the price `first` to `last`."""
    step = (last - first) / max(count - 1, 1)
    return [place(side, round(first + step * n), size, **options) for n in range(count)]


def trigger(operation):
    """What a conditional order waits for, as it is signed."""
    waits, link = operation["trigger"], operation.get("link") or {}
    return {
        "kind": TRIGGERS[waits["kind"]],
        "price": waits.get("price", 0),
        "time": waits.get("at", 0),
        "slices": waits.get("slices", 1) if waits["kind"] == "time" else 0,
        "interval": waits.get("interval", 0),
        "link": LINKS[link["kind"]] if link else 0,
        "step": link.get("step", 0),
    }


def struct(operation):
    """An operation as it is signed: flat, fields that it does not use are 0."""
    order = operation.get("order", {})
    cancels_all = operation["kind"] == "cancelAll"
    side = order.get("side", operation.get("side"))
    time_given = order.get("goodUntil", operation.get("at"))
    given = MARKET_GIVEN if cancels_all and "market" in operation else 0
    given |= SIDE_GIVEN if cancels_all and "side" in operation else 0
    given |= KEY_GIVEN if "key" in operation else 0
    given |= TIME_GIVEN if time_given is not None else 0
    given |= DISPLAY_GIVEN if "display" in order else 0
    return {
        "kind": KINDS[operation["kind"]],
        "market": operation.get("market", 0),
        "orderId": int(operation.get("orderId", operation.get("conditionalId", 0))),
        "side": 1 if side == "sell" else 0,
        "price": order.get("price", 0),
        "size": order.get("size", operation.get("leverage", 0)),
        "timeInForce": TIMES[order.get("timeInForce", "gtc")],
        "time": time_given or 0,
        "reduceOnly": order.get("reduceOnly", False),
        "selfTrade": SELF_TRADE[order.get("selfTrade", "cancelMaker")],
        "display": order.get("display", 0),
        "clientId": int(order.get("clientId", operation.get("clientId", 0))),
        "key": operation.get("key", NOBODY),
        "given": given,
    }


async def take(exchange, account, signer, size):
    """Buys at the best offer; tries again when it has gone meanwhile."""
    for _ in range(100):
        asks = (await exchange.call("ballast_book", MARKET, 1))["asks"]
        if asks:
            price = asks[0]["price"] + asks[0]["price"] // 1_000
            [result] = await exchange.operate(account, signer, place("buy", price, size, "ioc"))
            if result.get("filledSize"):
                return result["filledSize"]
        await asyncio.sleep(0.1)
    raise RuntimeError("nobody offers anything")


async def richest(exchange, owner):
    """The account of the owner with the most money."""
    accounts = await exchange.call("ballast_accounts", owner)
    if not accounts:
        sys.exit(f"{owner} has no account: deposit first")
    views = [await exchange.call("ballast_account", account) for account in accounts]
    return max(zip(accounts, views), key=lambda pair: int(pair[1]["equity"]))[0]


async def main(url, private_key, account=None):
    owner, session = Account.from_key(private_key), Account.create()
    async with websockets.connect(url) as socket:
        exchange = Exchange(socket)
        await exchange.open()
        if account is None:
            account = await richest(exchange, owner.address)
        mark = (await exchange.call("ballast_markets"))[MARKET]["mark"]

        # What it would do, told by who would do it; nobody signs that.
        what_if = await exchange.call("ballast_whatIf", account, [place("buy", mark - mark // 50, 100)])
        assert what_if["results"][0]["restingSize"] == 100, what_if
        assert int(what_if["after"]["initialMargin"]) > int(what_if["before"]["initialMargin"]), what_if

        [placed] = await exchange.operate(account, owner, place("buy", mark - mark // 50, 100))
        assert placed["accepted"] and placed["restingSize"] == 100, placed
        order = await exchange.call("ballast_order", account, MARKET, placed["orderId"])
        assert order["status"] == "open" and order["openSize"] == 100, order
        [cancelled] = await exchange.operate(account, owner, cancel(placed["orderId"]))
        assert cancelled["cancelledSize"] == 100, cancelled
        order = await exchange.call("ballast_order", account, MARKET, placed["orderId"])
        assert order["status"] == "cancelled" and order["endedSeq"] > order["placedSeq"], order
        bought = await take(exchange, account, owner, 100)

        # An iceberg that only closes what was bought, and a batch of which nothing stays when one of it is wrong.
        options = {"reduceOnly": True, "display": 10, "goodUntil": int(time.time() * 1000) + 60_000, "selfTrade": "decrement"}
        closing = place("sell", mark + mark // 50, 100, "postOnlySlide", client_id=42, **options)
        [placed_too] = await exchange.operate(account, owner, closing)
        assert placed_too["accepted"] and placed_too["restingSize"] == 100, placed_too
        by_client_id = {"kind": "cancelClient", "market": MARKET, "clientId": "42"}
        both = await exchange.operate(account, owner, by_client_id, place("buy", 1, 1), atomic=True)
        assert [result["accepted"] for result in both] == [False, False], both
        of_this_key = {"kind": "cancelAll", "market": MARKET, "side": "sell", "key": owner.address}
        [cancelled_all] = await exchange.operate(account, owner, of_this_key)
        assert cancelled_all["cancelledOrders"] == 1, cancelled_all
        later = {"kind": "scheduleCancel", "at": int(time.time() * 1000) + 60_000}
        for result in await exchange.operate(account, owner, later, {"kind": "scheduleCancel"}):
            assert result["accepted"], result

        # A scale order, and a bracket: an entry that rests, and what closes it, which go with it when it is cancelled.
        ladder = await exchange.operate(account, owner, *scale("buy", mark - mark // 50, mark - mark // 40, 5, 1), atomic=True)
        assert all(rung["restingSize"] == 1 for rung in ladder), ladder
        after = {"step": 0, "kind": "after"}
        entry = place("buy", mark - mark // 50, 10)
        target = when({"kind": "opened"}, place("sell", mark + mark // 50, 10, reduceOnly=True), after)
        stop = when({"kind": "markBelow", "price": mark - mark // 25}, place("sell", 1, 10, "ioc", 43, reduceOnly=True), after)
        bracket = await exchange.operate(account, owner, entry, target, stop, atomic=True)
        waits = await exchange.call("ballast_order", account, MARKET, None, None, bracket[2]["conditionalId"])
        assert waits["status"] == "waiting" and waits["clientId"] == "43", waits
        await exchange.operate(account, owner, cancel(bracket[0]["orderId"]))
        gone = await exchange.call("ballast_order", account, MARKET, None, "43")
        assert (gone["status"], gone["reason"]) == ("cancelled", "notOpened"), gone
        twap = {"kind": "time", "at": int(time.time() * 1000), "slices": 2, "interval": 1_000}
        [waits] = await exchange.operate(account, owner, when(twap, place("buy", mark + mark // 100, 20, "ioc", 44)))
        for _ in range(100):
            bought_in_parts = await exchange.call("ballast_order", account, MARKET, None, None, waits["conditionalId"])
            if bought_in_parts["status"] != "waiting":
                break
            await asyncio.sleep(0.1)
        assert (bought_in_parts["status"], bought_in_parts["filledSize"]) == ("filled", 20), bought_in_parts
        await exchange.operate(account, owner, {"kind": "cancelAll"})

        until = int(time.time() * 1000) + 600_000
        grant = {**await exchange.header(account, owner), "key": session.address, "validUntil": until, "scope": TRADE | CANCEL}
        await exchange.command(owner, "ballast_grantSession", "GrantSession", grant)
        by_session = await take(exchange, account, session, 50)
        revoke = {**await exchange.header(account, owner), "key": session.address}
        # The key's next command, from before it is ended: nobody tells the nonces of a key that may not sign.
        header = await exchange.header(account, session)
        await exchange.command(owner, "ballast_revokeSession", "RevokeSession", revoke)
        try:
            await exchange.operate(account, session, place("buy", mark, 1, "ioc"), header=header)
            raise AssertionError("a session key that was ended still trades")
        except Refused as refusal:
            assert refusal.code == UNKNOWN_SIGNER, refusal
            print(f"the ended key is refused: {refusal}", file=sys.stderr)

        done = {"account": account, "orderId": placed["orderId"], "bought": bought, "boughtBySession": by_session}
        print(json.dumps(done))


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    try:
        asyncio.run(main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])))
    except (OSError, Refused, websockets.WebSocketException) as error:
        sys.exit(f"{type(error).__name__}: {error}")
