//! An Amazon seller: settlement reports, listed and downloaded, some of them compressed.

use super::{Month, Tokens, at};
use crate::lists::{Asked, Lists, Vendor, answer};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, Response};
use std::io::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where the API is, and where tokens are granted.
pub const ADDRESS: &str = "https://sellingpartner.example";
/// Where tokens are granted.
pub const TOKENS: &str = "https://tokens.example";
/// Client id, client secret, refresh token.
pub const CLIENT: (&str, &str, &str) = ("amzn1.client", "s&cret", "Atzr|refresh");
/// Reports on a page, whatever was asked for.
const PAGE: usize = 2;

struct Seller {
    /// Moment and text of each settlement.
    settlements: Vec<(i64, String)>,
    tokens: Tokens,
    /// Counts downloads: every fourth address has ended when it is used.
    downloads: AtomicU64,
}

/// `reports` settlements, each as `text` with a number of its own in the place of `number`.
pub fn month(reports: u32, text: &str, number: &str) -> Month {
    let settlements = (0..reports)
        .map(|n| {
            let own = format!("{}{n:03}", &number[..number.len() - 3]);
            let orders = text.replace(number, &own).replace("-0000001", &format!("-1{n:06}"));
            (at(n).seconds(), orders)
        })
        .collect();
    let tokens = Tokens::default();
    let seller = Seller { settlements, tokens, downloads: AtomicU64::new(0) };
    Month { webhooks: Vec::new(), lists: Lists::new(seller) }
}

impl Seller {
    fn reports(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        let (range, from) = if let Some(token) = asked.find("nextToken") {
            // Nothing else may stand beside it.
            asked.only(&["nextToken"])?;
            let mut parts = token.split('/').map(|p| p.parse::<i64>().map_err(|e| e.to_string()));
            let mut next = || parts.next().unwrap_or_else(|| Err("no such token".to_owned()));
            let range = (next()?, next()?);
            (range, usize::try_from(next()?).map_err(|e| e.to_string())?)
        } else {
            asked.only(&[
                "reportTypes",
                "processingStatuses",
                "pageSize",
                "createdSince",
                "createdUntil",
            ])?;
            asked.is("reportTypes", "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2")?;
            asked.is("processingStatuses", "DONE")?;
            if !(1..=100).contains(&asked.number("pageSize")?) {
                return Err("pageSize".to_owned());
            }
            ((asked.moment("createdSince")?, asked.moment("createdUntil")?), 0)
        };
        let found: Vec<String> = self
            .settlements
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| range.0 <= *at && *at <= range.1)
            .map(|(n, _)| {
                format!(
                    "{{\"reportId\":\"R{n}\",\"processingStatus\":\"DONE\",\
                     \"reportDocumentId\":\"amzn1.spdoc.{n}\"}}"
                )
            })
            .collect();
        let next = from + PAGE;
        let token = if next < found.len() {
            format!(",\"nextToken\":\"{}/{}/{next}\"", range.0, range.1)
        } else {
            String::new()
        };
        let list = super::page(&found, from, PAGE);
        Ok(answer(200, format!("{{\"reports\":[{list}]{token}}}")))
    }

    fn file(&self, n: &str) -> Result<Response<Bytes>, String> {
        if self.downloads.fetch_add(1, Ordering::Relaxed) % 4 == 1 {
            return Ok(answer(403, "<Error><Code>AccessDenied</Code></Error>"));
        }
        let n: usize = n.parse().map_err(|_| format!("no file {n}"))?;
        let (_, text) = self.settlements.get(n).ok_or("no such file")?;
        if n.is_multiple_of(2) {
            return Ok(answer(200, text.clone()));
        }
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(text.as_bytes()).map_err(|e| e.to_string())?;
        Ok(answer(200, packed.finish().map_err(|e| e.to_string())?))
    }
}

impl Vendor for Seller {
    fn answer(&self, asked: &Asked<'_>) -> Result<Response<Bytes>, String> {
        let token = asked.header("x-amz-access-token");
        match asked.host {
            "tokens.example" => {
                let form = "grant_type=refresh_token&refresh_token=Atzr%7Crefresh\
                            &client_id=amzn1.client&client_secret=s%26cret";
                let is_in_order = asked.path == "/auth/o2/token"
                    && asked.request.method() == Method::POST
                    && asked.request.body() == form;
                if !is_in_order {
                    return Err("the token is asked for wrongly".to_owned());
                }
                let token = self.tokens.grant();
                Ok(answer(200, format!("{{\"access_token\":\"{token}\",\"expires_in\":3600}}")))
            }
            "files.example" if token.is_empty() => {
                asked.only(&["X-Amz-Signature"])?;
                self.file(asked.path.trim_start_matches('/'))
            }
            "sellingpartner.example" if !self.tokens.is_good(token) => {
                Ok(answer(401, "{\"errors\":[{\"code\":\"Unauthorized\"}]}"))
            }
            "sellingpartner.example" if asked.header("user-agent").is_empty() => {
                Err("no User-Agent".to_owned())
            }
            "sellingpartner.example" if asked.path == "/reports/2021-06-30/reports" => {
                self.reports(asked)
            }
            "sellingpartner.example" => {
                let n = asked.path.strip_prefix("/reports/2021-06-30/documents/amzn1.spdoc.");
                let n: usize = n.and_then(|n| n.parse().ok()).ok_or("no such document")?;
                let packed = if n % 2 == 1 { ",\"compressionAlgorithm\":\"GZIP\"" } else { "" };
                Ok(answer(
                    200,
                    format!("{{\"url\":\"https://files.example/{n}?X-Amz-Signature=1\"{packed}}}"),
                ))
            }
            other => Err(format!("a request to {other}, or with a token where none belongs")),
        }
    }

    fn end_tokens(&self) {
        self.tokens.end();
    }
}
