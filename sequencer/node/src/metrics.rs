//! Metrics: one struct a component, made once and cloned; the doc comment of a field is its help text.

mod exchange;

use crate::pipeline::Record;
use ballast_bridge::demand::Standing;
use ballast_types::{Cover, Event, MarketId, Source, Status, limits::CAPACITY_ID};
pub(crate) use exchange::{
    backstop, capacity, causes, interest_target, margins, open_interest, open_interest_limit, peg,
    pending_changes, pool, pricing, settlement_lag,
};
use metrics::{Counter, Gauge, Histogram};
use std::{sync::Arc, time::Duration};

macro_rules! component {
    ($(#[$outer:meta])* $name:ident { $(#[doc = $help:literal] $kind:ident $field:ident $metric:literal,)* }) => {
        $(#[$outer])*
        #[derive(Clone)]
        pub struct $name {
            $(#[doc = $help] $field: component!(@type $kind),)*
        }

        impl $name {
            /// The component's metrics, described to the recorder that is installed.
            #[must_use]
            pub fn new() -> Self {
                $(component!(@describe $kind $metric $help);)*
                Self { $($field: component!(@make $kind $metric),)* }
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
    (@type counter) => { Counter };
    (@type gauge) => { Gauge };
    (@type histogram) => { Histogram };
    (@make counter $metric:literal) => { metrics::counter!($metric) };
    (@make gauge $metric:literal) => { metrics::gauge!($metric) };
    (@make histogram $metric:literal) => { metrics::histogram!($metric) };
    (@describe counter $metric:literal $help:literal) => { metrics::describe_counter!($metric, $help.trim()) };
    (@describe gauge $metric:literal $help:literal) => { metrics::describe_gauge!($metric, $help.trim()) };
    (@describe histogram $metric:literal $help:literal) => { metrics::describe_histogram!($metric, $help.trim()) };
}

// Below the macro that they are written with.
mod machine;
mod sequence;
mod what_if;
pub use machine::MachineMetrics;
pub use sequence::SequenceMetrics;
pub use what_if::WhatIfMetrics;

component! {
    /// Metrics of admission.
    AdmissionMetrics {
        /// Requests that got a place in the queue.
        counter taken "ballast_admission_requests_total",
        /// Requests refused because the queue was full.
        counter busy "ballast_admission_busy_total",
        /// Requests waiting in the queue.
        gauge waiting "ballast_admission_queue_requests",
    }
}

component! {
    /// Metrics of what is seen of L1.
    L1Metrics {
        /// When the exchange was frozen on L1, in Unix seconds; 0 while it is not.
        gauge frozen "ballast_l1_frozen_at_seconds",
        /// The first batch on L1 that somebody else posted in our place; 0 while there is none.
        gauge foreign "ballast_l1_foreign_batch",
    }
}

component! {
    /// Metrics of demands for inputs on L1.
    DemandMetrics {
        /// Demands for inputs that nobody has answered yet.
        gauge open "ballast_demands_open",
        /// When the first open demand for inputs is due, in Unix seconds; 0 while there is none. Its batch falls after that.
        gauge next_due "ballast_demands_next_due_seconds",
        /// Open demands whose chunk the journal does not have.
        gauge lacking "ballast_demands_lacking",
        /// Chunks that were sent to L1 since the start.
        gauge sent "ballast_demands_sent",
        /// Demands that were seen unanswered after they were due, since the start: their batches have fallen.
        gauge missed "ballast_demands_missed",
    }
}

component! {
    /// Metrics of the journal's writer.
    JournalMetrics {
        /// Write transactions that were made durable.
        counter commits "ballast_journal_commits_total",
        /// Inputs that were made durable.
        counter inputs "ballast_journal_inputs_total",
        /// Time of a durable write transaction.
        histogram seconds "ballast_journal_commit_seconds",
    }
}

component! {
    /// Metrics of the publisher.
    PublishMetrics {
        /// Last input that was told.
        gauge seq "ballast_publish_seq",
        /// Inputs that were told.
        counter inputs "ballast_publish_inputs_total",
        /// Events that were told.
        counter events "ballast_publish_events_total",
    }
}

component! {
    /// Metrics of the batcher.
    BatchMetrics {
        /// Last batch that was stored, ready to be posted.
        gauge index "ballast_batch_index",
        /// Bytes of the diffs that were stored.
        counter diff_bytes "ballast_batch_diff_bytes_total",
        /// Time from a seal to its stored batch.
        histogram seconds "ballast_batch_build_seconds",
    }
}

component! {
    /// Metrics of the RPC server.
    RpcMetrics {
        /// Connections that are open.
        gauge connections "ballast_rpc_connections",
        /// Connections refused because there were too many.
        counter refused "ballast_rpc_connections_refused_total",
        /// Requests that were answered.
        counter requests "ballast_rpc_requests_total",
        /// Clients dropped because they did not read.
        counter slow_clients "ballast_rpc_slow_clients_total",
        /// Subscriptions ended because the client lagged.
        counter lagging "ballast_rpc_lagging_subscriptions_total",
    }
}

component! {
    /// Metrics of commands that are sent again.
    ResubmissionMetrics {
        /// Commands that were in the log already and got the answer of the first.
        counter answered "ballast_rpc_resubmitted_total",
    }
}

impl AdmissionMetrics {
    pub(crate) fn taken(&self, waiting: usize) {
        self.taken.increment(1);
        self.waiting.set(waiting as f64);
    }

    pub(crate) fn refused_busy(&self) {
        self.busy.increment(1);
    }
}

impl L1Metrics {
    /// When the exchange was frozen, if it was.
    pub(crate) fn frozen(&self, at: Option<u64>) {
        self.frozen.set(at.unwrap_or_default() as f64);
    }

    /// The first batch that somebody else posted, if there is one.
    pub(crate) fn foreign(&self, first: Option<u64>) {
        self.foreign.set(first.unwrap_or_default() as f64);
    }
}

impl DemandMetrics {
    /// How the demands stand.
    pub(crate) fn saw(&self, standing: &Standing) {
        self.open.set(standing.open as f64);
        self.next_due.set(standing.next_due.unwrap_or_default() as f64);
        self.lacking.set(standing.lacking as f64);
        self.sent.set(standing.sent as f64);
        self.missed.set(standing.missed as f64);
    }
}

impl JournalMetrics {
    pub(crate) fn committed(&self, inputs: usize, took: Duration) {
        self.commits.increment(1);
        self.inputs.increment(inputs as u64);
        self.seconds.record(took.as_secs_f64());
    }
}

impl PublishMetrics {
    pub(crate) fn published(&self, records: &[Arc<Record>]) {
        if let Some(last) = records.last() {
            self.seq.set(last.input.seq.0 as f64);
            self.inputs.increment(records.len() as u64);
            self.events.increment(records.iter().map(|record| record.outcome.events.len() as u64).sum());
        }
        records.iter().for_each(|record| reported(record));
        for event in records.iter().flat_map(|record| &record.outcome.events) {
            price(event);
            liquidation(event);
        }
    }
}

impl BatchMetrics {
    pub(crate) fn stored(&self, index: u64, diff_bytes: usize, took: Duration) {
        self.index.set(index as f64);
        self.diff_bytes.increment(diff_bytes as u64);
        self.seconds.record(took.as_secs_f64());
    }
}

impl RpcMetrics {
    pub(crate) fn opened(&self) {
        self.connections.increment(1.0);
    }

    pub(crate) fn closed(&self) {
        self.connections.decrement(1.0);
    }

    pub(crate) fn refused(&self) {
        self.refused.increment(1);
    }

    pub(crate) fn answered(&self) {
        self.requests.increment(1);
    }

    pub(crate) fn slow_client(&self) {
        self.slow_clients.increment(1);
    }

    pub(crate) fn lagging(&self) {
        self.lagging.increment(1);
    }
}

impl ResubmissionMetrics {
    pub(crate) fn answered(&self) {
        self.answered.increment(1);
    }
}

/// Shows when a market's price was last told, so that silence can be seen.
fn reported(record: &Record) {
    let Source::Publisher { report, .. } = &record.input.source else { return };
    if record.outcome.status == Status::Accepted {
        let seconds = record.input.time.0 as f64 / 1e3;
        for told in report.prices.iter().filter(|told| told.market.0 < CAPACITY_ID) {
            let market = told.market.0.to_string();
            metrics::gauge!("ballast_market_reported_seconds", "market" => market).set(seconds);
        }
    }
}

/// Counts what the ladder does.
fn liquidation(event: &Event) {
    match *event {
        Event::Liquidated { level, .. } => {
            metrics::counter!("ballast_liquidations_total", "level" => level.to_string()).increment(1);
        }
        Event::TakenOver { market, .. } => {
            metrics::counter!("ballast_takeovers_total", "market" => market.0.to_string()).increment(1);
        }
        Event::Deleveraged { market, .. } => {
            metrics::counter!("ballast_deleveraged_total", "market" => market.0.to_string()).increment(1);
        }
        Event::PositionSettled { market, .. } => {
            metrics::counter!("ballast_positions_settled_total", "market" => market.0.to_string())
                .increment(1);
        }
        Event::PoolResolved { pool, ratio } => {
            metrics::gauge!("ballast_pool_ratio_ppb", "pool" => pool.0.to_string()).set(f64::from(ratio));
        }
        Event::DeficitCovered { by, amount, .. } => {
            let by = match by {
                Cover::Fund => "fund",
                Cover::Backstop => "backstop",
                Cover::Pool => "pool",
                Cover::Fees => "fees",
            };
            let amount = amount.0.unsigned_abs();
            metrics::counter!("ballast_deficit_micro_usdc_total", "by" => by).increment(amount);
        }
        Event::GainsCut { paid, .. } => {
            metrics::counter!("ballast_gains_cut_micro_usdc_total").increment(paid.0.unsigned_abs());
        }
        Event::CollateralSold { asset, proceeds, .. } => {
            metrics::counter!("ballast_collateral_sold_micro_usdc_total", "asset" => asset.0.to_string())
                .increment(proceeds.0.unsigned_abs());
        }
        _ => {}
    }
}

/// Shows prices and modes of markets.
fn price(event: &Event) {
    let gauge = |name: &'static str, market: MarketId, value: f64| {
        metrics::gauge!(name, "market" => market.0.to_string()).set(value);
    };
    match *event {
        Event::PriceUpdated { market, index, mark, oracle } => {
            gauge("ballast_market_index_ticks", market, index.0 as f64);
            gauge("ballast_market_mark_ticks", market, mark.0 as f64);
            gauge("ballast_market_oracle_state", market, f64::from(oracle as u8));
        }
        Event::ModeChanged { market, mode, initial_factor, .. } => {
            gauge("ballast_market_mode", market, f64::from(mode as u8));
            gauge("ballast_market_initial_factor_ppm", market, f64::from(initial_factor.0));
        }
        Event::FundingAccrued { market, rate, .. } => {
            gauge("ballast_market_funding_rate_ppb", market, rate as f64);
        }
        _ => {}
    }
}
