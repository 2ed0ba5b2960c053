//! What the guardian says of markets (protocol, "Modes", "Guardian").

use ballast_types::{
    Address, Causes, Event, GuardianCommand, MarketMode, RejectCode, Restrict,
    limits::{MAX_REPORT_AGE_MS, MAX_REPORT_LEAD_MS, MAX_RESTRICTED_AHEAD_MS},
};

use crate::{
    exchange::{Answer, Exchange},
    numbers::{refuse, refuse_plainly},
};

impl Exchange {
    /// A command of the guardian.
    pub(crate) fn guardian(&mut self, signer: Option<Address>, command: &GuardianCommand) -> Answer {
        let Some(signer) = signer else {
            return refuse_plainly(RejectCode::BadSignature);
        };
        if self.guardian == Address::ZERO || signer != self.guardian {
            return refuse_plainly(RejectCode::UnknownGuardian);
        }
        let GuardianCommand::Restrict(Restrict { market, mode, until, time }) = *command;
        let now = self.time.0;
        if time.0 > now + MAX_REPORT_LEAD_MS {
            return refuse(RejectCode::ReportFromFuture, time.0, now + MAX_REPORT_LEAD_MS);
        }
        if time.0 + MAX_REPORT_AGE_MS < now {
            return refuse(RejectCode::ReportTooOld, time.0, now - MAX_REPORT_AGE_MS);
        }
        if time <= self.guardian_time {
            return refuse(RejectCode::ReportTooOld, time.0, self.guardian_time.0);
        }
        self.check_market(market)?;
        self.check_not_settled(market)?;
        if matches!(mode, MarketMode::Normal | MarketMode::Settled) {
            return refuse(RejectCode::InvalidOption, mode as u8, 0);
        }
        if until.0 > now + MAX_RESTRICTED_AHEAD_MS {
            return refuse(RejectCode::InvalidTime, until.0, now + MAX_RESTRICTED_AHEAD_MS);
        }
        self.guardian_time = time;
        match mode {
            MarketMode::Normal | MarketMode::Settled | MarketMode::Batches => {
                self.market_mut(market).batch_until = until;
            }
            MarketMode::ReduceOnly => self.market_mut(market).reduce_until = until,
            MarketMode::Halt => self.halt(market, Causes::GUARDIAN, until),
        }
        let restricted = Event::Restricted(Restrict { market, mode, until, time });
        Ok([Some(restricted), self.tell_mode(market)].into_iter().flatten().collect())
    }
}
