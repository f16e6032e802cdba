//! Faults: what the company answers when it refuses, with the codes of quickbooks.md §7.

mod files;
mod stock;
mod tax;
mod time;
mod values;

use std::borrow::Cow;

use crate::json::Json;

/// One refusal. Kept behind a box: results carry it through every function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault(Box<Body>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Body {
    status: u16,
    kind: &'static str,
    code: u16,
    message: Cow<'static, str>,
    detail: Cow<'static, str>,
    element: Option<Cow<'static, str>>,
}

pub(crate) type Result<T> = std::result::Result<T, Fault>;

type Text = Cow<'static, str>;

impl Fault {
    fn validation(code: u16, message: &'static str, detail: impl Into<Text>) -> Self {
        Self(Box::new(Body {
            status: 400,
            kind: "ValidationFault",
            code,
            message: message.into(),
            detail: detail.into(),
            element: None,
        }))
    }

    pub(crate) fn at(mut self, element: impl Into<Text>) -> Self {
        self.0.element = Some(element.into());
        self
    }

    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    fn system(status: u16, code: u16, message: &'static str, detail: impl Into<Text>) -> Self {
        let mut fault = Self::validation(code, message, detail);
        fault.0.status = status;
        fault.0.kind = "SystemFault";
        fault
    }

    pub(crate) fn malformed(detail: impl Into<Text>) -> Self {
        Self::system(400, 400, "MalformedRequest", detail)
    }

    pub(crate) fn unsupported(operation: &str) -> Self {
        Self::validation(
            500,
            "Unsupported Operation",
            format!("Operation {operation} is not supported."),
        )
    }

    pub(crate) fn not_simulated(what: &str) -> Self {
        Self::validation(
            5030,
            "Feature Not Supported Error",
            format!("Feature Not Supported Error : {what} is not part of this simulator."),
        )
    }

    pub(crate) fn request_id() -> Self {
        Self::validation(2130, "Invalid Request Id Format", "Invalid Request Id Format")
            .at("requestid")
    }

    pub(crate) fn not_found() -> Self {
        Self::validation(
            610,
            "Object Not Found",
            "Object Not Found : Something you're trying to use has been made inactive. Check the \
             fields with accounts, customers, items, vendors or employees.",
        )
    }

    pub(crate) fn cannot_link(txn_id: &str) -> Self {
        Self::validation(
            620,
            "Transaction cannot be linked",
            format!("Transaction ID {txn_id} cannot be linked."),
        )
    }

    pub(crate) fn batch_too_big(most: usize) -> Self {
        Self::validation(
            1040,
            "Batch size exceeds allowed limit",
            format!("Batch size exceeds the allowed limit of {most}"),
        )
    }

    pub(crate) fn object_name(name: &str) -> Self {
        Self::validation(
            2000,
            "Invalid or unsupported object name",
            format!("The specified object name is unsupported or invalid. Object Name: {name}"),
        )
    }

    /// An unknown property, in the words of the JSON library behind the API (quickbooks.md §2).
    pub(crate) fn unknown_property(property: &str, class: &str, known: &[&str]) -> Self {
        let mut detail = format!(
            "Property Name:Unrecognized field \"{property}\" (class \
             com.intuit.schema.finance.v3.{class}), not marked as ignorable ({} known properties: ",
            known.len()
        );
        for (n, name) in known.iter().enumerate() {
            detail.push_str(if n == 0 { "\"" } else { ", \"" });
            detail.push_str(name);
            detail.push('"');
        }
        detail.push_str("]) is unsupported or invalid");
        Self::validation(2010, "Request has invalid or unsupported property", detail)
    }

    pub(crate) fn invalid_property(detail: impl Into<Text>) -> Self {
        Self::validation(2010, "Request has invalid or unsupported property", detail)
    }

    pub(crate) fn missing(parameter: &'static str) -> Self {
        Self::validation(
            2020,
            "Required param missing, need to supply the required value for the API",
            format!("Required parameter {parameter} is missing in the request"),
        )
        .at(parameter)
    }

    /// The wording seen when a deposit line carries DetailType next to a link (quickbooks.md §8).
    pub(crate) fn missing_deposit_account() -> Self {
        Self::missing("Line.DepositLineDetail.AccountRef")
    }

