//! Withdrawals in a diff, and what a seal releases of what waits.

use super::*;
use ballast_state::queue_index;
use ballast_types::limits::{MAX_RELEASED, MAX_WITHDRAWALS_PER_BATCH};

fn paid(account: u32, recipient: u8, amount: u64) -> Withdrawn {
    Withdrawn { account: AccountId(account), recipient: Address::repeat_byte(recipient), asset: 0, amount }
}

fn pool_at(first: u64) -> Pool {
    Pool { pacing: Pacing { first, next: 2_000, ..Pacing::default() }, ..Pool::default() }
}

fn waits(account: u32, recipient: u8, amount: u64) -> Queued {
    let recipient = Address::repeat_byte(recipient);
    Queued { account: AccountId(account), recipient, amount: Quote(amount.cast_signed()) }
}

/// Of each pool the tickets from 100 on are over that are given; the account of a ticket is its own, and so is the recipient.
fn released(pools: &[Vec<u64>], withdrawals: Vec<Withdrawn>) -> (Diff, Leaves) {
    let over = |(index, tickets): (u32, &Vec<u64>)| Changed {
        index,
        before: Some(pool_at(100)),
        after: pool_at(100 + tickets.len() as u64),
    };
    let diff = Diff { pools: (0..).zip(pools).map(over).collect(), withdrawals, ..Diff::default() };
    let mut leaves = of(&diff);
    for (pool, tickets) in (0..).zip(pools) {
        for (ticket, amount) in (100..).zip(tickets) {
            let account = ticket as u32 * 16 + u32::from(pool);
            leaves.queues.insert(queue_index(PoolId(pool), ticket), waits(account, ticket as u8, *amount));
        }
    }
    (diff, leaves)
}

/// What the release of those tickets pays.
fn leaves_of(pools: &[Vec<u64>]) -> Vec<Withdrawn> {
    let of_pool = |(pool, tickets): (u32, &Vec<u64>)| -> Vec<Withdrawn> {
        let of_ticket =
            |(ticket, amount): (u64, &u64)| paid(ticket as u32 * 16 + pool, ticket as u8, *amount);
        (100..).zip(tickets).map(of_ticket).collect()
    };
    (0..).zip(pools).flat_map(of_pool).collect()
}

/// An account whose cash fell by so much.
fn payer(index: u32, owner: u8, fell: i64) -> Changed<Account> {
    let account =
        |cash| Account { owner: Address::repeat_byte(owner), cash: Quote(cash), ..account_with(&[]) };
    Changed { index, before: Some(account(5_000_000_000)), after: account(5_000_000_000 - fell) }
}

#[test]
fn what_an_account_paid_its_owner_takes_few_bytes() {
    let all: Vec<_> =
        (0..100).map(|index| payer(index, index as u8, 7_000_000 + i64::from(index) * 999_983)).collect();
    let diff = Diff { accounts: all, ..Diff::default() };
    let with = Diff {
        withdrawals: (0..100_u32).map(|id| paid(id, id as u8, 7_000_000 + u64::from(id) * 999_983)).collect(),
        ..diff.clone()
    };
    let (short, long) = (encoded(&diff).len(), encoded(&with).len());
    assert!(long - short < 60, "{long} bytes for {short}");
    assert_eq!(Diff::decode(&encoded(&with), &mut of(&with)), Ok(with));
}

#[test]
fn several_of_an_account_and_those_of_others_come_back() {
    let mut others =
        vec![paid(3, 3, 60), paid(3, 9, 40), paid(u32::MAX, 9, u64::MAX), paid(3, 3, 0), paid(77, 1, 5)];
    others[1].asset = u16::MAX;
    let diff = Diff { accounts: vec![payer(3, 3, 100)], withdrawals: others, ..Diff::default() };
    assert_eq!(Diff::decode(&encoded(&diff), &mut of(&diff)), Ok(diff));
}

/// The bytes that the withdrawals add to a diff whose bits are all plain.
fn plain_bits(diff: &Diff, leaves: &Leaves) -> usize {
    let without = Diff { withdrawals: Vec::new(), ..diff.clone() };
    8 * (diff.write(&mut leaves.clone(), true).len() - without.write(&mut leaves.clone(), true).len())
}

