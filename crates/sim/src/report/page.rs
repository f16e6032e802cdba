//! The page and its plots.

use super::figures::{grouped, percent, reduction};
use super::plot::{Bar, Group, bars};
use super::{Row, table};

/// Where the page is, from the root of the repository.
pub const PAGE: &str = "docs/reference/accuracy.md";

/// Paths of the plots from the page.
const BY_PROFILE: &str = "accuracy-by-profile.svg";
const TO_DRAIN: &str = "accuracy-time-to-drain.svg";
const BY_KIND: &str = "accuracy-faults.svg";

/// Upper bounds of the classes of times to drain, seconds, and their names.
const CLASSES: [(i64, &str); 8] = [
    (1, "at once"),
    (10, "within 10 s"),
    (30, "within 30 s"),
    (60, "within a minute"),
    (300, "within 5 minutes"),
    (1_800, "within half an hour"),
    (5_400, "within 90 minutes"),
    (i64::MAX, "longer"),
];

/// The page: `rows` are the profiles, `late` the backlog.
pub fn page(rows: &[Row], late: &Row) -> String {
    let (sum, all) = (Row::sum(rows), table::with_sum(rows));
    let seeds = rows.first().map_or(0, |row| row.seeds);
    let intro = format!(
        "# How right the books are\n\n\
         The same months through Tieout and through the integration that a team would write first, in \
         the same simulated world, compared with what the ledger should hold. {} profiles, {} seeds \
         each: {} months, {} virtual days, {} records, {} faults injected on purpose and {} processes \
         killed.\n\n",
        rows.len(),
        grouped(seeds),
        grouped(sum.seeds),
        grouped(sum.virtual_seconds.unsigned_abs() / 86_400),
        grouped(sum.ours.expected),
        grouped(sum.troubles.values().sum()),
        grouped(sum.crashes),
    );
    let parts = [
        intro,
        "```\ncargo run --release -p sim -- report            # a table, a few minutes\n"
            .to_owned(),
        format!(
            "cargo run --release -p sim -- report --seeds {seeds} --write    # this page\n```\n\n"
        ),
        headline(&sum, late),
        DEFINITIONS.to_owned(),
        BASELINE.to_owned(),
        format!("## Books, by profile\n\n![Records that are exact]({BY_PROFILE})\n\n"),
        table::books(&all).markdown(),
        BOOKS.to_owned(),
        "## Amounts, by currency\n\n".to_owned(),
        table::amounts(&sum).markdown(),
        AMOUNTS.to_owned(),
        "## Work by hand\n\n".to_owned(),
        table::care(&all).markdown(),
        HANDS.to_owned(),
        open(&sum),
        format!("## Time\n\n![How long it takes to drain]({TO_DRAIN})\n\n"),
        table::time(&all).markdown(),
        TIME.to_owned(),
        table::backlog(late).markdown(),
        BACKLOG.to_owned(),
        format!("## What went wrong on purpose\n\n![Faults by kind]({BY_KIND})\n\n"),
        PURPOSE.to_owned(),
        made(&sum),
    ];
    parts.concat()
}

fn headline(sum: &Row, late: &Row) -> String {
    let (ours, naive) = (&sum.ours, &sum.naive);
    let of = |n: u64, all: u64| format!("{} of {}", grouped(n), grouped(all));
    let share = |n: u64, all: u64| percent(n.into(), all.into());
    let table = table::Table {
        head: vec!["promise", "what is counted", "Tieout", "baseline"],
        rows: vec![
            vec![
                "99.97 % of records reconcile".to_owned(),
                "records that stand once, exactly".to_owned(),
                format!("{} ({})", share(ours.exact, ours.expected), of(ours.exact, ours.expected)),
                share(naive.exact, naive.expected),
            ],
            vec![
                "no duplicate entries".to_owned(),
                "second copies in the ledger".to_owned(),
                grouped(ours.copies),
                grouped(naive.copies),
            ],
            vec![
                "nothing is lost".to_owned(),
                "records that do not stand, and nobody is told".to_owned(),
                grouped(ours.lost),
                grouped(naive.lost),
            ],
            vec![
                "75 % less work by hand".to_owned(),
                "cases for a person".to_owned(),
                format!(
                    "{} ({} less)",
                    grouped(sum.care.manual()),
                    reduction(sum.naive_manual(), sum.care.manual())
                ),
                grouped(sum.naive_manual()),
            ],
            vec![
                "82 % less time".to_owned(),
                "time to post 1,000 records of a backlog".to_owned(),
                format!(
                    "{} s ({} less, {} less than the baseline at its best)",
                    grouped(late.pace()),
                    reduction(late.naive_pace(), late.pace()),
                    reduction(late.naive_pace_at_best(), late.pace())
                ),
                format!(
                    "{} s, at best {} s",
                    grouped(late.naive_pace()),
                    grouped(late.naive_pace_at_best())
                ),
            ],
        ],
    };
    table.markdown()
}

