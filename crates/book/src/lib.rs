//! Pure accounting: fold of facts, mapping rules, desired documents, postings, plan.
