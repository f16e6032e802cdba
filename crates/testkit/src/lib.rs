//! Fixtures and temporary databases for tests.
