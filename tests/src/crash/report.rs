//! What a crash did, and whether that is T11.

use super::{
    assumptions::Assumptions, crowd::Place, drive::Marks, event::Crash, open::Opened, tally::Happened,
    venue::Venue,
};
use ballast_state::{Pool, State};
use ballast_types::{B256, MarketClass};
use serde::Serialize;

/// Dollars of so many u.
fn dollars(amount: i128) -> f64 {
    amount as f64 / 1e6
}

/// A minute of the way, for the pictures. Amounts are in dollars, and sums since the beginning.
#[derive(Clone, Debug, Serialize)]
pub struct Moment {
    /// Unix time in ms.
    pub time: u64,
    /// Index of each market.
    pub index: Vec<f64>,
    /// Mark of each market.
    pub mark: Vec<f64>,
    /// Each pool, the common one first.
    pub pools: Vec<Reserves>,
    /// Accounts below maintenance.
    pub below: usize,
    /// Worst lag of the minute, in ms.
    pub lag: u64,
    /// Forced notional by way: book, batch, backstop, tear-up.
    pub forced: [f64; 4],
    /// Open interest of all markets, one side, at the marks.
    pub interest: f64,
}

/// What stands behind the accounts of a pool, in dollars.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Reserves {
    /// What the fund holds.
    pub fund: f64,
    /// Equity of the backstop.
    pub backstop: f64,
    /// What the pool owes that nobody could pay.
    pub deficit: f64,
}

impl Reserves {
    /// Those of every pool, in order. Backstops have the first accounts, in the order of their pools.
    fn of(state: &State) -> Vec<Self> {
        let of = |(id, pool): (u32, &Pool)| {
            let backstop = state.accounts.get(id).expect("every pool has a backstop");
            Self {
                fund: dollars(pool.fund.0.into()),
                backstop: dollars(crate::scan::stand(state, backstop).equity),
                deficit: dollars(pool.deficit.0.into()),
            }
        };
        state.pools.iter().map(of).collect()
    }

    /// The lowest of each, but for the deficit, of which it is the highest.
    fn worst(self, other: Self) -> Self {
        Self {
            fund: self.fund.min(other.fund),
            backstop: self.backstop.min(other.backstop),
            deficit: self.deficit.max(other.deficit),
        }
    }
}

/// How a pool came through.
#[derive(Clone, Debug, Serialize)]
pub struct PoolRow {
    /// Its markets.
    pub assets: Vec<String>,
    /// What its fund should hold, in dollars.
    pub target: f64,
    /// What it had when the crash began.
    pub before: Reserves,
    /// The worst of it on the way.
    pub worst: Reserves,
    /// What it had in the end.
    pub after: Reserves,
}

impl Moment {
    pub(super) fn of(venue: &mut Venue, places: &[Place]) -> Self {
        let state = &venue.exchange.state;
        let price = |ticks: u64, place: &Place| ticks as f64 * place.grid.tick;
        let market = |place: &Place| state.markets.get(place.id.0.into()).expect("it is listed");
        let open =
            |place: &Place| state.venues.get(place.id.0.into()).map_or(0, |it| it.open_interest.0) as f64;
        let forced = (0..4).map(|way| venue.tally.markets.iter().map(|at| at.flow.ways()[way]).sum());
        let forced: Vec<f64> = forced.map(dollars).collect();
        Self {
            time: venue.now.0,
            index: places.iter().map(|place| price(market(place).index.0, place)).collect(),
            mark: places.iter().map(|place| price(market(place).mark.0, place)).collect(),
            pools: Reserves::of(state),
            below: venue.watch.count(),
            lag: std::mem::take(&mut venue.watch.worst),
            forced: [forced[0], forced[1], forced[2], forced[3]],
            interest: places
                .iter()
                .map(|place| open(place) * place.grid.lot * price(market(place).mark.0, place))
                .sum(),
        }
    }
}

/// What there was when the crash began.
#[derive(Clone, Debug, Serialize)]
pub struct Sizes {
    /// Accounts, all of them.
    pub accounts: u32,
    /// Positions that were wanted.
    pub wanted: usize,
    /// Those that came to nothing.
    pub failed: usize,
    /// Each pool.
    pub pools: Vec<Reserves>,
    /// Open interest of each market, one side, in dollars.
    pub interest: Vec<f64>,
}

