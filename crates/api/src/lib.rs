//! HTTP surface: webhook intake and read-only views.
