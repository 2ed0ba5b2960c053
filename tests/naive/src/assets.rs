//! Assets beside USDC: they come and go in kind, and but for what is collateral mean nothing in between (protocol, "Other assets").

use ballast_types::{
    AccountId, Address, AssetId, Collateral, Event, PoolId, Quote, RejectCode, Rejection,
    limits::{MAX_ACCOUNTS, MAX_WITHDRAWALS_PER_BATCH, NEW_ACCOUNT},
};

use crate::{
    account::Account,
    exchange::{Answer, Exchange},
    numbers::{MAX_MONEY, is_money, quote, refuse, refuse_plainly},
};

/// The pool in which they are held.
const MAIN: PoolId = PoolId(0);

/// An asset beside USDC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asset {
    /// The least that may be withdrawn.
    pub minimum: i128,
    /// What it counts for as margin, where it does.
    pub terms: Option<Collateral>,
    /// All that ever came.
    pub credited: i128,
    /// All that ever left.
    pub withdrawn: i128,
}

impl Exchange {
    /// The same exchange with one more asset, whose id is how many there are then.
    #[must_use]
    pub fn with_asset(mut self, minimum: u64) -> Self {
        self.assets.push(Asset { minimum: minimum.into(), ..Asset::default() });
        self
    }

    /// The same, of an asset that is collateral. Histories of markets were given before.
    #[must_use]
    pub fn with_collateral(self, minimum: u64, terms: Collateral) -> Self {
        let mut with = self.with_asset(minimum);
        with.assets.last_mut().expect("it is there").terms = Some(terms);
        let market = with.market_mut(terms.market);
        let begins = market.shortfall.as_ref().map_or(0, |shortfall| shortfall.may_lose_in_a_day());
        market.haircuts = (begins, begins);
        with
    }

    fn listed_at(&self, asset: AssetId) -> Option<usize> {
        (1..=self.assets.len()).find(|number| *number == usize::from(asset.0)).map(|number| number - 1)
    }

    /// An asset that is listed.
    fn asset(&mut self, asset: AssetId) -> &mut Asset {
        let place = self.listed_at(asset).expect("it is listed");
        &mut self.assets[place]
    }

    /// Refuses an asset that is not listed, and amounts that nobody can hold.
    pub(crate) fn check_kind(&self, asset: AssetId, amount: i128) -> Result<(), Rejection> {
        if self.listed_at(asset).is_none() {
            return refuse(RejectCode::UnknownAsset, asset.0, 0);
        }
        if amount <= 0 {
            return refuse(RejectCode::InvalidAmount, amount, 1);
        }
        if amount > MAX_MONEY {
            return refuse(RejectCode::InvalidAmount, amount, MAX_MONEY);
        }
        Ok(())
    }

    fn check_kind_deposited(&self, asset: AssetId, amount: i128) -> Result<(), Rejection> {
        self.check_kind(asset, amount)?;
        let listed = self.listed_at(asset).map(|place| self.assets[place]).unwrap_or_default();
        if is_money(listed.credited + amount) { Ok(()) } else { refuse_plainly(RejectCode::Overflow) }
    }

    pub(crate) fn deposit_in_kind(
        &mut self,
        asset: AssetId,
        owner: Address,
        named: AccountId,
        amount: Quote,
    ) -> Answer {
        let units = i128::from(amount.0);
        self.check_kind_deposited(asset, units)?;
        self.asset(asset).credited += units;
        if self.gives_kind_back(owner, named, asset, units) {
            self.asset(asset).withdrawn += units;
            return Ok(vec![self.next_withdrawal(None, AccountId(NEW_ACCOUNT), owner, (asset, amount))]);
        }
        let takes = self.takes_kind(owner, named, asset, units);
        let account = if takes { named } else { self.open_for_kind(owner) };
        *self.account_mut(account).holdings.entry(asset).or_default() += units;
        Ok(vec![Event::Deposited { account, owner, asset, amount, opened: !takes }])
    }

    fn open_for_kind(&mut self, owner: Address) -> AccountId {
        let id = AccountId(u32::try_from(self.accounts.len()).expect("checked: at most 2^28"));
        self.accounts.push(Account::new(owner));
        self.begin_paced(id);
        id
    }

