//! The exchange's own rounds: what a stripe of very many accounts takes, and 4,096 batches that tell everything.

use super::*;
use crate::ExitLeaves;
use alloy_primitives::keccak256;
use ballast_types::limits::{MAX_MARKETS, STRIPE_ACCOUNTS, STRIPE_BATCHES};

/// A number below 2^`bits`, another for each id and place.
fn random(id: u32, place: u32, bits: u32) -> i64 {
    let hash = keccak256([id.to_be_bytes(), place.to_be_bytes()].concat());
    let number = u64::from_be_bytes(hash[..8].try_into().expect("eight of its bytes"));
    (number >> (64 - bits)).cast_signed()
}

/// So many accounts that none is held: each is made when it is asked for.
struct Crowd {
    positions: fn(u32) -> u32,
    /// Bits of a size and of a funding index.
    wide: (u32, u32),
}

impl Crowd {
    fn stripe(&mut self, batch: u64, accounts: u32) -> Stripe {
        Stripe::of(batch, accounts, Stripes::OURS, self)
    }

    /// Bytes of a batch with this stripe in which nothing changed.
    fn bytes(&mut self, stripe: Stripe) -> usize {
        let diff = Diff { stripe: Some(stripe), ..Diff::default() };
        let bytes = diff.encode(self);
        assert!(bytes.len() <= diff.most_bytes());
        assert_eq!(Diff::decode(&bytes, self), Ok(diff));
        bytes.len()
    }
}

impl Previous for Crowd {
    fn account(&mut self, id: AccountId) -> Option<Account> {
        let (size, funding) = self.wide;
        let held = |market: u32| Position {
            market: MarketId(market as u16),
            size: Lots((random(id.0, market, size) + 1) * (1 - 2 * random(id.0, market + 400, 1))),
            funding: random(id.0, market + 800, funding),
        };
        Some(Account {
            owner: Address::from_slice(&keccak256(id.0.to_be_bytes())[..20]),
            pool: PoolId(0),
            cash: Quote(random(id.0, 1 << 20, 36)),
            positions: (0..(self.positions)(id.0)).map(held).collect(),
            holdings: Holdings::NONE,
        })
    }
    fn market(&mut self, _: MarketId) -> Option<Market> {
        None
    }
    fn pool(&mut self, _: PoolId) -> Option<Pool> {
        None
    }
    fn queued(&mut self, _: u32) -> Option<Queued> {
        None
    }
}

/// The figures of docs/performance.md: owners like random ones, cash below 69,000 USDC, sizes below a million lots, funding indices below 2^30.
#[test]
fn what_a_stripe_of_a_million_accounts_takes() {
    let mut told = Vec::new();
    let a_quarter_holds_some = |id: u32| u32::from((id >> 12).is_multiple_of(4)) * (1 + (id >> 14) % 3);
    for positions in [|_| 0, a_quarter_holds_some, |_| 2, |_| MAX_POSITIONS as u32] {
        let mut crowd = Crowd { positions, wide: (20, 30) };
        let stripe = crowd.stripe(4_096 * 77 + 1_234, 1 << 20);
        assert_eq!(stripe.accounts.len(), 256);
        told.push(crowd.bytes(stripe));
    }
    assert_eq!(told, [6_564, 7_458, 9_927, 59_848]);
}

/// Whatever the accounts hold, a stripe of them is bounded, however many they are.
#[test]
fn a_stripe_of_as_many_accounts_as_there_can_be_is_bounded() {
    let mut crowd = Crowd { positions: |_| MAX_POSITIONS as u32, wide: (46, 50) };
    for accounts in [1 << 20, (1 << 20) + 1, ballast_types::limits::MAX_ACCOUNTS] {
        let stripe = crowd.stripe(7, accounts);
        let told = Told::of(&stripe);
        assert!(told.accounts <= STRIPE_ACCOUNTS as usize && told.positions <= 256 * MAX_POSITIONS);
        let bytes = crowd.bytes(stripe);
        assert!(bytes <= max_bytes(Most { told, ..Most::default() }), "{bytes} bytes");
    }
    let fullest = Told { accounts: 256, positions: 256 * MAX_POSITIONS, ..Told::default() };
    let alone = max_bytes(Most { told: fullest, ..Most::default() }) - max_bytes(Most::default());
    assert!((183_000..185_000).contains(&alone), "{alone} bytes");
}

/// The round that the exchange has: whoever begins in its middle knows all at its end, and not a batch before.
#[test]
fn the_last_4096_batches_tell_everything_and_one_less_does_not() {
    let begin = 300_usize;
    let round = STRIPE_BATCHES as usize;
    let mut after = ExitLeaves::default();
    let opened = |leaves: &mut ExitLeaves, count: u32| {
        for id in (leaves.accounts.len() as u32..).take(count as usize) {
            let mut account = account_with(&[(id as u16 % 7, i64::from(id) + 1, 5)]);
            account.owner = Address::from_slice(&keccak256(id.to_be_bytes())[..20]);
            leaves.accounts.insert(id, account);
        }
    };
    opened(&mut after, 5_000);
    after.pools.insert(0, Pool::default());
    let mut before = ExitLeaves::default();
    let mut known = ExitLeaves::default();
    for batch in 1..=begin + round - 1 {
        let random = batch as u32;
        let id = random.wrapping_mul(2_654_435_761) % 5_000;
        after.accounts.get_mut(&id).expect("it is there").cash.0 += i64::from(random % 9) - 4;
        opened(&mut after, u32::from(batch % 512 == 0));
        let changed = |leaf: u32| Changed {
            index: leaf,
            before: before.accounts.get(&leaf).cloned(),
            after: after.accounts[&leaf].clone(),
        };
        let first = before.accounts.len() as u32;
        let fresh = first..after.accounts.len() as u32;
        let ids = (id < first).then_some(id).into_iter().chain(fresh);
        let diff = Diff {
            accounts: ids.map(changed).collect(),
            pools: changed_pool(&before, &after),
            stripe: Some(Stripe::of(batch as u64, after.accounts.len() as u32, Stripes::OURS, &mut &after)),
            ..Diff::default()
        };
        let bytes = diff.encode(&mut &before);
        before = after.clone();
        if batch < begin {
            continue;
        }
        assert_eq!(known.advance_known(&bytes), Ok(Some(round as u64)));
        assert_eq!(known == after, batch == begin + round - 1, "batch {batch}");
    }
    assert!(after.accounts.len() > 5_000 && after.accounts.len() < MAX_MARKETS as usize * 40);
}

fn changed_pool(before: &ExitLeaves, after: &ExitLeaves) -> Vec<Changed<Pool>> {
    let change = Changed { index: 0, before: before.pools.get(&0).copied(), after: after.pools[&0] };
    vec![change].into_iter().filter(Changed::is_net).collect()
}
