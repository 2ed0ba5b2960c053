//! An anvil with freshly deployed contracts.

use alloy::{
    network::EthereumWallet,
    node_bindings::{Anvil, AnvilInstance},
    primitives::{Address, B256, U256},
    providers::{DynProvider, Provider, ProviderBuilder, ext::AnvilApi},
    signers::local::PrivateKeySigner,
};
use ballast_batch::BatchHeader;
use ballast_bridge::{
    Deployment,
    bindings::{
        DataDemand, DisputeGame, Escape, Governance, Inbox, RiscvStep, Rollup, SequencerBond, StressClock,
        TestToken, Vault, Withdrawals,
    },
};
use std::path::{Path, PathBuf};

/// The program that judges batches.
pub(crate) const PROGRAM: B256 = B256::repeat_byte(0x99);
/// Challenge window, in seconds.
pub(crate) const WINDOW: u64 = 60;

/// What a forced request costs while none is open, in wei; well above the gas to get it back. Ten open ones double it.
pub(crate) const BASE_FEE: u64 = 1_000_000_000_000_000;
/// What one costs at most.
pub(crate) const MAX_FEE: u64 = 100 * BASE_FEE;
/// Seconds until a forced request is late.
pub(crate) const REFUND_AFTER: u64 = 60;
/// Seconds until one that was passed over, or silence, lets anybody freeze the exchange.
pub(crate) const DEADLINE: u64 = 7_200;
/// Wei that go with an escape claim.
pub(crate) const BOND: u64 = 1_000_000_000_000_000_000;
/// Wei that the sequencer loses when it breaks a promise.
pub(crate) const SEQUENCER_BOND: u64 = 4_000_000_000_000_000_000;
/// By what the stress of L1 is measured.
pub(crate) const STRESS: StressClock::StressTerms =
    StressClock::StressTerms { minBaseFee: 20_000_000_000, multiple: 8, interval: 600, referenceStep: 16 };
/// Wei that go with a demand for inputs.
pub(crate) const DEMAND_BOND: u64 = 200_000_000_000_000_000;
/// Wei that go with a claim in a dispute.
const DISPUTE_BOND: u64 = 100_000_000_000_000_000;
/// Seconds in which a chunk that was demanded has to be shown.
pub(crate) const DEMAND_DEADLINE: u64 = 30;
/// Seconds in which what was shown can be looked at.
pub(crate) const DEMAND_REVIEW: u64 = 30;
/// What the deployment tells of the genesis state.
pub(crate) const GENESIS_DATA: &[u8] = b"genesis";

/// The header before the first batch.
pub(crate) fn genesis() -> BatchHeader {
    BatchHeader::of_genesis([B256::ZERO; 7], GENESIS_DATA)
}

pub(crate) struct Network {
    anvil: AnvilInstance,
    provider: DynProvider,
    pub(crate) deployment: Deployment,
}

impl Network {
    /// Starts anvil under Osaka and deploys everything: account 0 deploys, 1 is the sequencer, 2 a user.
    pub(crate) async fn start() -> Self {
        Self::start_with(&genesis(), GENESIS_DATA).await
    }

    /// The same with a genesis state.
    pub(crate) async fn start_with(header: &BatchHeader, data: &[u8]) -> Self {
        let anvil = Anvil::at(anvil_path()).args(["--hardfork", "osaka"]).try_spawn().expect("anvil starts");
        let wallet = anvil.wallet().expect("anvil has keys");
        // Reorganisations take nonces back, so none are remembered.
        let provider = ProviderBuilder::new()
            .with_simple_nonce_management()
            .wallet::<EthereumWallet>(wallet)
            .connect_http(anvil.endpoint_url())
            .erased();
        let deployment = deploy(&provider, anvil.addresses()[0], anvil.addresses()[1], (header, data)).await;
        Self { anvil, provider, deployment }
    }

    pub(crate) fn url(&self) -> String {
        self.anvil.endpoint()
    }

    pub(crate) fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// Of who deployed, and owns the sequencer's bond.
    pub(crate) fn deployer_key(&self) -> PrivateKeySigner {
        self.anvil.keys()[0].clone().into()
    }

    pub(crate) fn sequencer(&self) -> Address {
        self.anvil.addresses()[1]
    }

    pub(crate) fn sequencer_key(&self) -> PrivateKeySigner {
        self.anvil.keys()[1].clone().into()
    }

    pub(crate) fn user(&self) -> Address {
        self.anvil.addresses()[2]
    }

    pub(crate) fn user_key(&self) -> PrivateKeySigner {
        self.anvil.keys()[2].clone().into()
    }

    pub(crate) async fn balance(&self, owner: Address) -> U256 {
        self.provider.get_balance(owner).await.expect("a balance")
    }

