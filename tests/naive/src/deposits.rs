//! Money from L1 (protocol, "Deposits").

use ballast_types::{
    AccountId, Address, AssetId, Event, L1Payload, PoolId, Quote, RejectCode, Rejection,
    limits::{FUND_ACCOUNT, MAX_ACCOUNTS, MAX_WITHDRAWALS_PER_BATCH, NEW_ACCOUNT},
};

use crate::{
    account::Account,
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, is_money, refuse, refuse_plainly},
    resolution::Stage,
};

impl Exchange {
    pub(crate) fn deposit(
        &mut self,
        asset: AssetId,
        owner: Address,
        named: AccountId,
        amount: Quote,
    ) -> Answer {
        if asset != AssetId::USDC {
            return self.deposit_in_kind(asset, owner, named, amount);
        }
        self.check_deposit(amount, owner, named)?;
        let (u, now) = (i128::from(amount.0), self.time);
        if let Some(pool) = self.fund_named(named) {
            self.pool_mut(pool).credited += u;
            self.pool_mut(pool).gift(now, u);
            return Ok(vec![Event::FundDeposited { owner, amount, pool }]);
        }
        let pool = self.pool_to_credit(owner, named, u);
        let event = match self.account_to_credit(owner, named, u) {
            Some(id) => {
                self.account_mut(id).cash += u;
                if let Stage::Resolved(_) = self.pool_of(id).stage {
                    let pool = self.pool_of_mut(id);
                    pool.debts = (pool.debts - u).max(0);
                }
                Event::Deposited { account: id, owner, asset, amount, opened: false }
            }
            None if self.can_open() => {
                let id = AccountId(u32::try_from(self.accounts.len()).expect("checked: at most 2^28"));
                let mut account = Account::new(owner);
                account.cash = u;
                self.accounts.push(account);
                self.begin_paced(id);
                Event::Deposited { account: id, owner, asset, amount, opened: true }
            }
            None => {
                self.pool_mut(pool).withdrawn += u;
                self.next_withdrawal(None, AccountId(NEW_ACCOUNT), owner, (asset, amount))
            }
        };
        self.pool_mut(pool).credited += u;
        Ok(vec![event])
    }

    /// Whether the deposit would have to go back at once, and the open batch takes no more withdrawals.
    pub(crate) fn deposit_must_wait(&self, payload: &L1Payload) -> bool {
        let L1Payload::Deposit { asset, owner, account, amount } = payload else { return false };
        if *asset != AssetId::USDC {
            return self.kind_must_wait((*asset, *amount), *owner, *account);
        }
        self.check_deposit(*amount, *owner, *account).is_ok()
            && self.goes_back(*owner, *account, i128::from(amount.0))
            && self.batch_withdrawals >= MAX_WITHDRAWALS_PER_BATCH
    }

    fn check_deposit(&self, amount: Quote, owner: Address, named: AccountId) -> Result<(), Rejection> {
        let u = i128::from(amount.0);
        if !(1..=MAX_MONEY).contains(&u) {
            return refuse(RejectCode::InvalidAmount, u, MAX_MONEY);
        }
        let pool = self.pool(self.pool_to_credit(owner, named, u));
        if !is_money(pool.credited + u) || self.goes_back(owner, named, u) && !is_money(pool.withdrawn + u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        Ok(())
    }

    fn can_open(&self) -> bool {
        self.accounts.len() < MAX_ACCOUNTS as usize && !self.pool(PoolId(0)).is_ending()
    }

    /// The pool to whose fund the deposit is given.
    fn fund_named(&self, named: AccountId) -> Option<PoolId> {
        let ids = self.pool_ids().into_iter().filter(|pool| !self.pool(*pool).is_ending());
        ids.into_iter().find(|pool| named.0 == FUND_ACCOUNT - u32::from(pool.0))
    }

    /// The pool to which the deposit goes: that of the fund or of the account, or the first.
    fn pool_to_credit(&self, owner: Address, named: AccountId, u: i128) -> PoolId {
        let of_account = || self.account_to_credit(owner, named, u).map(|id| self.account(id).pool);
        self.fund_named(named).or_else(of_account).unwrap_or(PoolId(0))
    }

    /// Whether nobody can be credited and no account opened.
    fn goes_back(&self, owner: Address, named: AccountId, u: i128) -> bool {
        self.fund_named(named).is_none()
            && self.account_to_credit(owner, named, u).is_none()
            && !self.can_open()
    }

    /// The account that is named, when it is the owner's and can hold so much.
    fn account_to_credit(&self, owner: Address, named: AccountId, u: i128) -> Option<AccountId> {
        let account = self.accounts.get(named.0 as usize)?;
        let pays_debt = account.cash < 0 && account.cash + u <= 0;
        let takes = match self.pool(account.pool).stage {
            Stage::Open => true,
            Stage::Settling(_) => false,
            Stage::Resolved(_) => pays_debt,
        };
        (takes && account.owner == owner && is_money(account.cash + u)).then_some(named)
    }
}
