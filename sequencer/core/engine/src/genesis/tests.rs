use alloc::{format, vec, vec::Vec};

use ballast_types::{Address, AssetParams, MarketId, MarketParams, PoolId, Quote, Units};

use crate::{
    Exchange, GenesisConfig, GenesisError, History, ProtectionConfig, invariants,
    world::{altcoin, bitcoin, config},
};

fn error(change: impl FnOnce(&mut GenesisConfig)) -> GenesisError {
    let mut config = config(vec![bitcoin(), altcoin()]);
    change(&mut config);
    Exchange::genesis(&config).err().expect("refused")
}

#[test]
fn a_genesis_keeps_every_invariant() {
    let x = Exchange::genesis(&config(vec![bitcoin(), altcoin()])).expect("good");
    assert_eq!(invariants::check(&x), Ok(()));
    assert_eq!((x.state.chain.seq.0, x.state.chain.batch.0, x.state.chain.markets), (0, 1, 2));
}

#[test]
fn rules_are_named() {
    assert_eq!(error(|c| c.exchange = Address::ZERO), GenesisError::Exchange);
    assert_eq!(error(|c| c.publishers.clear()), GenesisError::Publishers(0));
    assert_eq!(error(|c| c.publishers = vec![Address::repeat_byte(1); 17]), GenesisError::Publishers(17));
    assert_eq!(error(|c| c.publishers[1] = Address::ZERO), GenesisError::Publisher(Address::ZERO));
    let twice = |c: &mut GenesisConfig| c.publishers[1] = c.publishers[0];
    assert!(matches!(error(twice), GenesisError::Publisher(_)));
    for quorum in [0, 1, 4] {
        assert_eq!(error(|c| c.quorum = quorum), GenesisError::Quorum { quorum, publishers: 3 });
    }
    assert_eq!(error(|c| c.pools.clear()), GenesisError::Pools(0));
    assert_eq!(error(|c| c.pools = vec![ProtectionConfig::default(); 17]), GenesisError::Pools(17));
    assert_eq!(error(|c| c.pools[0].fund_target.0 = -1), GenesisError::FundTarget(Quote(-1)));
    assert!(matches!(
        error(|c| c.markets[1].pool = PoolId(1)),
        GenesisError::Market { rule: "pool: not listed", .. }
    ));
    assert_eq!(error(|c| c.markets.clear()), GenesisError::Markets(0));
    assert!(matches!(error(|c| c.markets[1].params.kappa = 7), GenesisError::Market { .. }));
    assert!(matches!(
        error(|c| c.markets[1] = bitcoin().into()),
        GenesisError::Market { rule: "symbol: listed twice", .. }
    ));
}

#[test]
fn assets_are_few_and_have_a_name_and_a_minimum_of_their_own() {
    let asset = |symbol: &str, minimum| AssetParams {
        symbol: symbol.into(),
        minimum: Units(minimum),
        collateral: None,
    };
    let seven: Vec<_> = (0..7_u8).map(|n| asset(&format!("A{n}"), 1 + u64::from(n))).collect();
    let begin = GenesisConfig { assets: seven.clone(), ..config(vec![bitcoin()]) };
    let x = Exchange::genesis(&begin).expect("good");
    assert_eq!(invariants::check(&x), Ok(()));
    assert_eq!((&x.state.genesis.assets, x.state.chain.custody.len()), (&seven, 7));
    let eight = [seven, vec![asset("A7", 1)]].concat();
    assert_eq!(error(|c| c.assets = eight), GenesisError::Assets(8));
    let refused = |listed: Vec<AssetParams>, rule| {
        let symbol = listed.last().expect("there is one").symbol.clone();
        assert_eq!(error(|c| c.assets = listed), GenesisError::Asset { symbol, rule });
    };
    refused(vec![asset("ETH", 1), asset("", 1)], "symbol: 1 to 16 ASCII bytes");
    refused(vec![asset("ETH", 0)], "minimum: 1 to 2^60");
    refused(vec![asset("ETH", 1), asset("ETH", 2)], "symbol: listed twice");
    refused(vec![asset("USDC", 1)], "symbol: listed twice");
}

#[test]
fn histories_are_those_of_markets_that_follow_their_index() {
    let begin = |change: &dyn Fn(&mut History)| {
        let mut config = config(vec![bitcoin(), MarketParams { shortfall: true, ..altcoin() }]);
        let mut history = History { market: MarketId(1), hour: 3, returns: vec![1, 2, 3], stress: vec![] };
        change(&mut history);
        config.histories = vec![history];
        Exchange::genesis(&config)
    };
    assert_eq!(invariants::check(&begin(&|_| ()).expect("good")), Ok(()));
    let wrong: [&dyn Fn(&mut History); 6] = [
        &|it| it.market = MarketId(0),
        &|it| it.market = MarketId(2),
        &|it| it.hour = 2,
        &|it| it.returns[1] = 3_000_000_001,
        &|it| it.stress = vec![0; 261],
        &|it| (it.hour, it.returns) = (9_000, vec![0; 8_761]),
    ];
    for change in wrong {
        assert!(matches!(begin(change).err(), Some(GenesisError::History { .. })));
    }
}
