//! Reconcile step: intake, normalise, decide, post, look, verify; knows only ports.