impl Sizes {
    pub(super) fn of(opened: &Opened, _crash: &Crash) -> Self {
        let state = &opened.venue.exchange.state;
        let interest = opened.places.iter().map(|place| {
            let lots = state.venues.get(place.id.0.into()).map_or(0, |venue| venue.open_interest.0);
            lots as f64 * place.grid.lot * place.price
        });
        Self {
            accounts: state.chain.accounts,
            wanted: opened.wanted,
            failed: opened.failed,
            pools: Reserves::of(state),
            interest: interest.collect(),
        }
    }
}

/// What happened in one market. Amounts are in dollars.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The asset.
    pub asset: String,
    /// The class.
    pub class: &'static str,
    /// How far the index fell from where it began, as a part.
    pub fall: f64,
    /// Open interest when the crash began, one side.
    pub interest: f64,
    /// Volume of everybody.
    pub volume: f64,
    /// Forced notional by way: book, batch, backstop, tear-up.
    pub forced: [f64; 4],
    /// Penalties of forced fills.
    pub penalties: f64,
    /// What the fund paid.
    pub fund_paid: f64,
    /// What the backstop paid for debts of others.
    pub backstop_paid: f64,
    /// What was taken out of gains.
    pub haircut: f64,
    /// What nobody could pay.
    pub deficit: f64,
    /// Accounts that were bankrupt when a step came.
    pub bankrupt: u64,
    /// Farthest that the mark was from the index, as a part.
    pub distance: f64,
    /// Seconds in which the price was not fresh.
    pub uncertain: f64,
    /// Seconds in which the market matched in batches.
    pub batches: f64,
    /// What fired, and how often.
    pub breakers: Vec<(&'static str, u64)>,
}

/// How long things took, of the exchange's time in ms.
#[derive(Clone, Debug, Serialize)]
pub struct Spread {
    /// How many there were.
    pub count: usize,
    /// Median.
    pub median: u64,
    /// 99th percentile.
    pub high: u64,
    /// The worst.
    pub worst: u64,
}

impl Spread {
    fn of(values: &[u64]) -> Self {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let at =
            |percent: usize| sorted.get(sorted.len().saturating_sub(1) * percent / 100).copied().unwrap_or(0);
        Self { count: sorted.len(), median: at(50), high: at(99), worst: at(100) }
    }
}

/// Everything that is told of a crash.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Which crash.
    pub crash: String,
    /// Unix time in ms at which it began.
    pub from: u64,
    /// How long it was, in ms.
    pub length: u64,
    /// What was assumed.
    pub assumed: Assumptions,
    /// What there was.
    pub sizes: Sizes,
    /// By market.
    pub rows: Vec<Row>,
    /// Minute by minute.
    pub moments: Vec<Moment>,
    /// Accounts on which there was a step.
    pub liquidated: usize,
    /// Most accounts in a second on which there was the first step.
    pub peak: u64,
    /// Most steps in a second.
    pub peak_steps: u64,
    /// From below maintenance to the first step.
    pub lag: Spread,
    /// From when the ladder had left out a step, a second after the prices, to the first step: what it is itself behind.
    pub turn: Spread,
    /// From below maintenance to above it again.
    pub span: Spread,
    /// First steps by the level at which they found the account, 1 to 3.
    pub levels: [u64; 3],
    /// Account-seconds below maintenance before the first step: because a price was not believed, because the market's pace
    /// was used up, because nobody trades within the limit and the backstop takes none, and because it was not its turn.
    pub waits: [f64; 4],
    /// Accounts that came back without a step.
    pub recovered: u64,
    /// Accounts that are below at the end without a step, and the longest time, in ms.
    pub untouched: (usize, u64),
    /// Looks at everybody.
    pub audits: u64,
    /// Accounts on which such a look and the index differed.
    pub missed: u64,
    /// CPU time of a step of the ladder, in ns.
    pub step: Spread,
    /// CPU time of the ladder, its looks for nothing among it: in all, and in the second of the exchange's time in which it
    /// was longest, in ms.
    pub ladder_ms: [f64; 2],
    /// Rounds of tear-ups.
    pub rounds: u64,
    /// Inputs of the sequencer that the engine refused after all.
    pub refused: u64,
    /// All inputs.
    pub inputs: u64,
    /// By pool, the common one first.
    pub pools: Vec<PoolRow>,
    /// The first invariant that was found broken.
    pub broken: Option<String>,
    /// Root of the state.
    pub root: B256,
}