    pub(crate) fn invalid_id(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2030,
            "Invalid ID",
            format!("Id should be a valid number. Supplied value:{supplied}"),
        )
        .at(element)
    }

    pub(crate) fn characters(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2040,
            "Invalid String. The string may have unsupported characters",
            format!("Element contains invalid characters: {supplied}"),
        )
        .at(element)
    }

    pub(crate) fn length(element: &'static str, min: usize, max: usize, supplied: usize) -> Self {
        Self::validation(
            2050,
            "String length is either shorter or longer than supported by specification",
            format!(
                "String length specified does not match the supported length. Min:{min} Max:{max} \
                 supplied:{supplied} characters"
            ),
        )
        .at(element)
    }

    pub(crate) fn decimal(
        element: &'static str,
        supplied: &str,
        why: crate::money::BadNumber,
    ) -> Self {
        let (code, message) = match why {
            crate::money::BadNumber::Format => (2100, "Invalid Decimal Format"),
            crate::money::BadNumber::Range => (2110, "Invalid Decimal"),
        };
        Self::validation(
            code,
            message,
            format!("The decimal is not valid. Supplied value:{supplied}"),
        )
        .at(element)
    }

    pub(crate) fn enumeration(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2170,
            "Invalid Enumeration",
            format!("Invalid Enumeration : {element} has an unsupported value {supplied}"),
        )
        .at(element)
    }

    pub(crate) fn number_range(element: &'static str, supplied: &str) -> Self {
        Self::validation(
            2240,
            "Invalid Number Range",
            format!("The number is not within the valid range. Supplied value:{supplied}"),
        )
        .at(element)
    }

    pub(crate) fn no_lines() -> Self {
        Self::validation(2250, "Missing Lines", "You must fill out at least one split line.")
            .at("Line")
    }

    pub(crate) fn no_posting_type() -> Self {
        Self::validation(
            2260,
            "Missing Posting Type",
            "Posting type is required. Valid values are Credit or Debit.",
        )
        .at("PostingType")
    }

    pub(crate) fn negative() -> Self {
        Self::validation(
            2290,
            "Negative Amount",
            "Negative amounts are not supported on transaction lines.",
        )
        .at("Line.Amount")
    }

    pub(crate) fn unbalanced() -> Self {
        Self::validation(
            2300,
            "Amount on debits not equal to credits",
            "Total Debits and Credits are not equal. Balance the debits and credits.",
        )
    }

    pub(crate) fn no_income_account(item: &str) -> Self {
        Self::validation(
            2390,
            "Invalid item account",
            format!("The item {item} has no income account."),
        )
    }

    pub(crate) fn reference(element: &'static str, what: &str, id: &str) -> Self {
        Self::validation(
            2500,
            "Invalid Reference Id",
            format!("Invalid Reference Id : {what} element id {id} not found"),
        )
        .at(element)
    }

    pub(crate) fn query_parser(detail: impl Into<Text>) -> Self {
        Self::validation(4000, "Error parsing query", detail)
    }

    pub(crate) fn query_validation(detail: &str) -> Self {
        Self::validation(4001, "Invalid query", format!("QueryValidationError: {detail}"))
    }

    pub(crate) fn stale(user: &str) -> Self {
        Self::validation(
            5010,
            "Stale Object Error",
            format!(
                "Stale Object Error : You and {user} were working on this at the same time. {user} \
                 finished before you did, so your work was not saved."
            ),
        )
    }

    /// Recorded for a report name that does not exist (oauth-jsclient issue 89).
    pub(crate) fn no_access(element: &'static str) -> Self {
        Self::validation(
            5020,
            "Permission Denied Error",
            "Permission Denied Error : You do not have the access rights to use this feature.",
        )
        .at(element)
    }

    pub(crate) fn business(detail: &str) -> Self {
        Self::validation(
            6000,
            "A business validation error has occurred while processing your request",
            format!("Business Validation Error: {detail}"),
        )
    }

    pub(crate) fn account_type_missing() -> Self {
        Self::validation(
            6010,
            "Invalid Account.AccountType && Account.SubType",
            "Either Account.AccountType or Account.AccountSubType should be specified.",
        )
    }

    pub(crate) fn line_amount(supplied: &str) -> Self {
        Self::validation(
            6070,
            "Amount calculation incorrect in the request",
            format!(
                "Amount calculation incorrect in the request, Amount is not equal to UnitPrice * \
                 Qty. Supplied value:{supplied}"
            ),
        )
    }

    pub(crate) fn no_name() -> Self {
        Self::validation(
            6080,
            "No Name Provided",
            "At least one of Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix should \
             be provided.",
        )
    }

    pub(crate) fn discount_incomplete() -> Self {
        Self::validation(
            6090,
            "Discount Line missing required info",
            "A discount amount or percent is required.",
        )
    }

    pub(crate) fn tax_code(supplied: &str) -> Self {
        Self::validation(
            6100,
            "Invalid Line TaxCode in the request",
            format!("For US, specify TAX or NON. Supplied value:{supplied}"),
        )
    }

    pub(crate) fn duplicate_number(number: &str, kind: &str, id: u32) -> Self {
        Self::validation(
            6140,
            "Duplicate Document Number Error",
            format!(
                "Duplicate Document Number Error : You must specify a different number. This number \
                 has already been used. DocNumber={number} is assigned to TxnType={kind} with \
                 TxnId={id}"
            ),
        )
    }

    pub(crate) fn too_deep() -> Self {
        Self::validation(
            6180,
            "Sub Level Limit",
            "You have reached the maximum of 5 levels of sub-items.",
        )
    }

    pub(crate) fn subscription_ended() -> Self {
        let mut fault = Self::validation(
            6190,
            "Invalid Company Status Error",
            "Invalid Company Status Error : The subscription period has ended or canceled or there \
             was a billing problem.",
        );
        fault.0.status = 403;
        fault
    }

    /// 6200 when the books are closed, 6210 when a password would open them.
    pub(crate) fn period_closed(password: bool) -> Self {
        if !password {
            return Self::validation(
                6200,
                "Account Period Closed Error",
                "Account Period Closed Error : The books are closed for this date.",
            );
        }
        Self::validation(
            6210,
            "Account Period Closed, Cannot Update Through Services API",
            "The account period has closed and the account books cannot be updated through the QBO \
             Services API. Please use the QBO website to make these changes.",
        )
    }

    pub(crate) fn has_balance() -> Self {
        Self::validation(
            6220,
            "Delete Entity Has Balance Error",
            "The object you are trying to make inactive has an open balance.",
        )
    }

    pub(crate) fn duplicate_name() -> Self {
        Self::validation(
            6240,
            "Duplicate Name Exists Error",
            "The name supplied already exists. : null",
        )
    }

    pub(crate) fn account_type(element: &'static str) -> Self {
        Self::validation(
            6430,
            "Invalid account type used",
            "Invalid account type: You need to select a different type of account for this \
             transaction.",
        )
        .at(element)
    }

    pub(crate) fn deposited() -> Self {
        Self::validation(
            6540,
            "Deposited Transaction cannot be changed",
            "Deposited Transaction cannot be changed : This transaction has been deposited. If you \
             want to change or delete it, you must edit the deposit it appears on and remove it \
             first.",
        )
    }

    /// An item of a batch that is over a limit (quickbooks.md §4).
    pub(crate) fn throttled() -> Self {
        let detail = "The request limit was reached.  Try again later";
        let message = "message=ThrottleExceeded; errorCode=003001; statusCode=429";
        let mut fault = Self::validation(3001, message, detail);
        fault.0.kind = "SERVICE";
        fault
    }

    pub(crate) fn application_error() -> Self {
        let mut fault = Self::validation(
            10000,
            "An application error has occurred while processing your request",
            "System Failure Error: An application error has occurred",
        );
        fault.0.status = 500;
        fault.0.kind = "SystemFault";
        fault
    }

    pub(crate) fn too_large() -> Self {
        Self::validation(10100, "Result Set Big", "The result for the query is too large.")
    }

    /// `"Fault":{...}` without braces around, for envelopes and batch items.
    pub(crate) fn write(&self, json: &mut Json) {
        let body = &self.0;
        json.key("Fault");
        json.open();
        json.key("Error");
        json.open_array();
        json.open();
        json.field("Message", &body.message);
        json.field("Detail", &body.detail);
        json.key("code");
        json.string(&body.code.to_string());
        if let Some(element) = &body.element {
            json.field("element", element);
        }
        json.close();
        json.close_array();
        json.field("type", body.kind);
        json.close();
    }

    /// The whole answer body.
    pub(crate) fn envelope(&self, now_us: i64) -> String {
        let mut json = Json::with_capacity(512);
        json.open();
        self.write(&mut json);
        json.field_time("time", now_us);
        json.close();
        json.out
    }
}

