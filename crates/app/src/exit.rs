//! How a command ends.

use std::process::ExitCode;

/// The documented exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, nothing to report.
    Ok = 0,
    /// It did not work; the message says why and what to do.
    Failure = 1,
    /// The command line is wrong (clap ends with it too).
    Usage = 2,
    /// A promise is broken: a difference, a duplicate, something unverified, an audit fault.
    Promise = 3,
    /// Exceptions wait for a person.
    Person = 4,
    /// Another process works on the same books.
    Busy = 5,
    /// The configuration or the rules are wrong.
    Configuration = 6,
}

/// The page `tieout help exit-codes` prints; the tests compare it with [`Exit`].
pub const EXIT_CODES: &str = "\
Exit codes
  0  done
  1  failure: the message says what happened, why and what to do
  2  the command line is wrong
  3  a promise is broken: a difference, a duplicate, something unverified, an audit fault
  4  exceptions wait for a person (asked with --check), or the ledger must be reconnected
  5  another process works on the same books
  6  the configuration or the rules are wrong";

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A command that stopped with an error.
#[derive(Debug)]
pub struct Stop {
    /// The exit code.
    pub exit: Exit,
    /// What happened.
    pub why: anyhow::Error,
}

impl Stop {
    /// Stops with `exit` and a message.
    pub fn new(exit: Exit, why: impl Into<String>) -> Self {
        Self { exit, why: anyhow::Error::msg(why.into()) }
    }

    /// A wrong configuration.
    pub fn configuration(why: impl Into<String>) -> Self {
        Self::new(Exit::Configuration, why)
    }
}

impl<E: Into<anyhow::Error>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self { exit: Exit::Failure, why: error.into() }
    }
}

/// What a command returns.
pub type Done = Result<Exit, Stop>;