const DEFINITIONS: &str = "
All profiles added up: what goes wrong decides the shares, which the tables by profile show.

## What is counted

What the ledger should hold is worked out from the deliveries of the month alone, by a second, smaller
account of the default rules that shares no code with them (`crates/sim/src/oracle/model.rs`); what it
holds is read from the simulated company's own books. Nothing is sampled, nothing is estimated.

- **Record**: a ledger document that should stand: receipt, invoice, payment, refund, transfer, fees,
  dispute entry. It is *exact* when it stands exactly once, with type, date, currency and total as they
  should be, and payments applied in full. Otherwise it is *held* (an open exception asks a person),
  *lost* (it does not stand and nobody is told), *wrong* (it stands once and differs) or repeated.
- **Copies** are second objects of one record; *other excess* is what nothing asks for. Both come on top.
- **Delivery**: every webhook whose signature fits, repeats included. It is right when every record of
  the order, payout or dispute that it is about is exact, and nothing stands there in excess.
- **Amount**: the total of a record is right when an exact copy stands. The error adds up what is
  missing, what is in excess and by how much totals are off: nothing makes good for anything else.
- **Case for a person**: with Tieout every exception that a person decided or has still to decide; with
  the baseline every order, payout or dispute of which something has to be put right in the ledger, once
  however much is wrong with it, and whatever the rules hold there as here. Decisions that people take
  without need are among what goes wrong on purpose, and do not count.

Percentages are cut, never rounded up: 100 % is all of them.

";

const BASELINE: &str = "## The baseline

It deals with each webhook when it comes, from signature to ledger: the documents that this event asks
for are created, one call each; what fails is tried three times in place, and eight times more over four
hours when the vendor sends the webhook again. It has no key by which the ledger would know a repeated
request, does not look at what a lost answer did, does not know a delivery again, does not correct what
it posted before the order was told in full, and never looks back at the ledger.

Everything else it is given: Tieout's rules, sources and connector, whose tokens one refresher renews; a
database that never fails and outlives every crash; order versions in their order; one delivery at a time
in the order in which they come, so that it has no races of its own; vendors who wait for an answer as
long as it takes. People only move its documents to another day; with Tieout they void and delete too.
Each seed has the same deliveries at the same moments, faults at the same rates and the same people for
both; which call meets which fault differs, since they make different calls. When nothing goes wrong on
the way and nothing comes twice, the books of the baseline are right: a test holds it to that
(`crates/sim/tests/it/accuracy.rs`).

All of it is sold with Shopify and paid by Stripe, also in profiles that draw other vendors: where two
tell of one payment, or one tells it piece by piece, the baseline would book more than once what happened
once, and seem worse than the way it posts makes it.

";

const BOOKS: &str = "
What the profiles are: `cargo run -p sim -- profiles`. Also in `calm` deliveries come twice and out of
order. `silence` is left out: where no answer comes for minutes, figures tell of the line alone.

";

const AMOUNTS: &str = "
Every company keeps its books in one home currency here; all profiles added up.

";

const HANDS: &str = "
A document is *in trouble* when a call about it was refused, lost or unclear; it *recovered alone* when it
is verified in the end, or was rightly taken away again, and no person ever decided about it. Among what a
person decides is what people did: a bookkeeper's edits in the ledger, which the baseline never notices.

";

const TIME: &str = "
Time to drain is virtual time from the end of all faults until nothing is left to do. Where people closed
books or edited documents, a worker first waits until what is known of the company is read again, which
is once an hour.

