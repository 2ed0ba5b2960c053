//! Random streams: invariants after every input, and the same result however the exchange is hosted.

use alloc::{collections::BTreeSet, vec::Vec};
use core::ops::Range;

use ballast_state::{Commitment, snapshot};
use ballast_types::{Causes, Event, RejectCode, RemovalReason, Status};
use proptest::{
    prelude::*,
    strategy::ValueTree,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use super::random::{Step, begin, carry_out, step};
use crate::{
    Exchange, apply, commit, forget_changes,
    governance::is_of_signer,
    verify,
    world::{Leaves, Named, SILO, World},
};

/// The world after the steps, and the leaves and the place in the log where `cut` steps were done. A batch
/// begins there.
fn run(siloed: bool, steps: &[Step], cut: usize) -> (World, Leaves, usize) {
    let mut world = begin(siloed);
    for step in &steps[..cut] {
        carry_out(&mut world, step);
    }
    world.seal();
    let (before, from) = (world.leaves.clone(), world.log.len());
    for step in &steps[cut..] {
        carry_out(&mut world, step);
    }
    (world, before, from)
}

fn root(leaves: &Leaves) -> ballast_types::B256 {
    let changes: Vec<_> = leaves.0.iter().map(|(&(s, i), bytes)| (s, i, Some(bytes.clone()))).collect();
    let mut commitment = Commitment::new();
    commitment.update(&changes);
    commitment.state_root()
}

/// Applies a part of the log and commits nothing.
fn carry(world: &World, x: &mut Exchange, part: Range<usize>) {
    for (input, outcome) in &world.log[part] {
        let verified = verify(&Named, x.separator(), &input.source);
        assert_eq!(&apply(x, input, &verified), outcome);
    }
}

/// Applies the log from `from` on and gives what is committed in the end.
fn replay(world: &World, x: &mut Exchange, leaves: &mut Leaves, from: usize) {
    carry(world, x, from..world.log.len());
    leaves.take(&commit(x));
}

/// The exchange from a snapshot of `leaves`.
fn restored(x: &Exchange, leaves: &Leaves) -> Exchange {
    let (mut restore, mut commitment) = (snapshot::Restore::new(), Commitment::new());
    for chunk in snapshot::write(&x.state, x.pages()) {
        commitment.update(&restore.push(&chunk).expect("a snapshot is read as it was written"));
    }
    let restored =
        restore.finish(&commitment, root(leaves)).expect("the snapshot has the root of what was committed");
    Exchange::restore(restored.state, restored.pages, Vec::new()).expect("the pages make books")
}

proptest! {
    #![proptest_config(Config::with_cases(48))]

    /// Every invariant is checked after every input, in the world itself.
    #[test]
    fn all_hosts_agree_on_any_stream(
        steps in prop::collection::vec(step(), 1..100), cut in any::<prop::sample::Index>(),
        siloed in any::<bool>(),
    ) {
        let cut = cut.index(steps.len());
        let (world, before, from) = run(siloed, &steps, cut);

        let (again, ..) = run(siloed, &steps, cut);
        prop_assert!(again.log == world.log && again.leaves == world.leaves, "two runs differ");

        world.check_lazy(&before, from);

        let mut fresh = begin(siloed);
        carry(&world, &mut fresh.x, fresh.log.len()..from);
        forget_changes(&mut fresh.x);
        let mut leaves = before.clone();
        replay(&world, &mut fresh.x, &mut leaves, from);
        prop_assert!(leaves == world.leaves, "what was forgotten is committed, or something else is not");

        let (halfway, ..) = run(siloed, &steps[..cut], cut);
        let mut x = restored(&halfway.x, &before);
        let mut leaves = before;
        replay(&world, &mut x, &mut leaves, from);
        prop_assert!(leaves == world.leaves, "what was restored goes on differently");
        prop_assert_eq!(root(&leaves), root(&world.leaves));
        prop_assert_eq!(x.open_withdrawals(), world.x.open_withdrawals());
    }
}

/// Every cause of a mode.
const ALL: u16 = (1 << Causes::ALL.len()) - 1;

/// The random streams are worth something: they reach the ways in which orders leave, and these codes.
#[test]
fn streams_reach_what_matters() {
    let (mut fired, mut reduced, mut clearings) = (0, 0, 0);
    let (mut bankrupt, mut taken_over, mut sold) = (0, 0, 0);
    let (mut causes, mut put_off, mut margins) = (0, 0, 0);
    let (mut crossed, mut liquidated) = (0, 0);
    let (mut queued, mut released, mut small) = (0, 0, 0);
    let (mut settled, mut cashed) = (0, 0);
    let (mut exiting, mut left) = (0, 0);
    let (mut crowded, mut turned) = (0, 0);
    let (mut changed, mut replaced, mut ungoverned) = (0, 0, 0);
    let (mut reasons, mut codes) = (BTreeSet::new(), BTreeSet::new());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[9; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    for n in 0..1_200 {
        let steps = prop::collection::vec(step(), 150).new_tree(&mut runner).expect("steps").current();
        let (world, ..) = run(n % 4 == 0, &steps, 0);
        small += world.x.state.traders.iter().filter(|(_, trader)| trader.exit_day.is_some()).count();
        for (_, outcome) in &world.log {
            if let Status::Rejected(rejection) = outcome.status {
                codes.insert(rejection.code);
            }
            for event in &outcome.events {
                match event {
                    Event::OrderRemoved { reason, .. } | Event::ConditionalRemoved { reason, .. } => {
                        reasons.insert(*reason as u8);
                    }
                    Event::ConditionalFired { .. } => fired += 1,
                    Event::ConditionalReduced { .. } => reduced += 1,
                    Event::OperationRejected { rejection, .. } => drop(codes.insert(rejection.code)),
                    Event::Cleared { price: Some(_), .. } => clearings += 1,
                    Event::Liquidated { account, level, .. } => {
                        bankrupt += u32::from(*level == 3);
                        liquidated += u32::from(world.pool_of(account.0) == SILO);
                    }
                    Event::TakenOver { .. } => taken_over += 1,
                    Event::CollateralSold { .. } => sold += 1,
                    Event::Transferred { account, pool, .. } if world.pool_of(account.0) != *pool => {
                        crossed += 1
                    }
                    Event::ModeChanged { causes: why, .. } => causes |= why.0,
                    Event::AuctionPutOff { .. } => put_off += 1,
                    Event::MarginChanged { .. } => margins += 1,
                    Event::OpenInterestMargin { margin, .. } => crowded += u32::from(margin.0 > 0),
                    Event::PegChanged { .. } => turned += 1,
                    Event::WithdrawalQueued { .. } => queued += 1,
                    Event::Withdrawn { ticket: Some(_), .. } => released += 1,
                    Event::MarketSettled { .. } => settled += 1,
                    Event::PositionSettled { .. } => cashed += 1,
                    Event::Exiting { .. } => exiting += 1,
                    Event::ExitEnded { amount, .. } => left += u32::from(amount.0 > 0),
                    Event::ParameterChanged(call) if is_of_signer(call.action) => replaced += 1,
                    Event::ParameterChanged(_) => changed += 1,
                    Event::GovernanceRefused(..) => ungoverned += 1,
                    _ => {}
                }
            }
        }
    }
    assert!(fired > 80 && reduced > 10, "{fired} fired, {reduced} reduced");
    assert!(
        bankrupt > 0 && taken_over > 0 && sold > 0,
        "{bankrupt} bankrupt, {taken_over} taken over, {sold} sales"
    );
    // Their liquidations are too small to slow a market down, no auction is put off five times, their books hardly ever
    // stay away for so long, and none of their markets is dated.
    let seldom = [Causes::FEEDBACK, Causes::THIN, Causes::DISLOCATION, Causes::QUOTES, Causes::ENDING];
    let reached = seldom.into_iter().fold(causes, |all, cause| all | cause.0);
    assert!(reached == ALL && put_off > 0, "causes {causes:b}, {put_off} auctions put off");
    assert!(
        crowded > 20 && turned > 50,
        "{crowded} times open interest asked for margin, {turned} of the peg"
    );
    assert!(margins > 10, "{margins} times an hour moved the margin");
    assert!(
        crossed > 100 && liquidated > 0,
        "{crossed} went to another pool, {liquidated} liquidated in the silo"
    );
    assert!(
        queued > 20 && released > 20 && small > 2,
        "{queued} waited, {released} released, {small} small exits"
    );
    assert!(settled > 100 && cashed > 10, "{settled} markets settled, {cashed} positions in them");
    assert!(exiting > 20 && left > 20, "{exiting} positions closed to leave, {left} left");
    assert!(changed > 50 && ungoverned > 50, "{changed} parameters changed, {ungoverned} calls refused");
    assert!(replaced > 5, "{replaced} signers were replaced");
    assert!(clearings > 0, "nothing was ever cleared at a price");
    for reason in [
        RemovalReason::Filled,
        RemovalReason::Cancelled,
        RemovalReason::Replaced,
        RemovalReason::ImmediateOrCancel,
        RemovalReason::SelfTrade,
        RemovalReason::MakerMargin,
        RemovalReason::Expired,
        RemovalReason::ReduceOnly,
        RemovalReason::Scheduled,
        RemovalReason::OneCancelsOther,
        RemovalReason::NotOpened,
        RemovalReason::Exit,
    ] {
        assert!(reasons.contains(&(reason as u8)), "{reason:?} never happened");
    }
    for code in [
        RejectCode::InvalidSize,
        RejectCode::UnknownSigner,
        RejectCode::NonceUsed,
        RejectCode::UnknownAccount,
        RejectCode::UnknownMarket,
        RejectCode::UnknownOrder,
        RejectCode::WouldCross,
        RejectCode::CannotFill,
        RejectCode::InsufficientMargin,
        RejectCode::InsufficientFunds,
        RejectCode::StalePrice,
        RejectCode::ReportTooOld,
        RejectCode::ReportFromFuture,
        RejectCode::UnknownAsset,
        RejectCode::NothingToClose,
        RejectCode::DuplicateClientId,
        RejectCode::InvalidTime,
        RejectCode::UnknownSession,
        RejectCode::NothingDue,
        RejectCode::NotAtomic,
        RejectCode::InvalidTrigger,
        RejectCode::NotLinked,
        RejectCode::MarketHalted,
        RejectCode::MarketReduceOnly,
        RejectCode::ForeignAccount,
        RejectCode::UnknownPool,
        RejectCode::InvalidRecipient,
        RejectCode::WithdrawalPaced,
        RejectCode::AccountExiting,
        RejectCode::ExitDue,
    ] {
        assert!(codes.contains(&code), "{code:?} never happened: {codes:?}");
    }
}
