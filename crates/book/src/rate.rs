//! Exchange rates that make an amount worth exactly what it is worth.

use kernel::{Decimal, Money};
use rust_decimal::RoundingStrategy;

/// Most decimals of a rate that is stated. How many the ledger keeps is not documented; a rate has
/// no more of them than it needs.
const DECIMALS_MAX: u32 = 9;

/// Rates are below this.
const RATE_MAX: Decimal = Decimal::from_parts(1_000_000, 0, 0, false, 0);

/// A part of an amount, with the rate that is stated for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Minor units of the amount.
    pub(crate) minor: i64,
    /// None for the ledger's own rate of the day.
    pub(crate) rate: Option<Decimal>,
}

/// Shares of `amount` that are worth `value` in all, to the cent, when each is rounded by itself: the
/// whole of it at the shortest rate that does it, or, where the amount is too large for any, a part of
/// it at the next rate. None where no rate can: of nothing, or for nothing.
pub(crate) fn stated(amount: Money, value: Money) -> Option<Vec<Share>> {
    let worth = |minor: i64, rate: Decimal| {
        Money::new(minor, amount.currency).exchanged(rate, value.currency).ok().map(|m| m.minor)
    };
    let is_rate = |rate: &Decimal| *rate > Decimal::ZERO && *rate < RATE_MAX;
    let exact = value.to_decimal().checked_div(amount.to_decimal()).filter(is_rate)?;
    let whole = (0..=DECIMALS_MAX)
        .map(|decimals| exact.round_dp(decimals))
        .find(|rate| is_rate(rate) && worth(amount.minor, *rate) == Some(value.minor));
    if let Some(rate) = whole {
        return Some(vec![Share { minor: amount.minor, rate: Some(rate) }]);
    }
    let low = exact.round_dp_with_strategy(DECIMALS_MAX, RoundingStrategy::ToZero);
    let step = Decimal::new(1, DECIMALS_MAX);
    let high = low + step;
    // What the lower rate lacks of the value, in steps: so much goes at the higher one. The two may
    // be rounded up or down both; another split is rounded otherwise.
    let lacking = value.to_decimal().checked_sub(amount.to_decimal().checked_mul(low)?)?;
    let near = Money::round(lacking.checked_div(step)?, amount.currency).ok()?.minor;
    (0..200).flat_map(|by| [near - by, near + by]).find_map(|minor| {
        let rest = amount.minor - minor;
        let fits = minor > 0
            && rest > 0
            && is_rate(&low)
            && is_rate(&high)
            && worth(rest, low)?.checked_add(worth(minor, high)?)? == value.minor;
        let share = |minor, rate: Decimal| Share { minor, rate: Some(rate.normalize()) };
        fits.then(|| vec![share(rest, low), share(minor, high)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Currency;
    use proptest::prelude::*;

    fn money(minor: i64, currency: &str) -> Money {
        Money::new(minor, currency.parse().expect("a currency"))
    }

    fn rates(amount: Money, value: Money) -> Vec<String> {
        let shares = stated(amount, value).expect("a rate");
        shares.iter().map(|s| format!("{} at {}", s.minor, s.rate.expect("stated"))).collect()
    }

    #[test]
    fn a_rate_has_no_more_decimals_than_it_needs() {
        assert_eq!(rates(money(10_000, "EUR"), money(10_850, "USD")), ["10000 at 1.085"]);
        assert_eq!(rates(money(10_000, "EUR"), money(20_000, "USD")), ["10000 at 2"]);
        assert_eq!(rates(money(3, "EUR"), money(1, "USD")), ["3 at 0.3"]);
        assert_eq!(rates(money(5_000, "JPY"), money(3_333, "USD")), ["5000 at 0.006666"]);
        assert_eq!(rates(money(1_001, "KWD"), money(512, "JPY")), ["1001 at 511"]);
    }

    #[test]
    fn an_amount_that_no_rate_fits_goes_at_two() {
        let (amount, value) = (money(9_999_999_999, "VND"), money(40_000_001, "USD"));
        let shares = rates(amount, value);
        assert_eq!(shares.len(), 2, "{shares:?}");
    }

    #[test]
    fn nothing_has_no_rate() {
        assert_eq!(stated(money(0, "EUR"), money(100, "USD")), None);
        assert_eq!(stated(money(100, "EUR"), money(0, "USD")), None);
        assert_eq!(stated(money(1, "KWD"), money(1_000_000_000_000, "JPY")), None);
    }

    proptest! {
        #[test]
        fn shares_are_worth_the_value_to_the_cent(
            minor in 1..1_000_000_000_000_i64,
            per_mille in 1..2_000_000_i64,
            odd in 0..1_000_i64,
            from in prop::sample::select(vec!["EUR", "JPY", "KWD", "VND", "GBP"]),
            into in prop::sample::select(vec!["USD", "JPY", "KWD"]),
        ) {
            let amount = money(minor, from);
            let into: Currency = into.parse().expect("a currency");
            let near = amount.exchanged(Decimal::new(per_mille, 3), into).expect("it fits");
            let value = Money::new(near.minor + odd, into);
            let exact = value.to_decimal() / amount.to_decimal();
            // Below this a rate of nine decimals is too coarse for two shares.
            prop_assume!(exact > Decimal::new(1, 8) && exact < RATE_MAX - Decimal::ONE);
            let shares = stated(amount, value);
            prop_assert!(shares.is_some(), "{} for {}", value, amount);
            let shares = shares.expect("just seen");
            prop_assert!(shares.len() <= 2);
            prop_assert_eq!(shares.iter().map(|s| s.minor).sum::<i64>(), minor);
            let mut sum = 0;
            for share in shares {
                let rate = share.rate.expect("stated");
                prop_assert!(share.minor > 0 && rate.scale() <= DECIMALS_MAX);
                let part = Money::new(share.minor, amount.currency);
                sum += part.exchanged(rate, into).expect("it fits").minor;
            }
            prop_assert_eq!(sum, value.minor);
        }
    }
}
