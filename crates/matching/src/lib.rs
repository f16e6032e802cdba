//! Pure reconciliation: credit matching, payout tie-out, statement.
