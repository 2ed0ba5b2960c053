//! Traders who keep an exchange busy, survive its crashes, and remember every answer they got.

use crate::{
    client::Answer,
    trader::{Ack, Trader},
};
use alloy::signers::local::PrivateKeySigner;
use ballast_types::{
    AccountId, Address, B256, CancelFilter, ClientId, MarketId, NewOrder, Operation, PriceTicks, Side,
    SizeLots, TimeInForce,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::oneshot, task::JoinSet};

/// Commands of one trader that wait for answers at most.
const WINDOW: usize = 16;
/// How long one who lost the node waits before asking again.
const COME_BACK: Duration = Duration::from_millis(50);

/// An answer that a trader got: a promise that the exchange must keep whatever happens to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promised {
    /// Whose command.
    pub account: AccountId,
    /// Which one.
    pub nonce: u64,
    /// Its place in the log.
    pub seq: u64,
    /// The promise chain after it.
    pub chain: B256,
    /// Who signed that.
    pub signer: Address,
}

/// Traders at work; they stop when this is dropped.
#[derive(Debug)]
pub struct Load {
    _tasks: JoinSet<()>,
    book: Arc<Mutex<Vec<Promised>>>,
}

impl Load {
    /// Starts a trader for each owner of an account, on the node at `ws`, around `price` in the first market. Each sends as
    /// fast as it is answered.
    #[must_use]
    pub fn start(ws: &str, owners: Vec<PrivateKeySigner>, price: u64, seed: u64) -> Self {
        Self::paced(ws, owners, price, seed, Duration::ZERO)
    }

    /// As [`Self::start`], with a pause after each command.
    #[must_use]
    pub fn paced(ws: &str, owners: Vec<PrivateKeySigner>, price: u64, seed: u64, pause: Duration) -> Self {
        let (mut tasks, book) = (JoinSet::new(), Arc::<Mutex<Vec<Promised>>>::default());
        for (place, owner) in owners.into_iter().enumerate() {
            let (ws, book) = (ws.to_owned(), Arc::clone(&book));
            let random = ChaCha8Rng::seed_from_u64(seed.wrapping_add(place as u64));
            tasks.spawn(keep_trading(ws, owner, Style { price, pause }, random, book));
        }
        Self { _tasks: tasks, book }
    }

    /// How many answers there are.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.book).len()
    }

    /// Every answer so far.
    #[must_use]
    pub fn promised(&self) -> Vec<Promised> {
        lock(&self.book).clone()
    }
}

fn lock(book: &Mutex<Vec<Promised>>) -> MutexGuard<'_, Vec<Promised>> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How one trades.
#[derive(Clone, Copy, Debug)]
struct Style {
    /// Around which price, in ticks.
    price: u64,
    /// How long it waits after a command.
    pause: Duration,
}

async fn keep_trading(
    ws: String,
    owner: PrivateKeySigner,
    style: Style,
    mut random: ChaCha8Rng,
    book: Arc<Mutex<Vec<Promised>>>,
) {
    loop {
        // It ends when the node goes away.
        let _ = trade(&ws, &owner, style, &mut random, &book).await;
        tokio::time::sleep(COME_BACK).await;
    }
}

async fn trade(
    ws: &str,
    owner: &PrivateKeySigner,
    style: Style,
    random: &mut ChaCha8Rng,
    book: &Mutex<Vec<Promised>>,
) -> eyre::Result<()> {
    let mut trader = Trader::open(ws, owner.clone()).await?;
    let mut waiting: VecDeque<(u64, oneshot::Receiver<Answer>)> = VecDeque::new();
    for turn in 0_u64.. {
        let nonce = trader.next_nonce();
        waiting.push_back((nonce, trader.send(steps(random, style.price, turn)).await?));
        if !style.pause.is_zero() {
            tokio::time::sleep(style.pause).await;
        }
        if waiting.len() >= WINDOW {
            let Some((nonce, answer)) = waiting.pop_front() else { continue };
            // A refusal promises nothing.
            if let Ok(told) = answer.await? {
                let ack = Ack::read(told)?;
                let signer = ack.signer(trader.keyring.separator())?;
                let promised =
                    Promised { account: trader.account, nonce, seq: ack.seq, chain: ack.chain, signer };
                lock(book).push(promised);
            }
        }
    }
    Ok(())
}

/// Up to three orders, now and then a clean sweep so that none has too many.
fn steps(random: &mut ChaCha8Rng, price: u64, turn: u64) -> Vec<Operation> {
    if turn.is_multiple_of(20) {
        return vec![Operation::CancelAll(CancelFilter::ALL)];
    }
    (0..random.random_range(1..=3))
        .map(|_| Operation::Place { market: MarketId(0), order: order(random, price) })
        .collect()
}

fn order(random: &mut ChaCha8Rng, price: u64) -> NewOrder {
    let away = random.random_range(0..price / 100 + 1);
    NewOrder::plain(
        if random.random() { Side::Buy } else { Side::Sell },
        PriceTicks(if random.random() { price + away } else { price - away }),
        SizeLots(random.random_range(1..=50)),
        if random.random_range(0..4) == 0 { TimeInForce::Ioc } else { TimeInForce::Gtc },
        ClientId(random.random()),
    )
}
