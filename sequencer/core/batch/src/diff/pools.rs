//! Pools in a diff.

use alloc::vec::Vec;
use ballast_state::{Pacing, Pause, Pool, Protection, Resolution, Section, Stage};
use ballast_types::{AccountId, Millis, PoolId, Quote, limits::RATIO_WHOLE};

use super::{
    Changed, DiffError, Previous,
    coder::Coder,
    section::{self, Base, Fields, Guess, Part},
};

const FIELDS: usize = 11;

pub(super) fn code(
    coder: &mut impl Coder,
    told: Option<&[Changed<Pool>]>,
    previous: &mut impl Previous,
) -> Result<Vec<Changed<Pool>>, DiffError> {
    let (mut protections, mut pacings) = (Part::default(), Part::default());
    let mut fields = Fields::new([Guess::Stays; FIELDS]);
    section::code(
        coder,
        told,
        (Section::Pools, previous),
        |previous, id| previous.pool(PoolId(id)),
        |coder, _, before, after| {
            let none = Pool::default();
            let old = if before.is_new() { Base::Was(&none) } else { before };
            let protection = protections.code(
                coder,
                before.part(|pool| &pool.protection),
                after.map(|pool| &pool.protection),
            )?;
            let numbers =
                fields.code(coder, old.known().map(numbers).as_ref(), after.map(numbers).as_ref())?;
            let pacing =
                pacings.code(coder, old.part(|pool| &pool.pacing), after.map(|pool| &pool.pacing))?;
            match (protection, pacing) {
                (Some(protection), Some(pacing)) => pool(numbers, protection, pacing).map(Some),
                _ => Ok(None),
            }
        },
    )
}

fn numbers(pool: &Pool) -> [u64; FIELDS] {
    let Pool { credited, withdrawn, fees, fund, deficit, transferred, debts, resolution, pause, .. } = pool;
    let [credited, withdrawn, fees, fund, deficit, transferred, debts] =
        [credited, withdrawn, fees, fund, deficit, transferred, debts].map(|amount| amount.0.cast_unsigned());
    let [owes, since, until] = [resolution.owes_since, pause.since, pause.until].map(|time| time.0);
    let stage = number_of(resolution.stage);
    [credited, withdrawn, fees, fund, deficit, transferred, debts, owes, stage, since, until]
}

fn pool(fields: [u64; FIELDS], protection: Protection, pacing: Pacing) -> Result<Pool, DiffError> {
    let [amounts @ .., owes, stage, since, until] = fields;
    let [credited, withdrawn, fees, fund, deficit, transferred, debts] =
        amounts.map(|amount| Quote(amount.cast_signed()));
    let resolution = Resolution { owes_since: Millis(owes), stage: stage_of(stage)? };
    let pause = Pause { since: Millis(since), until: Millis(until) };
    let ledger = Pool { credited, withdrawn, fees, fund, deficit, transferred, debts, ..Pool::default() };
    Ok(Pool { protection, pacing, resolution, pause, ..ledger })
}

/// Of the stages the numbers from here on are ratios; below it, from 1 on, accounts; 0 is none.
const RATIOS: u64 = 1 << 33;

fn number_of(stage: Stage) -> u64 {
    match stage {
        Stage::Open => 0,
        Stage::Settling { next } => 1 + u64::from(next.0),
        Stage::Resolved { ratio } => RATIOS + u64::from(ratio),
    }
}

fn stage_of(number: u64) -> Result<Stage, DiffError> {
    let part = |number: u64| u32::try_from(number).map_err(|_| DiffError::Value);
    if let Some(ratio) = number.checked_sub(RATIOS) {
        let ratio = part(ratio).ok().filter(|ratio| *ratio <= RATIO_WHOLE).ok_or(DiffError::Value)?;
        return Ok(Stage::Resolved { ratio });
    }
    number.checked_sub(1).map_or(Ok(Stage::Open), |next| Ok(Stage::Settling { next: AccountId(part(next)?) }))
}