    /// Whether the account that is named is the owner's, of the first pool, which goes on, and can hold so much.
    fn takes_kind(&self, owner: Address, named: AccountId, asset: AssetId, units: i128) -> bool {
        let Some(account) = self.accounts.get(named.0 as usize) else { return false };
        let held = account.holdings.get(&asset).copied().unwrap_or_default();
        account.owner == owner
            && account.pool == MAIN
            && !self.pool(MAIN).is_ending()
            && is_money(held + units)
    }

    fn gives_kind_back(&self, owner: Address, named: AccountId, asset: AssetId, units: i128) -> bool {
        let can_open = self.accounts.len() < MAX_ACCOUNTS as usize && !self.pool(MAIN).is_ending();
        let it = self.listed_at(asset).map(|place| self.assets[place]).unwrap_or_default();
        let held: i128 = self.accounts.iter().filter_map(|account| account.holdings.get(&asset)).sum();
        let is_full = it.terms.is_some_and(|terms| held + units > i128::from(terms.total.0));
        is_full || !self.takes_kind(owner, named, asset, units) && !can_open
    }

    /// Whether a deposit in kind would have to go back, and the open batch takes no more.
    pub(crate) fn kind_must_wait(
        &self,
        (asset, amount): (AssetId, Quote),
        owner: Address,
        named: AccountId,
    ) -> bool {
        let units = i128::from(amount.0);
        self.check_kind_deposited(asset, units).is_ok()
            && self.gives_kind_back(owner, named, asset, units)
            && self.batch_withdrawals >= MAX_WITHDRAWALS_PER_BATCH
    }

    /// The form of a withdrawal in kind, and who is paid, were looked at before.
    pub(crate) fn withdraw_in_kind(
        &mut self,
        (id, recipient): (AccountId, Address),
        asset: AssetId,
        asked: i128,
        is_forced: bool,
    ) -> Answer {
        let held = self.account(id).holdings.get(&asset).copied().unwrap_or_default();
        let units = if is_forced { asked.min(held) } else { asked };
        if units > held || units == 0 {
            return refuse(RejectCode::InsufficientFunds, asked, held);
        }
        let most = self.may_leave(id, asset, units)?;
        if units > most && (!is_forced || most == 0) {
            return refuse(RejectCode::InsufficientFunds, asked, most);
        }
        let units = units.min(most);
        let minimum = self.asset(asset).minimum;
        if units < minimum && units != held {
            return refuse(RejectCode::InvalidAmount, units, minimum);
        }
        if !self.has_room_in_batch() {
            return refuse(RejectCode::WithdrawalsFull, self.batch_withdrawals, MAX_WITHDRAWALS_PER_BATCH);
        }
        Ok(vec![self.hand_out(id, recipient, asset, units)])
    }

    /// All that an account holds leaves.
    pub(crate) fn hand_out_all(&mut self, id: AccountId, recipient: Address) -> Vec<Event> {
        let held: Vec<_> = self.account(id).holdings.iter().map(|(asset, units)| (*asset, *units)).collect();
        let mut events = Vec::new();
        for (asset, units) in held {
            let units = self.may_leave(id, asset, units).unwrap_or(0);
            if units > 0 {
                events.push(self.hand_out(id, recipient, asset, units));
            }
        }
        events
    }

    fn hand_out(&mut self, id: AccountId, recipient: Address, asset: AssetId, units: i128) -> Event {
        let holdings = &mut self.account_mut(id).holdings;
        *holdings.get_mut(&asset).expect("it is held") -= units;
        holdings.retain(|_, left| *left > 0);
        self.asset(asset).withdrawn += units;
        self.next_withdrawal(None, id, recipient, (asset, quote(units)))
    }

    /// Whether the open batch takes whatever an account could leave with.
    pub(crate) fn has_room_for_everything(&self) -> bool {
        self.batch_withdrawals as usize + 1 + self.assets.len() <= MAX_WITHDRAWALS_PER_BATCH as usize
    }
}