    /// Lets so many seconds pass.
    pub(crate) async fn pass(&self, seconds: u64) {
        self.provider.anvil_increase_time(seconds).await.expect("time passes");
        self.mine(1).await;
    }

    pub(crate) async fn mine(&self, blocks: u64) {
        self.provider.anvil_mine(Some(blocks), None).await.expect("blocks");
    }
}

fn anvil_path() -> PathBuf {
    let shipped = "../contracts/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil";
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&on_path).map(|dir| dir.join("anvil")).find(|path| path.is_file());
    let path = found.unwrap_or(shipped);
    assert!(path.is_file(), "anvil is neither on PATH nor at {}: run `npm ci` in contracts/", path.display());
    path
}

/// Deploys as `contracts/script/System.sol` does: the contracts name each other by addresses known beforehand.
async fn deploy(
    provider: &DynProvider,
    deployer: Address,
    sequencer: Address,
    (header, data): (&BatchHeader, &[u8]),
) -> Deployment {
    let token = TestToken::deploy_builder(provider, "USDC".to_owned(), 6)
        .from(deployer)
        .deploy()
        .await
        .expect("the token");
    let machine = RiscvStep::deploy_builder(provider).from(deployer).deploy().await.expect("the machine");
    let clock =
        StressClock::deploy_builder(provider, STRESS).from(deployer).deploy().await.expect("the clock");
    let delay = U256::from(2 * (WINDOW + DEADLINE));
    let deploy = Governance::deploy_builder(provider, delay, delay, deployer).from(deployer);
    let governance = deploy.deploy().await.expect("governance");
    let nonce = provider.get_transaction_count(deployer).await.expect("a nonce");
    let [data_demand, rollup, vault, withdrawals, escape] =
        [2, 3, 4, 5, 6].map(|i| deployer.create(nonce + i));
    let dispute = DisputeGame::DisputeTerms {
        memoryRoot: PROGRAM,
        entry: 0,
        bond: U256::from(DISPUTE_BOND),
        defence: WINDOW,
        budget: WINDOW,
    };
    let deploy =
        DisputeGame::deploy_builder(provider, rollup, data_demand, escape, machine, dispute).from(deployer);
    let dispute_game = deploy.deploy().await.expect("the dispute game");
    let forced = Inbox::ForcedTerms {
        baseFee: BASE_FEE,
        feeStep: 10,
        refundAfter: REFUND_AFTER,
        feeRecipient: Address::repeat_byte(0xfe),
        maxFee: MAX_FEE,
    };
    let deploy = Inbox::deploy_builder(provider, vault, rollup, governance, forced).from(deployer);
    let inbox = deploy.deploy().await.expect("the inbox");
    let demand = DataDemand::DemandTerms {
        bond: U256::from(DEMAND_BOND),
        deadline: DEMAND_DEADLINE,
        review: DEMAND_REVIEW,
    };
    let deploy = DataDemand::deploy_builder(provider, rollup, dispute_game, demand).from(deployer);
    assert_eq!(deploy.deploy().await.expect("the data demands"), data_demand);
    let terms = Rollup::RollupTerms {
        sequencer,
        challengeWindow: WINDOW,
        forcedDeadline: DEADLINE,
        programHash: PROGRAM,
        clock,
        verdict: data_demand,
    };
    let (header, data) = (header.into(), data.to_vec().into());
    let deploy = Rollup::deploy_builder(provider, inbox, terms, header, data).from(deployer);
    assert_eq!(deploy.deploy().await.expect("the rollup"), rollup);
    let listings = vec![Vault::AssetListing { token, minDeposit: 1_000_000 }];
    let deploy = Vault::deploy_builder(provider, listings, inbox, withdrawals, escape).from(deployer);
    assert_eq!(deploy.deploy().await.expect("the vault"), vault);
    let deploy = Withdrawals::deploy_builder(provider, rollup, vault).from(deployer);
    assert_eq!(deploy.deploy().await.expect("the withdrawals contract"), withdrawals);
    let deploy = Escape::deploy_builder(provider, rollup, vault, U256::from(BOND)).from(deployer);
    assert_eq!(deploy.deploy().await.expect("the escape"), escape);
    let terms = SequencerBond::BondTerms {
        signer: sequencer,
        owner: deployer,
        minimum: U256::from(SEQUENCER_BOND),
        leaveDelay: 2 * (WINDOW + DEADLINE),
    };
    let deploy = SequencerBond::deploy_builder(provider, rollup, terms).from(deployer);
    let bond = deploy.value(U256::from(SEQUENCER_BOND)).deploy().await.expect("the sequencer's bond");
    Deployment {
        chain_id: 31_337,
        deploy_block: 0,
        token,
        vault,
        inbox,
        rollup,
        withdrawals,
        escape,
        data_demand,
        dispute_game,
        governance,
        bond: Some(bond),
    }
}
