//! Every maximum of the protocol, with the bit width that holds it.
//!
//! The constants shared with the contracts are generated into `contracts/src/types/Limits.sol`; a test fails
//! when the two drift apart.

/// Markets that can be listed (ids fit 8 bits of the 16 that a market id has).
pub const MAX_MARKETS: u16 = 256;
/// Accounts that can ever be opened. Ids are dense; the last `u32` means "open a new account".
pub const MAX_ACCOUNTS: u32 = 1 << 28;
/// The account id that asks for a new account in a deposit.
pub const NEW_ACCOUNT: u32 = u32::MAX;
/// The account id that gives a deposit to the insurance fund of pool 0. That of pool `p` lies `p` below it.
pub const FUND_ACCOUNT: u32 = u32::MAX - 1;
/// Least batches of a round of stripes: within so many every exit leaf is told in full. At an idle minute each they take less than
/// three days, at five minutes, while L1 is far behind, fourteen of the eighteen for which L1 keeps blobs. A power of two.
pub const STRIPE_BATCHES: u32 = 1 << 12;
/// Accounts that a stripe tells at most; when there are more, rounds are twice as long.
pub const STRIPE_ACCOUNTS: u32 = 256;
/// Pools of an exchange: all of them fit the smallest diff that a batch is given.
pub const MAX_POOLS: u16 = 16;
/// Assets that an exchange takes, with USDC: what everybody is paid of all of them adds up to less than 2^64, and the payouts
/// of an escape are fewer than 2^32.
pub const MAX_ASSETS: u16 = 8;
/// Most units of an asset that are what a lot is worth: what is owed, in millionths, times so many, fits 128 bits.
pub const MAX_UNITS_PER_LOT: u64 = 1 << 40;
/// Days until an asset that counts as margin counts in full.
pub const COLLATERAL_DAYS: u64 = 30;
/// What more of an asset's value does not count as initial margin, in ppm (risk.md 3.6).
pub const INITIAL_HAIRCUT: u32 = 50_000;
/// What an account costs that is opened by a transfer, in micro-USDC. Accounts are never closed; whoever deposits pays L1.
pub const OPENING_FEE: i64 = 1_000_000;
/// Positions in one account.
pub const MAX_POSITIONS: usize = 32;
/// Resting orders of one account over all markets.
pub const MAX_OPEN_ORDERS: u32 = 1_000;
/// Session keys of one account, besides its owner.
pub const MAX_SESSIONS: usize = 8;
/// Ended session keys of one account that are remembered besides, until every command that they signed has
/// expired.
pub const MAX_ENDED_SESSIONS: usize = 8;
/// Operations under one signature.
pub const MAX_OPERATIONS: usize = 100;
/// Operations under one signature that cancel all orders: each looks at every order of the account.
pub const MAX_CANCEL_ALLS: usize = 10;
/// Slots for resting orders in one book: 20 bits, one fewer than an order id gives them.
pub const MAX_ORDERS_PER_BOOK: u32 = 1 << 20;
/// Bits of an order id that carry its slot.
pub const ORDER_SLOT_BITS: u32 = 21;
/// Orders in one committed page of a book.
pub const ORDERS_PER_PAGE: u32 = 16;
/// Makers that one order may meet; what is left of it then is cancelled.
pub const MAX_FILLS_PER_ORDER: usize = 256;
/// Makers that the orders under one signature may meet together; what is left of an order then is cancelled. So
/// one input changes few enough accounts that a batch can be sealed before its diff outgrows what L1 takes.
pub const MAX_FILLS_PER_INPUT: usize = 1_024;
/// Orders that may wait in one market for its next clearing.
pub const MAX_WAITING: u32 = 512;
/// So many may wait when one comes that is not forced: the other places are for what liquidations close.
pub const MAX_WAITING_UNFORCED: u32 = 448;
/// Orders of one account among them: nobody keeps the others out alone.
pub const MAX_WAITING_OF_ACCOUNT: u32 = 32;
/// Resting orders of one side that take part in one clearing. A price reaches those of one side only, so that no more
/// orders trade than one signature may meet.
pub const MAX_CLEARED: usize = 512;
/// Clearings tried at once: those whose fills an account could not bear are begun again without it.
pub const MAX_CLEARING_ROUNDS: usize = 4;
/// Bankrupt accounts of one tear-up.
pub const MAX_DELEVERAGED: usize = 64;
/// Accounts on the other side of one tear-up, or of one haircut: those with the largest positions.
pub const MAX_HOLDERS: usize = 960;
/// Makers that the order of an exit meets: with the holders of a tear-up, the account and the backstop no more than what one
/// input may change.
pub const MAX_EXIT_FILLS: usize = MAX_FILLS_PER_INPUT - MAX_HOLDERS - 2;
/// Time over which the pace of forced orders is reckoned.
pub const FORCED_WINDOW_MS: u64 = 5_000;
/// A day of the insurance fund and of the backstop.
pub const FUND_DAY_MS: u64 = 86_400_000;
/// A bound of a margin tier that follows the price moves in an hour by one of so many parts of it, rounded down; and it is no
/// fewer lots.
pub const TIER_STEPS: u64 = 256;
/// Governance lets the first tier of margin be worth no less, in micro-USDC, where it is worth more: 1,000 USDC.
pub const LEAST_TIER_NOTIONAL: i64 = 1_000_000_000;
/// Half of the time, at least, over which the fund's peak is remembered.
pub const FUND_PEAK_MS: u64 = 28_800_000;
/// Shortest time from one clearing of a market to the next.
pub const MIN_BATCH_INTERVAL_MS: u32 = 100;
/// Longest time from one clearing of a market to the next.
pub const MAX_BATCH_INTERVAL_MS: u32 = 60_000;
/// Time from one clearing to the next in a market that matches in batches under stress only (risk.md 6.1).
pub const AUCTION_ONLY_INTERVAL_MS: u32 = 1_000;
/// How far ahead the guardian may restrict a market.
pub const MAX_RESTRICTED_AHEAD_MS: u64 = 3_600_000;
/// Orders that one sweep may name.
pub const MAX_SWEPT: usize = 256;
/// Bits of a conditional order's id that carry its step.
pub const STEP_BITS: u32 = 7;
/// Conditional orders of one account: they rest in no book and need no margin, but are part of its leaf.
pub const MAX_CONDITIONALS: usize = 32;
/// Conditional orders that one input may fire.
pub const MAX_FIRED: usize = 64;
/// Parts in which a TWAP order is sent out.
pub const MAX_SLICES: u16 = 1_000;
/// Shortest time between two parts of a TWAP order, in ms.
pub const MIN_SLICE_INTERVAL_MS: u32 = 1_000;
/// Longest time between two parts of a TWAP order, in ms: a day.
pub const MAX_SLICE_INTERVAL_MS: u32 = 86_400_000;
/// Steps of a market's fee schedule.
pub const MAX_FEE_TIERS: usize = 8;
/// Tiers of a market's margin, the first among them.
pub const MAX_MARGIN_TIERS: usize = 8;
/// Largest multiplier of a tier, in ppm (risk.md 1.1: fractions are at most 5).
pub const MAX_TIER_MULTIPLIER: u32 = 5_000_000;
/// Length of a period in which an account's volume is counted: 14 days. Its fee tier follows from what it traded in
/// the running period and the one before.
pub const VOLUME_PERIOD_MS: u64 = 14 * 86_400_000;
/// Price publishers.
pub const MAX_PUBLISHERS: usize = 16;
/// Prices in one report.
pub const MAX_REPORTED_PRICES: usize = MAX_MARKETS as usize;
/// Largest price, in ticks (risk.md 1.1): 2^40.
pub const MAX_PRICE: u64 = 1 << 40;
/// Largest size of a position or an order, in lots (risk.md 1.1): 2^46.
pub const MAX_SIZE: u64 = 1 << 46;
/// Largest absolute cash, equity, requirement or notional, in micro-USDC (risk.md 1.1): 2^60.
pub const MAX_AMOUNT: i64 = 1 << 60;
/// Largest absolute funding index, in micro-USDC a lot (risk.md 1.1): 2^50.
pub const MAX_FUNDING_INDEX: i64 = 1 << 50;
/// Margin held for each open order, in micro-USDC (risk.md 3.5): 0.01 USDC.
pub const OPEN_ORDER_CHARGE: i64 = 10_000;
/// Parts in one million.
pub const PPM: i64 = 1_000_000;
/// Nonces behind the highest that a key may still use.
pub const NONCE_WINDOW: u64 = 1_024;
/// How far above the highest used nonce the next may be.
pub const MAX_NONCE_JUMP: u64 = 1 << 32;
/// Longest life of a signed command, from the sequencer's time to its expiry: one day.
pub const MAX_COMMAND_LIFE_MS: u64 = 86_400_000;
/// A price report may be signed this much later than the batch time that consumes it (risk.md 2.2).
pub const MAX_REPORT_LEAD_MS: u64 = 500;
/// A price report is valid for this long (risk.md 2.2).
pub const MAX_REPORT_AGE_MS: u64 = 3_000;
/// A price that its publisher holds to be further off than this does not count, in ppm (risk.md 2.2).
pub const MAX_CONFIDENCE: u32 = 20_000;
/// A mark older than this lets orders only reduce risk (risk.md 2.3, STALE).
pub const MAX_MARK_AGE_MS: u64 = 5_000;
/// A mark older than this lets orders only be cancelled (risk.md 2.3, INVALID).
pub const INVALID_MARK_AGE_MS: u64 = 60_000;
/// A jump of the index is believed after this time without another: three ticks of risk.md 2.3.
pub const JUMP_MS: u64 = 600;
/// An uncertain market matches in batches until this long after it last was so.
pub const UNCERTAIN_BATCHING_MS: u64 = 1_000;
/// Length of the spans in which the last minute of a market is kept (risk.md 6.3).
pub const MINUTE_SPAN_MS: u64 = 15_000;
/// Length of the spans in which the last hour is kept.
pub const HOUR_SPAN_MS: u64 = 600_000;
/// What the open interest was is kept for periods of this length (risk.md 3.8 b).
pub const INTEREST_PERIOD_MS: u64 = 21_600_000;
/// In a report, this and the id of a market stand for its capacity (risk.md 3.8 a).
pub const CAPACITY_ID: u16 = 1 << 15;
/// A capacity that was told longer ago counts for nothing.
pub const MAX_CAPACITY_AGE_MS: u64 = 3_600_000;
/// Steps of what open interest asks of initial margin, in ppm: it is rounded up to a whole one (risk.md 3.3).
pub const OPEN_INTEREST_STEP: u32 = 10_000;
/// Most that a USDC may be said to be worth, in ppm of a dollar.
pub const MAX_USDC_PRICE: u32 = 2_000_000;
/// Below so many ppm of a dollar a USDC is weak when that lasts, and initial margin grows (risk.md 3.6).
pub const WEAK_PEG: u32 = 990_000;
/// How long that must last, and its end.
pub const WEAK_PEG_MS: u64 = 60_000;
/// Below so many ppm of a dollar its peg is broken when that lasts, and positions only shrink (risk.md 6.5).
pub const BROKEN_PEG: u32 = 970_000;
/// How long that must last, and its end.
pub const BROKEN_PEG_MS: u64 = 600_000;
/// Steps of the lowest price of a USDC by which initial margin grows, in ppm.
pub const PEG_STEP: u32 = 1_000;
/// Spans of the average of the mark (risk.md 3.7).
pub const AVERAGE_SPAN_MS: u64 = 300_000;
/// Most milliseconds that a mark counts in its average.
pub const MAX_AVERAGED_MS: u64 = 5_000;
/// A breaker holds until this long after half of what tripped it (risk.md 6.3, CB2 and CB4).
pub const BREAKER_HOLD_MS: u64 = 60_000;
/// A book whose middle lies outside for so long is cleared in batches (risk.md 6.3, CB1).
pub const DISLOCATED_MS: u64 = 5_000;
/// One that does for so long is halted.
pub const DISLOCATED_HALT_MS: u64 = 35_000;
/// A market without quotes near the index for longer is halted (risk.md 6.3, CB6).
pub const QUOTELESS_MS: u64 = 30_000;
/// After an outage orders can only be cancelled for so long (risk.md 6.5).
pub const WARM_UP_MS: u64 = 60_000;
/// How long an auction calls for orders before it reopens a market, and by how much it is put off (risk.md 7.5).
pub const CALL_MS: u64 = 30_000;
/// How often it may be put off.
pub const MAX_CALL_ROUNDS: u8 = 4;
/// An auction whose price is uncertain for so long ends its halt all the same.
pub const UNCERTAIN_HALT_MS: u64 = 150_000;
/// How long a market matches in batches after an auction that found no good price.
pub const THIN_MS: u64 = 60_000;
/// A last trade, and a touch, older than this is not looked at (risk.md 2.5).
pub const MAX_TOUCH_AGE_MS: u64 = 60_000;
/// Time between two samples of the premium (risk.md 2.7).
pub const PREMIUM_SAMPLE_MS: u64 = 5_000;
/// Samples that the premium of an hour needs: half of those that there are (risk.md 2.8).
pub const MIN_PREMIUM_SAMPLES: u32 = 360;
/// Funding accrues once in this time (risk.md 2.8).
pub const FUNDING_PERIOD_MS: u64 = 60_000;
/// The premium is taken anew once in this time (risk.md 2.8).
pub const PREMIUM_PERIOD_MS: u64 = 3_600_000;
/// Hours are counted in this time; each has a close (risk.md 4.2).
pub const HOUR_MS: u64 = 3_600_000;
/// Spans of which the last index is a sample of an hour's close (risk.md 4.2).
pub const HOUR_SAMPLE_MS: u64 = 5_000;
/// Samples around an hour: of the spans that end 10 and 5 s before it, with it, and 5 and 10 s after it.
pub const HOUR_SAMPLES: usize = 5;
/// Of these so many make a close: more than half.
pub const MIN_HOUR_SAMPLES: usize = 3;
/// Hours, each of another market, that end in one input: work of one input.
pub const MAX_HOURS_PER_INPUT: usize = 16;
/// Returns that a market's history in the genesis may have: a year.
pub const MAX_HISTORY_HOURS: usize = 8_760;
/// The index has a sample in each of these spans, for the price at which a market settles (risk.md 6.7).
pub const MINUTE_MS: u64 = 60_000;
/// Samples that are kept besides the running one: an hour.
pub const MINUTE_SAMPLES: usize = 60;
/// A market without a price for so long settles, and a pool with a deficit for so long is resolved (risk.md 5.1, 6.7).
pub const SETTLEMENT_MS: u64 = 86_400_000;
/// At most so long nothing leaves a pool after somebody in it was found to owe what nobody has paid yet (risk.md 6.8).
pub const PAUSE_MS: u64 = 60_000;
/// And for so long at most, however often.
pub const MOST_PAUSE_MS: u64 = 86_400_000;
/// For so long before its time a market only shrinks: its price is by then nearly known (risk.md 6.7).
pub const ENDING_MS: u64 = 3_600_000;
/// For so long after a market settled nobody is cashed there, so that bankrupt accounts are named before.
pub const SETTLEMENT_GRACE_MS: u64 = 60_000;
/// Accounts whose positions become cash in one input: work of one input.
pub const MAX_SETTLED: usize = 256;
/// The ratio of a pool that pays everything.
pub const RATIO_WHOLE: u32 = 1_000_000_000;
/// Smallest withdrawal, in micro-USDC: 1 USDC, so that a withdrawal is worth its proof.
pub const MIN_WITHDRAWAL: i64 = 1_000_000;
/// Less than this leaves once a day from a flat account of a paced pool whatever waits there, as far as the bucket of the day
/// holds it, in micro-USDC: 5,000 USDC (risk.md 6.8).
pub const SMALL_EXIT: i64 = 5_000_000_000;
/// Small exits are counted by days of this length.
pub const EXIT_DAY_MS: u64 = 86_400_000;
/// Of one who waits in a paced pool no more than this leaves at a time, or a quarter of the hour's bucket, in micro-USDC:
/// 250,000 USDC (risk.md 6.8).
pub const PACED_PART: i64 = 250_000_000_000;
/// Periods of a pool's buckets, in ms: an hour and a day.
pub const PACING_PERIODS_MS: [u64; 2] = [3_600_000, 86_400_000];
/// Less than this does not wait in a paced pool, in micro-USDC: 100 USDC, so that a place is not to be had for nothing.
pub const MIN_QUEUED: i64 = 100_000_000;
/// Withdrawals of one account that wait.
pub const MAX_TICKETS: u8 = 16;
/// Withdrawals that wait in one pool.
pub const MAX_QUEUED: u64 = 1 << 16;
/// Withdrawals of one pool that one input releases.
pub const MAX_RELEASED: usize = 64;
/// While L1 takes no batch for longer, in ms, initial margin rises and open interest stands still (risk.md 6.5).
pub const LAG_MS: u64 = 600_000;
/// While it takes none for longer than this orders only shrink positions.
pub const STALLED_MS: u64 = 1_800_000;
/// Changes of governance that wait.
pub const MAX_PENDING_CHANGES: usize = 64;
/// Before a margin that rises is a floor, in ms (risk.md 3.9).
pub const FLOOR_NOTICE_MS: u64 = 86_400_000;
/// Before a market is looser, in ms (risk.md 3.9).
pub const LOOSER_NOTICE_MS: u64 = 259_200_000;
/// Before more may leave a paced pool, in ms (risk.md 3.9).
pub const PACING_NOTICE_MS: u64 = 604_800_000;
/// Before somebody else signs prices or is the guardian, in ms (risk.md 3.9).
pub const SIGNER_NOTICE_MS: u64 = 604_800_000;
/// From one signer's replacement to the next, in ms (risk.md 3.9).
pub const SIGNER_PAUSE_MS: u64 = 86_400_000;
/// Before the end of a market that is announced, in ms (risk.md 6.7).
pub const SETTLEMENT_NOTICE_MS: u64 = 259_200_000;
/// Depth of every section tree of the state.
pub const SECTION_TREE_DEPTH: usize = 32;
/// Sections under the state root.
pub const SECTION_COUNT: usize = 7;
/// Depth of a batch's withdrawal tree.
pub const WITHDRAWAL_TREE_DEPTH: usize = 16;
/// Withdrawals in one batch.
pub const MAX_WITHDRAWALS_PER_BATCH: u32 = 1 << WITHDRAWAL_TREE_DEPTH;
/// Bytes of one chunk of a batch's inputs (settlement.md: at most 24 KiB).
pub const INPUT_CHUNK_BYTES: usize = 24 * 1024;
/// Inputs in one batch; the batcher seals before.
pub const MAX_INPUTS_PER_BATCH: u64 = 1 << 20;
/// Largest encoded input, in bytes.
pub const MAX_INPUT_BYTES: usize = 16 * 1024;
/// How far a batch's last time may lie ahead of the L1 block that takes it.
pub const MAX_BATCH_FUTURE_MS: u64 = 60_000;

