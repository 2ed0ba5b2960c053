//! Batches of a [`Forger`], each wrong in one way.

use super::{
    accounts,
    forger::{Forged, Forger, Place},
};
use alloy::signers::SignerSync as _;
use ballast_auth::{K256, Recover, command_digest};
use ballast_batch::{BatchHeader, Stripes};
use ballast_bridge::l1::QueuedMessage;
use ballast_state::{Account, CHAIN_INDEX, Chain, Change, Market, Position, Section, account_index};
use ballast_types::{
    AccountId, Address, B256, ClientId, Input, L1Message, Lots, MarketId, Millis, NewOrder, Nonce, Operation,
    Operations, PriceTicks, Quote, Side, Signature, SizeLots, Source, TimeInForce, UserCommand, codec,
};
use ballast_validator::ledger::Ledger;
use eyre::{ContextCompat as _, ensure, eyre};

/// How long the order is good for, in milliseconds.
const LIFE_MS: u64 = 60_000;
/// Where all of it happens.
const MARKET: MarketId = MarketId(0);

/// Believes of the signature over one digest that somebody made it who did not.
struct Credulous {
    digest: B256,
    signer: Address,
}

impl Recover for Credulous {
    fn recover(&self, digest: B256, signature: &Signature) -> Option<Address> {
        if digest == self.digest { Some(self.signer) } else { K256.recover(digest, signature) }
    }
}

/// The inputs with others before the seal.
fn with(inputs: &[Input], sources: impl IntoIterator<Item = Source>) -> eyre::Result<Vec<Input>> {
    let (seal, before) = inputs.split_last().wrap_err("a batch has a seal")?;
    let sources = sources.into_iter().chain([seal.source.clone()]);
    let mut all = before.to_vec();
    let mut seq = seal.seq;
    for source in sources {
        all.push(Input { seq, time: seal.time, source });
        seq = seq.next();
    }
    Ok(all)
}

/// An order of an account that somebody else signed, who had no right to: the forger's exchange takes it for its owner's.
///
/// # Errors
/// When the order would not rest.
pub fn order(
    forger: &Forger,
    place: &Place,
    (account, owner): (AccountId, Address),
    price: PriceTicks,
) -> eyre::Result<Forged> {
    let time = place.inputs.last().wrap_err("a batch has a seal")?.time;
    let order = NewOrder::plain(Side::Buy, price, SizeLots(1), TimeInForce::Gtc, ClientId(0));
    let command = UserCommand::Operations(Operations {
        account,
        nonce: Nonce(1),
        expires: Millis(time.0 + LIFE_MS),
        atomic: false,
        operations: vec![Operation::Place { market: MARKET, order }],
    });
    let digest = command_digest(forger.before(place)?.separator(), &command);
    let signature = Signature(accounts::signer(accounts::SEQUENCER).sign_hash_sync(&digest)?.as_bytes());
    let inputs = with(&place.inputs, [Source::User { command, signature }])?;
    let forged = forger.seal(place, inputs.clone(), &Credulous { digest, signer: owner })?;
    let right = forger.seal(place, inputs, &K256)?;
    let orders = Section::Orders as usize;
    ensure!(
        forged.header.sectionRoots[orders] != right.header.sectionRoots[orders],
        "the order does not rest"
    );
    Ok(forged)
}

/// The batch with one trade more between two accounts, of one lot at the mark, which no input asks for: the money adds up, and
/// the diff tells of it.
///
/// # Errors
/// When they cannot trade so.
pub fn trade(forger: &Forger, place: &Place, buyer: AccountId, seller: AccountId) -> eyre::Result<Forged> {
    let mut replica = forger.before(place)?;
    let mut ledger = replica.ledger().clone();
    let replayed = replica.replay(&place.inputs, &K256).map_err(|invalid| eyre!("no batch: {invalid}"))?;
    ensure!(replayed.header.withdrawalCount == 0, "somebody withdraws");
    let after = replica.ledger();
    let mut changes = replayed.changes;
    for (account, lots) in [(buyer, 1), (seller, -1)] {
        let index = account_index(account);
        let traded = codec::encode(&traded(after, account, lots)?);
        changes.retain(|(section, at, _)| (*section, *at) != (Section::Accounts, index));
        changes.push((Section::Accounts, index, Some(traded)));
    }
    changes.sort_by_key(|(section, index, _): &Change| (*section as u8, *index));
    let chain: Chain = codec::decode(&leaf(after, Section::Chain, CHAIN_INDEX)?)?;
    let diff = ledger.diff(&changes, &[]).striped(&chain, Stripes::OURS, &mut &ledger);
    let diff = diff.encode(&mut &ledger);
    ledger.take(&changes);
    let header = BatchHeader {
        programHash: place.honest.header.programHash,
        sectionRoots: ledger.commitment().section_roots(),
        stateRoot: ledger.commitment().state_root(),
        ..replayed.header
    };
    Ok(Forged { header, diff, inputs: place.inputs.clone() })
}

/// The account after a trade at the mark.
fn traded(ledger: &Ledger, account: AccountId, lots: i64) -> eyre::Result<Account> {
    let market: Market = codec::decode(&leaf(ledger, Section::Markets, u32::from(MARKET.0))?)?;
    let mut owned: Account = codec::decode(&leaf(ledger, Section::Accounts, account_index(account))?)?;
    ensure!(owned.positions.is_empty() && market.mark.0 > 0, "there is a position already, or no mark yet");
    let cost = i64::try_from(market.mark.0 * u64::from(market.params.kappa))?;
    owned.cash = Quote(owned.cash.0 - lots * cost);
    owned.positions.push(Position { market: MARKET, size: Lots(lots), funding: market.funding });
    Ok(owned)
}

fn leaf(ledger: &Ledger, section: Section, index: u32) -> eyre::Result<Vec<u8>> {
    ledger.leaf(section, index).wrap_err("there is no such leaf")
}

/// The batch with these messages as the next of the inbox, in this order, and the inbox as L1 has it in its header. `queued` is all that
/// L1 has queued.
///
/// # Errors
/// When L1 has not queued so many.
pub fn messages(
    forger: &Forger,
    place: &Place,
    queued: &[QueuedMessage],
    told: &[QueuedMessage],
) -> eyre::Result<Forged> {
    let next = place.honest.header.l1MessageCount;
    let in_turn =
        (next..).zip(told).map(|(index, told)| Source::L1(L1Message { index, ..told.message.clone() }));
    let mut forged = forger.seal(place, with(&place.inputs, in_turn)?, &K256)?;
    let count = next + told.len() as u64;
    ensure!(forged.header.l1MessageCount == count, "the exchange takes them so");
    let last = queued.get(usize::try_from(count)? - 1).wrap_err("there are not so many")?;
    ensure!(forged.header.l1MessageHash != last.rolling, "they are as L1 has them");
    forged.header.l1MessageHash = last.rolling;
    Ok(forged)
}
