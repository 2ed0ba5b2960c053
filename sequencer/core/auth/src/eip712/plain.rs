//! Commands without steps, reports and what the guardian says, as the structs that are signed.

use super::{GrantSession, PriceReport, ReportedPrice, Restrict, RevokeSession, Transfer, Withdraw};
use alloc::vec::Vec;
use ballast_types::{command, guardian};

impl From<&command::GrantSession> for GrantSession {
    fn from(command: &command::GrantSession) -> Self {
        Self {
            account: command.account.0,
            nonce: command.nonce.0,
            expires: command.expires.0,
            key: command.key,
            validUntil: command.valid_until.0,
            scope: command.scope,
        }
    }
}

impl From<&command::RevokeSession> for RevokeSession {
    fn from(command: &command::RevokeSession) -> Self {
        Self {
            account: command.account.0,
            nonce: command.nonce.0,
            expires: command.expires.0,
            key: command.key,
        }
    }
}

impl From<&command::Withdraw> for Withdraw {
    fn from(command: &command::Withdraw) -> Self {
        Self {
            account: command.account.0,
            nonce: command.nonce.0,
            expires: command.expires.0,
            asset: command.asset.0,
            // Bit for bit: a negative amount becomes one above 2^63, never another valid amount.
            amount: command.amount.0.cast_unsigned(),
            recipient: command.recipient,
        }
    }
}

impl From<&command::Transfer> for Transfer {
    fn from(command: &command::Transfer) -> Self {
        Self {
            account: command.account.0,
            nonce: command.nonce.0,
            expires: command.expires.0,
            to: command.to.0,
            pool: command.pool.0,
            // Bit for bit, as in a withdrawal.
            amount: command.amount.0.cast_unsigned(),
        }
    }
}

impl From<&command::PriceReport> for PriceReport {
    fn from(report: &command::PriceReport) -> Self {
        let prices = report.prices.iter();
        Self {
            publisher: report.publisher,
            time: report.time.0,
            prices: prices
                .map(|quoted| ReportedPrice {
                    market: quoted.market.0,
                    price: quoted.price.0,
                    // A price of 0 is none: the engine refuses it where it is given.
                    perp: quoted.perp.map_or(0, |perp| perp.0),
                    confidence: quoted.confidence.0,
                })
                .collect::<Vec<_>>(),
        }
    }
}

impl From<&guardian::Restrict> for Restrict {
    fn from(command: &guardian::Restrict) -> Self {
        Self {
            market: command.market.0,
            mode: command.mode as u8,
            until: command.until.0,
            time: command.time.0,
        }
    }
}
