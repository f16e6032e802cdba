//! Services over time: deferred when sold, released month by month (cases 159 to 161).

use super::Desk;
use crate::compose::{self, Elsewhere, Part, Way};
use crate::desired::ClaimClass;
use crate::role::Role;
use crate::rules::Account;
use crate::state::{Slot, State};
use kernel::{AccountType, BusinessDate, FactBody, LineKind, Money, Order, OrderLine, Service};
use std::collections::{BTreeMap, BTreeSet};

/// What is still to be earned of one line.
pub(crate) struct Schedule<'a> {
    line: String,
    income: &'a Account,
    class: Option<&'a str>,
    from: BusinessDate,
    months: u16,
    /// Months released.
    done: u16,
    /// Deferred and neither released nor given back, minor units.
    left: i64,
    /// Release per month; the last month takes the remainder.
    each: i64,
    releases: Vec<(BusinessDate, i64)>,
}

fn services(state: &State) -> impl Iterator<Item = &Service> {
    state.of(Slot::Service).filter_map(|f| match &f.body {
        FactBody::ServiceScheduled(service) => Some(service),
        _ => None,
    })
}

fn covers(service: &Service, line: &OrderLine) -> bool {
    if service.lines.is_empty() {
        line.kind == LineKind::Goods
    } else {
        service.lines.contains(&line.id)
    }
}

/// The lines whose revenue is deferred, where the order has a service.
pub(crate) fn deferred<'a>(desk: &Desk<'a>) -> Option<Elsewhere<'a>> {
    let state = desk.state;
    let mut services = services(state).filter(|s| s.months > 0).peekable();
    services.peek()?;
    let account = Some(desk.rules.role(Role::DeferredRevenue));
    let mut ids = BTreeSet::new();
    for service in services {
        if service.lines.is_empty() {
            return Some(Elsewhere { account, lines: None });
        }
        ids.extend(service.lines.iter().map(String::as_str));
    }
    Some(Elsewhere { account, lines: Some(ids) })
}

/// The schedules of an order. Lines that are no income have none.
pub(crate) fn read<'a>(desk: &Desk<'a>, order: &Order) -> Vec<Schedule<'a>> {
    let months = |s: &&Service| (1..=kernel::fact::SERVICE_MONTHS_MAX).contains(&s.months);
    let services: Vec<&Service> = services(desk.state).filter(months).collect();
    if services.is_empty() {
        return Vec::new();
    }
    let Ok(accounts) = compose::accounts(desk.rules, order, &order.lines, Way::Edit) else {
        return Vec::new();
    };
    let Ok(classes) = compose::classes(desk.rules, order, &order.lines) else {
        return Vec::new();
    };
    let targets = accounts.into_iter().zip(classes);
    let lines = order.lines.iter().zip(targets).zip(compose::net_amounts(order));
    lines
        .filter(|((_, (account, _)), _)| account.account_type == AccountType::Income)
        .filter_map(|((line, (income, class)), left)| {
            let service = services.iter().find(|s| covers(s, line))?;
            let (from, months) = (service.from, service.months);
            let line = line.id.clone();
            let each = left / i64::from(months);
            let releases = Vec::new();
            Some(Schedule { line, income, class, from, months, done: 0, left, each, releases })
        })
        .collect()
}

impl Schedule<'_> {
    /// Releases the months that have ended by `date`.
    fn advance(&mut self, date: BusinessDate) {
        while self.done < self.months && self.from.end_of_month(self.done + 1) <= date {
            self.step();
        }
    }

    fn step(&mut self) {
        self.done += 1;
        let amount = if self.done == self.months { self.left } else { self.each };
        self.left -= amount;
        self.releases.push((self.from.end_of_month(self.done), amount));
    }

    /// Takes back up to `amount` of what is not earned on `date`; the months after it share the
    /// rest.
    fn take(&mut self, date: BusinessDate, amount: i64) -> i64 {
        self.advance(date);
        let taken = amount.min(self.left).max(0);
        self.left -= taken;
        if let Some(months) = self.months.checked_sub(self.done).filter(|m| *m > 0) {
            self.each = self.left / i64::from(months);
        }
        taken
    }
}

/// Moves what a refund gives back of services not yet rendered from returns to deferred revenue.
pub(crate) fn give_back<'r>(
    desk: &Desk<'r>,
    schedules: &mut [Schedule<'_>],
    date: BusinessDate,
    lines: &[OrderLine],
    parts: &mut Vec<Part<'r>>,
) {
    let (returns, deferred) =
        (desk.rules.role(Role::Returns), desk.rules.role(Role::DeferredRevenue));
    let mut more = Vec::new();
    for (line, part) in lines.iter().zip(parts.iter_mut()) {
        let Some(schedule) = schedules.iter_mut().find(|s| s.line == line.id) else { continue };
        if part.account != returns || part.amount <= 0 {
            continue;
        }
        let taken = schedule.take(date, part.amount);
        if taken > 0 {
            more.push(Part { account: deferred, ..part.worth(taken) });
            *part = part.worth(part.amount - taken);
        }
    }
    parts.extend(more);
    parts.retain(|p| p.amount != 0 || p.quantity.is_some());
}

/// A journal entry at the end of each month of service.
pub(crate) fn release(desk: &mut Desk<'_>, order: &Order, schedules: Vec<Schedule<'_>>) {
    let mut months: BTreeMap<BusinessDate, BTreeMap<_, i64>> = BTreeMap::new();
    for mut schedule in schedules {
        while schedule.done < schedule.months {
            schedule.step();
        }
        for (date, amount) in schedule.releases {
            let target = (schedule.income.name.as_str(), schedule.class);
            *months.entry(date).or_default().entry(target).or_default() += amount;
        }
    }
    for (date, mut earned) in months {
        earned.retain(|_, amount| *amount != 0);
        let sum: i64 = earned.values().sum();
        let text = format!("Service of order {}", order.number);
        let deferred = desk.rules.account(Role::DeferredRevenue);
        let mut lines = vec![(deferred, text.as_str(), sum)];
        lines
            .extend(earned.iter().map(|((account, _), amount)| (*account, text.as_str(), -amount)));
        let suffix = format!("journal/release/{date}");
        let memo = format!("Earned by {date}, order {}", order.number);
        if let Some(mut document) = desk.journal(&suffix, date, order.currency, &lines, memo) {
            for (line, (_, class)) in document.lines.iter_mut().rev().zip(earned.keys().rev()) {
                line.class = class.map(str::to_owned);
            }
            let outcome = desk.post(document);
            // Nothing moves: what was received has been claimed with the sale.
            let (claim, nothing) = (format!("release/{date}"), Money::zero(order.currency));
            desk.claim(claim, ClaimClass::Adjustment, date, nothing, outcome);
        }
    }
}
