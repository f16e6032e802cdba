//! A shop's month as its vendors would deliver it, seeded and repeatable.
