//! Back-tests of the expected shortfall of `ballast-risk`, with its very functions, on recorded prices (risk.md 4.9, T1
//! to T8 and T10, one factor stand-alone).
//!
//! [`candles`] reads prices, [`walk`] forecasts each step of a series before it looks at it, [`figures`] counts what
//! came of the forecasts, [`gates`] judges the counts, [`table`] prints them.

pub mod acerbi_szekely;
pub mod candles;
pub mod christoffersen;
pub mod figures;
pub mod gates;
pub mod kupiec;
pub mod reference;
pub mod report;
pub mod stress_hours;
pub mod table;
pub mod walk;

pub use report::{Report, Row, run};
