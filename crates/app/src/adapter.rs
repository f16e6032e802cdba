//! The ports on the real world. Time, randomness, sockets and files are allowed here only.

pub mod certificates;
pub mod clock;
pub mod company;
pub mod entropy;
pub mod http;
pub mod key_file;
pub mod lock;
pub mod sealer;
pub mod tail;
