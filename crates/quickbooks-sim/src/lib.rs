//! Simulator of the QuickBooks Online Accounting API with its own books.
