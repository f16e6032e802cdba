//! Conditions of rules: CEL over a closed set of variables.

use super::error::nearest;
use cel::common::ast::{EntryExpr, Expr, IdedExpr, LiteralValue};
use cel::{Env, Program, Value};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Everything a condition may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Variable {
    LineKind,
    LineSku,
    LineTitle,
    LineQuantity,
    LineAmount,
    OrderChannel,
    OrderCurrency,
    OrderTotal,
    OrderCustomer,
    AdjustmentReason,
    FeeReason,
    EntryCategory,
}

use Variable as V;

const NAMES: [(V, &str); 12] = [
    (V::LineKind, "line.kind"),
    (V::LineSku, "line.sku"),
    (V::LineTitle, "line.title"),
    (V::LineQuantity, "line.quantity"),
    (V::LineAmount, "line.amount"),
    (V::OrderChannel, "order.channel"),
    (V::OrderCurrency, "order.currency"),
    (V::OrderTotal, "order.total"),
    (V::OrderCustomer, "order.customer"),
    (V::AdjustmentReason, "adjustment.reason"),
    (V::FeeReason, "fee.reason"),
    (V::EntryCategory, "entry.category"),
];

impl Variable {
    pub(crate) fn name(self) -> &'static str {
        NAMES[self as usize].1
    }

    /// Which kind of thing the variable belongs to.
    pub(crate) const fn domain(self) -> Domain {
        match self {
            V::AdjustmentReason => Domain::Adjustment,
            V::FeeReason => Domain::Fee,
            V::EntryCategory => Domain::Entry,
            _ => Domain::Line,
        }
    }

    const fn is_number(self) -> bool {
        matches!(self, V::LineQuantity | V::LineAmount | V::OrderTotal)
    }
}

/// What a rule is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Domain {
    /// Order and refund lines.
    Line,
    /// The classes of order and refund lines, asked for beside their accounts.
    Class,
    /// Adjustments.
    Adjustment,
    /// Fees.
    Fee,
    /// Movements in a payout.
    Entry,
}

/// The value of a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word<'a> {
    Text(&'a str),
    Number(i64),
}

/// Something conditions can be asked about.
pub(crate) trait Words {
    fn word(&self, variable: Variable) -> Word<'_>;
}

/// A compiled condition.
pub(crate) struct Condition {
    program: Program,
    pub(crate) variables: BTreeSet<Variable>,
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").field("variables", &self.variables).finish_non_exhaustive()
    }
}

/// Why a condition cannot be used: what and how to fix it.
pub(crate) type Unusable = (String, String);

/// The functions conditions may use: CEL's own and the string extension (`lowerAscii`, …).
pub(crate) fn environment() -> Arc<Env> {
    let mut env = Env::stdlib();
    env.add_extension(cel::extensions::strings).expect("the string extension stands alone");
    Arc::new(env)
}

/// Compiles `text`, checks its variables and tries it once.
pub(crate) fn compile(env: &Arc<Env>, text: &str) -> Result<Condition, Unusable> {
    let program = env.compile(text).map_err(|errors| {
        let what = errors.errors.first().map_or_else(|| errors.to_string(), |e| e.msg.clone());
        (
            format!("the condition cannot be read: {what}"),
            "write CEL, e.g. line.kind == \"other\"".to_owned(),
        )
    })?;
    let mut variables = BTreeSet::new();
    let mut bound = Vec::new();
    walk(program.expression(), &mut bound, &mut variables)?;
    let condition = Condition { program, variables };
    condition.holds(env, &Sample).map_err(|what| {
        (
            format!("the condition does not work: {what}"),
            "make it true or false for every line".to_owned(),
        )
    })?;
    Ok(condition)
}

impl Condition {
    /// Whether the condition holds; an error names what went wrong in it.
    pub(crate) fn holds(&self, env: &Arc<Env>, words: &dyn Words) -> Result<bool, String> {
        let mut context = cel::Context::with_env(Arc::clone(env));
        for variable in &self.variables {
            let value = match words.word(*variable) {
                Word::Text(text) => Value::from(text),
                Word::Number(number) => Value::Int(number),
            };
            context.add_variable_from_value(variable.name(), value);
        }
        match self.program.execute(&context) {
            Ok(Value::Bool(answer)) => Ok(answer),
            Ok(other) => Err(format!("it gives {} instead of true or false", other.type_of())),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Values for trying a condition when it is compiled.
struct Sample;

impl Words for Sample {
    fn word(&self, variable: Variable) -> Word<'_> {
        if variable.is_number() { Word::Number(1) } else { Word::Text("sample") }
    }
}

/// Collects the variables of an expression, refusing unknown ones and binary floats.
fn walk<'e>(
    expression: &'e IdedExpr,
    bound: &mut Vec<&'e str>,
    found: &mut BTreeSet<Variable>,
) -> Result<(), Unusable> {
    match &expression.expr {
        Expr::Literal(LiteralValue::Double(_)) => Err((
            "a number with a decimal point".to_owned(),
            "amounts are whole minor units: write 1050 for 10.50".to_owned(),
        )),
        Expr::Unspecified | Expr::Literal(_) => Ok(()),
        Expr::Ident(name) if bound.contains(&name.as_str()) || name.starts_with('@') => Ok(()),
        Expr::Ident(name) => Err(unknown(name)),
        Expr::Select(select) => match &select.operand.expr {
            Expr::Ident(root) if !bound.contains(&root.as_str()) => {
                let name = format!("{root}.{}", select.field);
                let known = NAMES.iter().find(|(_, n)| *n == name);
                found.insert(known.ok_or_else(|| unknown(&name))?.0);
                Ok(())
            }
            _ => walk(&select.operand, bound, found),
        },
        Expr::Call(call) => {
            call.target.iter().try_for_each(|t| walk(t, bound, found))?;
            call.args.iter().try_for_each(|a| walk(a, bound, found))
        }
        Expr::List(list) => list.elements.iter().try_for_each(|e| walk(e, bound, found)),
        Expr::Map(map) => map.entries.iter().try_for_each(|e| entry(&e.expr, bound, found)),
        Expr::Struct(made) => made.entries.iter().try_for_each(|e| entry(&e.expr, bound, found)),
        Expr::Comprehension(c) => {
            walk(&c.iter_range, bound, found)?;
            walk(&c.accu_init, bound, found)?;
            let depth = bound.len();
            bound.extend([c.iter_var.as_str(), c.accu_var.as_str()]);
            bound.extend(c.iter_var2.as_deref());
            let inner = [&c.loop_cond, &c.loop_step, &c.result];
            let result = inner.into_iter().try_for_each(|e| walk(e, bound, found));
            bound.truncate(depth);
            result
        }
    }
}

fn entry<'e>(
    expression: &'e EntryExpr,
    bound: &mut Vec<&'e str>,
    found: &mut BTreeSet<Variable>,
) -> Result<(), Unusable> {
    match expression {
        EntryExpr::StructField(field) => walk(&field.value, bound, found),
        EntryExpr::MapEntry(pair) => {
            walk(&pair.key, bound, found)?;
            walk(&pair.value, bound, found)
        }
    }
}

fn unknown(name: &str) -> Unusable {
    let names: Vec<&str> = NAMES.iter().map(|(_, n)| *n).collect();
    let fix = match nearest(name, &names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("use one of {}", names.join(", ")),
    };
    (format!("`{name}` is no variable of rules"), fix)
}