### A backlog

A month of 3,000 orders at once, the ledger's real limits, a line on which nothing goes wrong; time until
the last document stands.

";

const BACKLOG: &str = "
The baseline waits for each answer before it sends the next call, which its accuracy gains by, so its
time is that of the answers: 0.3 s to 2 s here, nobody has published what QuickBooks takes. The last row
is worked out: one that sends without a pause can be no faster than the 500 calls a minute that the
ledger takes. Tieout sends batches of 30, of which the ledger takes 40 a minute, and single calls beside;
customers and accounts that have to be made first count in all three rows. How near that comes to the
ledger's ceiling is measured by `cargo xtask bench` ([figures](../../crates/bench/README.md)).

";

const PURPOSE: &str = "Counted in the runs of Tieout, all profiles added up. Half of all rates are zero in any one run.

";

fn open(sum: &Row) -> String {
    if sum.care.open.is_empty() {
        return String::new();
    }
    let codes = sum.care.open.iter().map(|(code, n)| format!("{code} {}", grouped(*n)));
    format!(
        "Open at the end, by [reason](../reason-codes/README.md): {}.\n\n",
        codes.collect::<Vec<_>>().join(", ")
    )
}

fn made(sum: &Row) -> String {
    format!(
        "## When this page changes\n\n\
         Made by `sim report --write` of version {}; an edit here is lost. Equal seeds give equal pages, \
         byte for byte, on every machine: time is virtual and all figures are whole numbers. Every change \
         of what is posted, how calls are made or what a profile draws makes other runs of the same \
         seeds, so figures move a little with each version. The judges of the simulation found {} in \
         these runs.\n",
        env!("CARGO_PKG_VERSION"),
        if sum.failed.is_empty() { "nothing".to_owned() } else { format!("{:?}", sum.failed) },
    )
}

/// Paths, from the root of the repository, and texts of the plots.
pub fn plots(rows: &[Row]) -> Vec<(String, String)> {
    let sum = Row::sum(rows);
    let files = [
        (BY_PROFILE, by_profile(&table::with_sum(rows))),
        (TO_DRAIN, to_drain(&sum)),
        (BY_KIND, by_kind(&sum)),
    ];
    let folder = PAGE.rsplit_once('/').map_or("", |(folder, _)| folder);
    files.into_iter().map(|(name, svg)| (format!("{folder}/{name}"), svg)).collect()
}

fn by_profile(rows: &[Row]) -> String {
    let groups: Vec<Group> = rows
        .iter()
        .map(|row| {
            let bars = [&row.ours, &row.naive].map(|books| Bar {
                value: books.exact * 1_000_000 / books.expected.max(1),
                text: percent(books.exact.into(), books.expected.into()),
            });
            Group { name: row.profile.clone(), bars: bars.into() }
        })
        .collect();
    bars("Records that stand exactly once, exactly", &["Tieout", "baseline"], &groups, 1_000_000)
}

fn to_drain(sum: &Row) -> String {
    let mut counts = [0; CLASSES.len()];
    for (seconds, n) in &sum.drains {
        let class = CLASSES.iter().position(|(most, _)| seconds <= most).unwrap_or_default();
        counts[class] += n;
    }
    let named = CLASSES.iter().zip(counts).map(|((_, name), n)| single(name, n));
    let groups: Vec<Group> = named.collect();
    bars(
        "Months by virtual time to drain",
        &["Tieout"],
        &groups,
        counts.into_iter().max().unwrap_or(1),
    )
}

fn by_kind(sum: &Row) -> String {
    let mut kinds: Vec<(&String, &u64)> = sum.troubles.iter().collect();
    kinds.sort_by_key(|(name, n)| (std::cmp::Reverse(**n), *name));
    let most = kinds.first().map_or(1, |(_, n)| **n);
    let groups: Vec<Group> = kinds.into_iter().map(|(name, n)| single(name, *n)).collect();
    bars("Faults injected, by kind", &["Tieout"], &groups, most)
}

fn single(name: &str, n: u64) -> Group {
    Group { name: name.to_owned(), bars: vec![Bar { value: n, text: grouped(n) }] }
}
