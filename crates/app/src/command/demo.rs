//! `tieout demo`.
use crate::cli::{DemoArgs, Global};
use crate::exit::{Done, Exit};
pub async fn run(_global: &Global, _args: &DemoArgs) -> Done {
    Ok(Exit::Ok)
}