const _: () = {
    assert!(MAX_ORDERS_PER_BOOK < 1 << ORDER_SLOT_BITS, "the last slot stands for none");
    assert!(MAX_ORDERS_PER_BOOK / ORDERS_PER_PAGE <= 1 << 16, "a page index has 16 bits");
    assert!(MAX_ORDERS_PER_BOOK.is_multiple_of(ORDERS_PER_PAGE));
    assert!(MAX_ACCOUNTS < FUND_ACCOUNT - MAX_POOLS as u32);
    assert!(MAX_DELEVERAGED + MAX_HOLDERS <= MAX_FILLS_PER_INPUT, "a tear-up changes no more accounts");
    assert!(MAX_OPERATIONS <= 1 << STEP_BITS && MAX_FIRED <= 1 << STEP_BITS);
    assert!(NONCE_WINDOW.is_multiple_of(64));
    assert!(MAX_WAITING_UNFORCED < MAX_WAITING, "a batch has room for forced orders alone");
    assert!(MAX_WAITING as usize + MAX_CLEARED <= MAX_FILLS_PER_INPUT, "a clearing changes no more accounts");
    assert!(MAX_WITHDRAWALS_PER_BATCH as u64 == 1 << WITHDRAWAL_TREE_DEPTH);
    assert!(
        MAX_ACCOUNTS as u64 * MAX_ASSETS as u64 + MAX_POOLS as u64 * MAX_QUEUED <= u32::MAX as u64,
        "payouts of an escape have indices of 32 bits"
    );
    assert!((MAX_ASSETS as u64).checked_mul(MAX_AMOUNT as u64).is_some(), "what they come to fits 64 bits");
    // The largest product the engine forms, position times funding index, fits an i128 (risk.md 1.1).
    assert!((MAX_SIZE as i128).checked_mul(MAX_FUNDING_INDEX as i128).is_some());
};
