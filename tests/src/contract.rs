//! The machine of a dispute in Solidity, as it would be deployed, in an EVM without a chain.

use alloy::{
    primitives::{Address, B256, Bytes},
    sol,
    sol_types::SolCall,
};
use ballast_vm::{LeapWitness, MachineState};
use revm::{
    Context, ExecuteEvm, MainBuilder, MainContext, MainnetEvm,
    bytecode::Bytecode,
    context::TxEnv,
    database::{CacheDB, EmptyDB},
    handler::MainnetContext,
    primitives::{TxKind, hardfork::SpecId},
    state::AccountInfo,
};

sol!(RiscvStep, "../contracts/artifacts/RiscvStep.json");

/// Where the contract stands.
const CONTRACT: Address = Address::repeat_byte(0x57);
/// The most gas that one transaction may have.
const GAS: u64 = 1 << 24;

/// An EVM with the contract in it.
#[allow(missing_debug_implementations, reason = "the EVM has none that is of use")]
pub struct Contract(MainnetEvm<MainnetContext<CacheDB<EmptyDB>>>);

impl Contract {
    /// The contract of `contracts/artifacts`.
    #[must_use]
    pub fn deployed() -> Self {
        let mut accounts = CacheDB::new(EmptyDB::default());
        let code = Bytecode::new_raw(RiscvStep::DEPLOYED_BYTECODE.clone());
        accounts.insert_account_info(CONTRACT, AccountInfo::default().with_code(code));
        let evm = Context::mainnet()
            .with_db(accounts)
            .modify_cfg_chained(|cfg| cfg.set_spec_and_mainnet_gas_params(SpecId::OSAKA))
            .build_mainnet();
        Self(evm)
    }

    /// The state hash after the leap that begins in `before`, in one transaction.
    ///
    /// # Panics
    /// When the contract refuses the witness, or a transaction cannot hold the leap.
    pub fn leap(&mut self, before: &MachineState, witness: &LeapWitness) -> B256 {
        self.measured(before, witness).0
    }

    /// The same, with the gas of the transaction, its calldata included.
    ///
    /// # Panics
    /// As [`Self::leap`].
    pub fn measured(&mut self, before: &MachineState, witness: &LeapWitness) -> (B256, u64) {
        let transaction = TxEnv::builder()
            .kind(TxKind::Call(CONTRACT))
            .data(calldata(before, witness).into())
            .gas_limit(GAS)
            .gas_price(0)
            .build()
            .expect("it is a transaction");
        let result = self.0.transact(transaction).expect("the EVM takes it").result;
        assert!(result.is_success(), "{result:?}");
        let gas = result.tx_gas_used();
        let hash = RiscvStep::leapCall::abi_decode_returns(&result.into_output().unwrap_or_default());
        (hash.expect("it is a hash"), gas)
    }
}

/// The calldata of a leap that reads no field element.
#[must_use]
pub fn calldata(before: &MachineState, witness: &LeapWitness) -> Vec<u8> {
    RiscvStep::leapCall { state: state(before), witness: shown(witness) }.abi_encode()
}

fn state(state: &MachineState) -> RiscvStep::MachineState {
    RiscvStep::MachineState {
        memoryRoot: state.memory_root,
        pc: state.pc,
        cycle: state.cycle,
        halted: state.halted,
        exitCode: state.exit_code,
        x: state.x,
    }
}

/// Of a leap that reads no field element: openings are for whoever has the blob.
fn shown(witness: &LeapWitness) -> RiscvStep::LeapWitness {
    RiscvStep::LeapWitness {
        indexes: witness.indexes.clone(),
        leaves: witness.leaves.iter().copied().map(B256::from).collect(),
        siblings: witness.siblings.clone(),
        preimage: witness.preimage.clone(),
        opening: Bytes::new(),
    }
}