/// What a seal releases comes last: whatever was withdrawn before it, of which some looks the same, it takes few bits.
#[test]
fn what_a_seal_releases_takes_no_more_than_was_counted() {
    let tickets: Vec<Vec<u64>> =
        (0..16).map(|pool| (0..MAX_RELEASED as u64).map(|n| 100_000_000 + n * pool).collect()).collect();
    let seal = leaves_of(&tickets);
    let (diff, leaves) = released(&tickets, seal.clone());
    assert!(plain_bits(&diff, &leaves) <= 16 * MAX_RELEASED * 6 + 16);
    assert_eq!(Diff::decode(&diff.encode(&mut leaves.clone()), &mut leaves.clone()), Ok(diff.clone()));
    assert_eq!(diff.most_bytes(), max_bytes(Most::default()), "it is counted with the pools");
    // Small exits of those who wait, who are paid by the queue, too.
    let small: Vec<_> = seal.iter().map(|withdrawn| Withdrawn { amount: 7, ..*withdrawn }).collect();
    let count = small.len();
    let (diff, leaves) = released(&tickets, [small, seal].concat());
    assert!(plain_bits(&diff, &leaves) <= 16 * MAX_RELEASED * 6 + count * 294 + 16);
    assert_eq!(Diff::decode(&diff.encode(&mut leaves.clone()), &mut leaves.clone()), Ok(diff));
}

#[test]
fn a_part_that_was_released_is_told_by_its_pool_too() {
    let mut withdrawals = leaves_of(&[vec![900, 800]]);
    withdrawals[1].amount = 300;
    let (mut diff, mut leaves) = released(&[vec![900, 800]], withdrawals);
    // What is left of it waits again, in the same place when the ring is full.
    let index = queue_index(PoolId(0), 101);
    let before = leaves.queues.get(&index).copied();
    diff.queues =
        vec![Changed { index, before, after: Queued { amount: Quote(500), ..waits(101 * 16, 101, 0) } }];
    leaves.queues.insert(index, before.expect("it waited"));
    let bytes = diff.encode(&mut leaves);
    assert!(bytes.len() < 30, "{} bytes: nobody's address is told", bytes.len());
    assert_eq!(Diff::decode(&bytes, &mut leaves), Ok(diff));
}

fn no_stripe(encoder: &mut Encoder) -> Result<(), DiffError> {
    encoder.bit(&mut coder::Chance::default(), false).map(drop)
}

#[test]
fn there_are_no_more_than_a_batch_may_have() {
    let none = |encoder: &mut Encoder| numbers::Number::default().code(encoder, 0).map(drop);
    let many = forged(|encoder| {
        (0..4).try_for_each(|_| none(encoder))?;
        no_stripe(encoder)?;
        numbers::Number::default().code(encoder, u64::from(MAX_WITHDRAWALS_PER_BATCH) + 1).map(drop)
    });
    assert_eq!(Diff::decode(&many, &mut Leaves::default()), Err(DiffError::Withdrawals));
}

#[test]
fn who_is_told_to_have_waited_must_have() {
    let none = |encoder: &mut Encoder| numbers::Number::default().code(encoder, 0).map(drop);
    let forged = |own: bool| {
        forged(|encoder| {
            (0..4).try_for_each(|_| none(encoder))?;
            no_stripe(encoder)?;
            numbers::Number::default().code(encoder, 1)?;
            encoder.bit(&mut coder::Chance::default(), !own)?;
            if own {
                numbers::Step::default().code(encoder, 0, 9)?;
                encoder.bit(&mut coder::Chance::default(), true)?;
            } else {
                numbers::Tree::new(4).code(encoder, 3)?;
            }
            numbers::Number::default().code(encoder, 1 << 40).map(drop)
        })
    };
    let decode = |bytes: &[u8]| Diff::decode(bytes, &mut Leaves::default());
    assert_eq!(decode(&forged(false)), Err(DiffError::Value), "nobody left that pool's queue");
    assert_eq!(decode(&forged(true)), Err(DiffError::Identity), "there is no owner of it");
}

/// A pool and what waits have their leaves in one section: neither is told as the other.
#[test]
fn what_waits_is_told_of_its_own_leaves_alone() {
    let none = |encoder: &mut Encoder| numbers::Number::default().code(encoder, 0).map(drop);
    for index in [0, QUEUES - 1, QUEUES + MAX_QUEUED as u32, QUEUES * (1 + u32::from(MAX_POOLS)), u32::MAX] {
        let bytes = forged(|encoder| {
            (0..3).try_for_each(|_| none(encoder))?;
            leaf(encoder, index.into())
        });
        assert_eq!(Diff::decode(&bytes, &mut Leaves::default()), Err(DiffError::Id), "leaf {index}");
    }
}
