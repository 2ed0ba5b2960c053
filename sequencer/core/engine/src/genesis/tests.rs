use alloc::vec;

use ballast_types::Address;

use crate::{
    Exchange, GenesisConfig, GenesisError, invariants,
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
    assert_eq!(error(|c| c.markets.clear()), GenesisError::Markets(0));
    assert!(matches!(error(|c| c.markets[1].kappa = 7), GenesisError::Market { .. }));
    assert!(matches!(
        error(|c| c.markets[1] = bitcoin()),
        GenesisError::Market { rule: "symbol: listed twice", .. }
    ));
}
