//! Money from L1 (protocol, "Deposits").

use ballast_types::{
    AccountId, Address, AssetId, Event, L1Payload, Quote, RejectCode, Rejection,
    limits::{FUND_ACCOUNT, MAX_ACCOUNTS, MAX_WITHDRAWALS_PER_BATCH, NEW_ACCOUNT},
};

use crate::{
    account::Account,
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, is_money, refuse, refuse_plainly},
};

impl Exchange {
    pub(crate) fn deposit(
        &mut self,
        asset: AssetId,
        owner: Address,
        named: AccountId,
        amount: Quote,
    ) -> Answer {
        self.check_deposit(asset, amount)?;
        let u = i128::from(amount.0);
        if named == AccountId(FUND_ACCOUNT) {
            self.pool.credited += u;
            self.gift_to_fund(u);
            return Ok(vec![Event::FundDeposited { owner, amount }]);
        }
        let event = match self.account_to_credit(owner, named, u) {
            Some(id) => {
                self.account_mut(id).cash += u;
                Event::Deposited { account: id, owner, amount, opened: false }
            }
            None if self.can_open() => {
                let id = AccountId(u32::try_from(self.accounts.len()).expect("checked: at most 2^28"));
                let mut account = Account::new(owner);
                account.cash = u;
                self.accounts.push(account);
                Event::Deposited { account: id, owner, amount, opened: true }
            }
            None => {
                self.pool.withdrawn += u;
                self.next_withdrawal(AccountId(NEW_ACCOUNT), owner, amount)
            }
        };
        self.pool.credited += u;
        Ok(vec![event])
    }

    /// Whether the deposit would have to go back at once, and the open batch takes no more withdrawals.
    pub(crate) fn deposit_must_wait(&self, payload: &L1Payload) -> bool {
        let L1Payload::Deposit { asset, owner, account, amount } = payload else { return false };
        *account != AccountId(FUND_ACCOUNT)
            && self.check_deposit(*asset, *amount).is_ok()
            && self.account_to_credit(*owner, *account, i128::from(amount.0)).is_none()
            && !self.can_open()
            && self.batch_withdrawals >= MAX_WITHDRAWALS_PER_BATCH
    }

    fn check_deposit(&self, asset: AssetId, amount: Quote) -> Result<(), Rejection> {
        if asset != AssetId(0) {
            return refuse(RejectCode::UnknownAsset, asset.0, 0);
        }
        let u = i128::from(amount.0);
        if !(1..=MAX_MONEY).contains(&u) {
            return refuse(RejectCode::InvalidAmount, u, MAX_MONEY);
        }
        if !is_money(self.pool.credited + u) {
            return refuse_plainly(RejectCode::Overflow);
        }
        Ok(())
    }

    fn can_open(&self) -> bool {
        self.accounts.len() < MAX_ACCOUNTS as usize
    }

    /// The account that is named, when it is the owner's and can hold so much.
    fn account_to_credit(&self, owner: Address, named: AccountId, u: i128) -> Option<AccountId> {
        let account = self.accounts.get(named.0 as usize)?;
        (account.owner == owner && is_money(account.cash + u)).then_some(named)
    }
}
