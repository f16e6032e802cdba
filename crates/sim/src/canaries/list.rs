//! The planted bugs.

/// A bug that is planted in the product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Canary {
    /// The name at its site.
    pub name: &'static str,
    /// What is broken, in one sentence.
    pub wrong: &'static str,
    /// The profile whose runs come to it.
    pub profile: &'static str,
    /// The judge who must find it.
    pub judge: &'static str,
}

macro_rules! canaries {
    ($($name:literal in $profile:literal, found by $judge:literal: $wrong:literal;)*) => {
        [$(Canary { name: $name, wrong: $wrong, profile: $profile, judge: $judge },)*]
    };
}

/// Every planted bug.
pub const CANARIES: [Canary; 53] = canaries! {
    "attempt-in-call-id" in "crashy", found by "one live object":
        "The number of the attempt is part of the request id, so that a repetition is a new request.";
    "attempts-forgotten" in "crashy", found by "one live object":
        "That a document is under way is not stored, so that a worker after a crash sends it again.";
    "unknown-sent-again" in "crashy", found by "one live object":
        "What was sent without a known outcome is sent again without a look.";
    "refused-repeat-believed" in "crashy", found by "one live object":
        "That a repetition was refused is taken as proof that the first try did nothing.";
    "repeated-for-ever" in "silence", found by "one live object":
        "A request is repeated under its id after the ledger has forgotten it.";
    "repeated-too-late" in "silence", found by "one live object":
        "A request is repeated until the ledger forgets it, without regard to how long it may be under way.";
    "settling-ignored" in "silence", found by "one live object":
        "A search does not wait until the ledger must be done with a call, and what it does not find is made.";
    "fence-ignored" in "two-workers", found by "owner":
        "A worker that lost the lane goes on writing to it.";
    "lane-lock-missing" in "two-workers", found by "one live object":
        "Several workers own one lane at the same time.";
    "stale-version-wins" in "crashy", found by "model":
        "What was told last counts, not what is newest by the source's version.";
    "change-in-flight-lost" in "quota", found by "model":
        "A change that arrives while its document travels is forgotten.";
    "read-back-believed" in "operators", found by "drift":
        "Amounts are not compared when the ledger's content is compared with ours.";
    "payment-before-invoice" in "crashy", found by "books":
        "A payment does not wait for the invoice that it settles.";
    "invoice-voided-first" in "everything", found by "one live object":
        "An invoice is voided while its payments still stand.";
    "facts-not-deduplicated" in "crashy", found by "books":
        "Two messages about one movement count twice.";
    "held-left-out" in "crashy", found by "books":
        "The statement leaves out what is held.";
    "removal-not-posted" in "everything", found by "trial balance":
        "What is voided in the ledger stays in the sub-ledger.";
    "fault-dropped" in "crashy", found by "explained":
        "What a delivery says and nobody understands opens no exception.";
    "older-file-wins" in "crashy", found by "books":
        "Of files that contradict each other the one that was imported first has the last word.";
    "import-faults-dropped" in "crashy", found by "files":
        "What a file says and nobody understands opens no exception.";
    "exception-dropped" in "operators", found by "owner":
        "A document is held and no exception says so.";
    "facts-unaudited" in "crashy", found by "audit":
        "Facts are stored without an entry in the audit log.";
    "outcomes-unaudited" in "crashy", found by "audit":
        "What the ledger confirmed has no entry in the audit log.";
    "closing-ignored" in "month-end", found by "periods":
        "A closing date that was set in Tieout is not looked at before something is sent.";
    "edit-overwritten" in "operators", found by "decisions":
        "A document that somebody edited in the ledger is changed like any other, and nobody is asked.";
    "deletion-made-anew" in "operators", found by "decisions":
        "What somebody took away in the ledger is made anew and nobody is asked.";
    "limits-ignored" in "quota", found by "limits":
        "Calls are made without regard to the ledger's limits.";
    "permits-not-shared" in "quota", found by "limits":
        "Permits are counted by each process for itself.";
    "acknowledged-before-commit" in "crashy", found by "watermark":
        "A delivery is answered before it is durable.";
    "version-ignored" in "operators", found by "drift":
        "A verified document whose version (SyncToken) moved is taken as unchanged.";
    "mark-past-unread" in "operators", found by "drift":
        "The mark up to which changes are known moves to the time of the next look.";
    "changes-truncated" in "operators", found by "drift":
        "A full answer about what changed, which is cut at 1,000 objects, is taken as complete.";
    "void-not-seen" in "operators", found by "trial balance":
        "A document that somebody voided looks like one that was changed to zero.";
    "void-read-as-delete" in "operators", found by "explained":
        "What somebody voided in the ledger is read as if it had been taken away by us.";
    "secret-logged" in "operators", found by "logs":
        "The new access token stands in the log.";
    "throttled-for-ever" in "quota", found by "progress":
        "What was refused for the ledger's limits waits for a year.";
    "refresh-raced" in "everything", found by "tokens":
        "Several refresh the access token at once.";
    "amounts-as-floats" in "crashy", found by "books":
        "Amounts of a vendor pass through a binary float.";
    "summary-not-asked" in "month-end", found by "explained":
        "A day whose journal is still to be decided, or held, shows as a difference in the statement.";
    "second-look-counts-as-posted" in "operators", found by "explained":
        "What a person asked to have read once more counts as posted until it is read.";
    "holds-unaudited" in "everything", found by "audit":
        "Exceptions that a decision opens or closes have no entry in the audit log.";
    "gone-taken-for-inactive" in "operators", found by "trial balance":
        "A change of what somebody deleted is refused, and held as if what it names were inactive.";
    "looked-for-by-date-alone" in "everything", found by "one live object":
        "What is not found by its number or date is made again, though people change those.";
    "number-of-the-voided-asked-for" in "operators", found by "progress":
        "What is made anew asks for the number that its voided self still has.";
    "second-look-forgets-the-edit" in "operators", found by "drift":
        "An edit that is read once more is told as a write that came out differently.";
    "deleted-taken-for-never-made" in "everything", found by "decisions":
        "What somebody deleted before its answer was found is made again and nobody is asked.";
    "refreshed-after-the-lock" in "everything", found by "tokens":
        "A process that stood still shows the refresh token after its lock on it has run out.";
    "dropped-stays-posted" in "everything", found by "trial balance":
        "What is gone from the ledger and not wanted any more stays in the sub-ledger.";
    "unreadable-leaves-its-day" in "everything", found by "decisions":
        "An order leaves the journal of its day when something more about it cannot be read.";
    "permits-never-age" in "quota", found by "limits":
        "A permit counts however much later its call is made.";
    "read-by-place-never-begun" in "everything", found by "lists":
        "A list that is read by its place is not read before something else has read it once.";
    "late-listed-passed-over" in "lossy", found by "lists":
        "A list is read from where the last reading ended, and what it showed late is passed over.";
    "download-taken-unseen" in "everything", found by "lists":
        "An error that calls itself a success is taken for the file that was to be downloaded.";
};

/// Those that were real once: a run found them, and the bugbase has a tape of each that finds it again.
pub const REAL: [&str; 16] = [
    "summary-not-asked",
    "second-look-counts-as-posted",
    "holds-unaudited",
    "gone-taken-for-inactive",
    "looked-for-by-date-alone",
    "number-of-the-voided-asked-for",
    "second-look-forgets-the-edit",
    "deleted-taken-for-never-made",
    "refreshed-after-the-lock",
    "dropped-stays-posted",
    "unreadable-leaves-its-day",
    "permits-never-age",
    "read-by-place-never-begun",
    "download-taken-unseen",
    "repeated-too-late",
    "older-file-wins",
];

/// Bugs that are not planted because another layer makes them harmless, with what holds.
pub const MASKED: [(&str, &str); 2] = [
    (
        "a lease that still runs is not respected when a worker claims a lane",
        "the fence: every transaction of the worker that lost the lane fails, and what it had under \
         way is looked for before it is sent again",
    ),
    (
        "only those documents of a call that are still in doubt are repeated under its id",
        "a call is answered as a whole or not at all here: none is left half in doubt",
    ),
];