impl Report {
    /// What speaks against T11 and conservation; nothing when both hold.
    #[must_use]
    pub fn failures(&self) -> Vec<String> {
        let mut failures = Vec::new();
        for row in self.rows.iter().filter(|row| row.class != MarketClass::C.name()) {
            if row.deficit > 0.0 {
                failures
                    .push(format!("T11: {} left {:.0} USDC that nobody could pay", row.asset, row.deficit));
            }
            if row.haircut > 0.0 {
                failures.push(format!("T11: {:.0} USDC of gains in {} were taken", row.haircut, row.asset));
            }
        }
        if let Some(broken) = &self.broken {
            failures.push(format!("conservation: {broken}"));
        }
        if self.missed > 0 {
            failures.push(format!("the index was wrong about {} accounts", self.missed));
        }
        failures
    }
}

/// Puts together what was counted.
#[expect(
    clippy::too_many_arguments,
    reason = "it is called once, at the end of the drive, with all that was kept"
)]
pub(super) fn conclude(
    crash: &Crash,
    assumed: &Assumptions,
    sizes: Sizes,
    opened: &Opened,
    marks: &[Marks],
    moments: Vec<Moment>,
    broken: Option<String>,
    root: B256,
) -> Report {
    let venue = &opened.venue;
    let tick = assumed.tick_ms as f64 / 1_000.0;
    let rows = opened.places.iter().enumerate().map(|(number, place)| {
        let (at, marks): (&Happened, _) = (&venue.tally.markets[number], &marks[number]);
        Row {
            asset: crash.assets[number].name.clone(),
            class: place.params.class.name(),
            fall: 1.0 - marks.lowest / marks.first,
            interest: sizes.interest[number],
            volume: dollars(at.volume),
            forced: at.flow.ways().map(dollars),
            penalties: dollars(at.penalties),
            fund_paid: dollars(at.fund_paid),
            backstop_paid: dollars(at.backstop_paid),
            haircut: dollars(at.haircut),
            deficit: dollars(at.deficit),
            bankrupt: at.bankrupt,
            distance: marks.distance,
            uncertain: marks.uncertain as f64 * tick,
            batches: marks.batches as f64 * tick,
            breakers: venue.tally.breakers.of_market(place.id),
        }
    });
    let steps: Vec<u64> =
        venue.steps.iter().map(|step| u64::try_from(step.as_nanos()).unwrap_or(u64::MAX)).collect();
    let busy = &venue.busy;
    let waits = venue.watch.waits;
    let pools = opened.targets.iter().enumerate().map(|(number, target)| {
        let of_pool =
            opened.places.iter().zip(&crash.assets).filter(|(place, _)| usize::from(place.pool.0) == number);
        let (before, on_the_way) = (sizes.pools[number], moments.iter().map(|moment| moment.pools[number]));
        PoolRow {
            assets: of_pool.map(|(_, asset)| asset.name.clone()).collect(),
            target: *target,
            before,
            worst: on_the_way.fold(before, Reserves::worst),
            after: moments.last().map_or(before, |moment| moment.pools[number]),
        }
    });
    let pools = pools.collect();
    Report {
        crash: crash.name.clone(),
        from: crash.from,
        length: crash.to - crash.from,
        assumed: *assumed,
        rows: rows.collect(),
        liquidated: venue.tally.liquidated.len(),
        peak: venue.tally.by_second.values().map(|second| second.1).max().unwrap_or(0),
        peak_steps: venue.tally.by_second.values().map(|second| second.0).max().unwrap_or(0),
        lag: Spread::of(&venue.watch.lags),
        turn: Spread::of(&venue.watch.turns),
        span: Spread::of(&venue.watch.spans),
        levels: venue.watch.levels,
        waits: [waits.price, waits.pace, waits.taker, waits.turn].map(|looks| looks as f64),
        recovered: venue.watch.recovered,
        untouched: venue.watch.untouched(venue.now),
        audits: venue.watch.audits,
        missed: venue.watch.missed,
        step: Spread::of(&steps),
        ladder_ms: [busy.values().sum(), busy.values().copied().fold(0.0, f64::max)],
        rounds: venue.tally.rounds,
        refused: venue.tally.refused,
        inputs: venue.tally.inputs,
        pools,
        moments,
        sizes,
        broken,
        root,
    }
}
