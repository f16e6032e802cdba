//! Words of the business: money, ids, clocks, facts, documents, postings, reason codes.
