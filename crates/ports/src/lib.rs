//! Traits only: the seams between what we decide and what the world does.
