//! Small macros that keep statements and their arguments side by side.

/// Declares statements and the list of them all.
macro_rules! statements {
    ($($name:ident = $sql:expr, [$($arg:ident),* $(,)?] => [$($col:ident),* $(,)?];)*) => {
        $(static $name: ports::Stmt = ports::Stmt {
            name: concat!(module_path!(), "::", stringify!($name)),
            sql: $sql,
            args: &[$(ports::Kind::$arg),*],
            cols: &[$(ports::Kind::$col),*],
        };)*
        /// Every statement of this file.
        pub const ALL: &[&ports::Stmt] = &[$(&$name),*];
    };
}

/// A row of arguments.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$(ports::Value::from($value)),*] };
}

pub(crate) use {args, statements};
