//! What accounts hold of other assets, in a diff.

use super::*;

/// Numbers of assets and how much is held of each.
type Held<'a> = &'a [(u16, u64)];

/// An account before and after that has the same cash and positions.
fn moved(before: Held<'_>, after: Held<'_>) -> Diff {
    let with = |held| Account { holdings: holding(held), ..account_with(&[]) };
    one(Some(with(before)), with(after))
}

#[test]
fn holdings_come_go_and_change() {
    let cases: [(Held<'_>, Held<'_>); 5] = [
        (&[], &[(1, 5)]),
        (&[(7, 1 << 60)], &[]),
        (&[(1, 5), (2, 6)], &[(1, 4), (3, 1)]),
        (&[(1, 1), (2, 1), (3, 1)], &[(5, 1), (6, 1), (7, 1)]),
        (&[(4, 9)], &[(4, 9), (5, 1)]),
    ];
    for (before, after) in cases {
        let diff = moved(before, after);
        let bytes = encoded(&diff);
        assert_eq!(Diff::decode(&bytes, &mut of(&diff)), Ok(diff), "{before:?} to {after:?}");
    }
}

/// Whoever holds nothing pays less than a bit for those who may, and one who deposits again pays a few bytes.
#[test]
fn who_holds_nothing_pays_next_to_nothing() {
    let changed = |index: u32, held: Held<'_>, more: Held<'_>| {
        let before = Account { holdings: holding(held), ..account_with(&[]) };
        let after = Account { cash: Quote(6), holdings: holding(more), ..before.clone() };
        Changed { index, before: Some(before), after }
    };
    let without: Vec<_> = (0..1_000).map(|index| changed(index, &[], &[])).collect();
    let plain = Diff { accounts: without.clone(), ..Diff::default() };
    // Each bit of its chances takes at least 1/178 of one, and they learn in a few; an account here tells nothing else that is news.
    assert!(encoded(&plain).len() < 1_000 / 8, "{} bytes", encoded(&plain).len());
    let mut with = without;
    with[500] = changed(500, &[(1, 7_000_000)], &[(1, 9_000_000)]);
    let more = encoded(&Diff { accounts: with, ..Diff::default() }).len() - encoded(&plain).len();
    assert!(more <= 8, "{more} bytes more");
}

/// A withdrawal of all that was held is foreseen from what the holding fell by, also beside one of cash.
#[test]
fn what_a_holding_fell_by_is_foreseen_of_its_withdrawal() {
    let before = Account { holdings: holding(&[(1, 123_456_789_012)]), ..account_with(&[]) };
    let after = Account { cash: Quote(-1_000_000), ..account_with(&[]) };
    let paid = |asset, amount| Withdrawn {
        account: AccountId(9),
        recipient: Address::repeat_byte(1),
        asset,
        amount,
    };
    let without = one(Some(before), after);
    let with = Diff { withdrawals: vec![paid(0, 1_000_005), paid(1, 123_456_789_012)], ..without.clone() };
    let more = encoded(&with).len() - encoded(&without).len();
    assert!(more <= 8, "{more} bytes more, and neither amount is told");
    assert_eq!(Diff::decode(&encoded(&with), &mut of(&with)), Ok(with));
}

/// Whatever bytes tell, holdings have their form.
#[test]
fn holdings_out_of_form_are_refused() {
    let diff = moved(&[(2, 5)], &[(2, 6)]);
    let none = |encoder: &mut Encoder| numbers::Number::default().code(encoder, 0).map(drop);
    let bit = |encoder: &mut Encoder, value| encoder.bit(&mut coder::Chance::default(), value).map(drop);
    let told = |asset: u64, from: u64, to: u64| {
        let bytes = forged(|encoder| {
            none(encoder)?;
            leaf(encoder, 9)?;
            bit(encoder, false)?;
            none(encoder)?;
            bit(encoder, false)?;
            bit(encoder, true)?;
            numbers::Ids::new(3).code::<u16>(encoder, asset)?;
            numbers::Step::default().code(encoder, from, to).map(drop)
        });
        Diff::decode(&bytes, &mut of(&diff)).err()
    };
    assert_eq!(told(0, 0, 1), Some(DiffError::Id), "cash is no holding");
    assert_eq!(told(MAX_ASSETS.into(), 0, 1), Some(DiffError::Id));
    assert_eq!(told(2, 5, 5), Some(DiffError::NoChange));
    assert_eq!(told(1, 0, 0), Some(DiffError::NoChange));
    assert_eq!(told(2, 5, (1 << 60) + 1), Some(DiffError::Value));
    assert_eq!(told(2, 5, u64::MAX), Some(DiffError::Value));
}
