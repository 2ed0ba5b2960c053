//! Which markets may be in one pool (risk.md 8.1).

use super::{ClassFile, MarketFile};

/// Whether every market of class C has a pool of its own, and not the first: what is lost there is nobody else's.
///
/// # Errors
/// What is wrong with the first that has none.
pub(super) fn check(markets: &[MarketFile]) -> Result<(), String> {
    let shares = |one: &MarketFile| markets.iter().filter(|other| other.pool == one.pool).count() > 1;
    let is_wrong =
        |market: &&MarketFile| market.class == ClassFile::C && (market.pool == 0 || shares(market));
    let wrong = markets.iter().find(is_wrong);
    wrong.map_or(Ok(()), |MarketFile { symbol, pool, .. }| {
        Err(format!("market {symbol}, of class C, is in pool {pool}: it needs one of its own, other than 0"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ClassFile::{A, B, C};

    fn markets(listed: &[(ClassFile, u16)]) -> Vec<MarketFile> {
        let text = r#"
            symbol = "ONE-USD"
            price_decimals = 1
            size_decimals = 5
            initial_margin = 40000
            maintenance_margin = 20000
            fees = [{ volume = 0, taker = 350, maker = 100 }]
            order_band = 50000
            gain_weight_initial = 0
            gain_weight_withdrawal = 0
            class = "A"
            impact_notional = 20000000000
        "#;
        let market: MarketFile = toml::from_str(text).expect("a market");
        listed.iter().map(|&(class, pool)| MarketFile { class, pool, ..market.clone() }).collect()
    }

    #[test]
    fn a_risky_market_has_a_pool_of_its_own() {
        for sound in [&[(A, 0), (B, 0), (C, 1), (C, 2)][..], &[(A, 1), (B, 1)], &[]] {
            assert_eq!(check(&markets(sound)), Ok(()));
        }
        for wrong in [&[(C, 0)][..], &[(A, 0), (C, 1), (B, 1)], &[(C, 1), (C, 1)]] {
            let why = check(&markets(wrong)).expect_err("it is in one with others");
            assert!(why.contains("of class C"), "{why}");
        }
    }
}