/// The gateway's lower-case envelope for 401 and 403, as recorded (quickbooks.md §1).
pub(crate) fn gateway_fault(
    status: u16,
    code: u16,
    name: &str,
    detail: &str,
    kind: &str,
    now_us: i64,
) -> String {
    let mut json = Json::with_capacity(400);
    json.open();
    json.field_raw("warnings", "null");
    json.field_raw("intuitObject", "null");
    json.key("fault");
    json.open();
    json.key("error");
    json.open_array();
    json.open();
    json.field("message", &format!("message={name}; errorCode={code:06}; statusCode={status}"));
    json.field("detail", detail);
    json.field("code", &code.to_string());
    json.field_raw("element", "null");
    json.close();
    json.close_array();
    json.field("type", kind);
    json.close();
    json.field_raw("report", "null");
    json.field_raw("queryResponse", "null");
    json.field_raw("batchItemResponse", "[]");
    json.field_raw("attachableResponse", "[]");
    json.field_raw("syncErrorResponse", "null");
    json.field_raw("requestId", "null");
    json.field_number("time", u64::try_from(now_us / 1_000).unwrap_or(0));
    json.field_raw("status", "null");
    json.field_raw("cdcresponse", "[]");
    json.close();
    json.out
}

/// The throttle answer: XML even when JSON was asked for (quickbooks.md §6).
pub(crate) fn throttle_xml(now_us: i64) -> String {
    let message = "message=ThrottleExceeded; errorCode=003001; statusCode=429";
    let detail = "The request limit was reached.  Try again later";
    crate::xml::gateway_fault("SERVICE", "3001", message, detail, now_us)
}
