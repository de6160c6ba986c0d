//! What a condition claims, as far as it can be told without working it out: comparisons with constants.

use rhai::{Expr, FnCallExpr};
use serde_json::Value;

use super::data::same;
use super::{Script, to_value};

/// The most ways in which a condition is looked at.
const MAX_WAYS: usize = 32;

/// What a condition says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Says {
    /// It holds, whatever the data.
    Always,
    /// It never holds.
    Never,
    /// It holds in each of these ways and in no other.
    Ways(Vec<Way>),
}

/// A way in which a condition holds: all of its claims are true.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Way {
    pub claims: Vec<Claim>,
    /// It needs more than the claims: what that is cannot be told.
    pub more: bool,
}

/// Something is of these.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Claim {
    /// What is looked at, written one way.
    pub of: String,
    /// Whether that is the name of a variable and nothing else.
    pub is_variable: bool,
    pub is: Set,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Set {
    Among(Vec<Value>),
    Not(Vec<Value>),
    /// Numbers from and to; each bound with whether it belongs to them.
    Range(Option<(f64, bool)>, Option<(f64, bool)>),
}

impl Script {
    /// What it says as a condition.
    pub(crate) fn says(&self) -> Says {
        // One that reads nothing and does not ask for the time is the same for ever.
        if self.reads.is_empty() && !self.is_here {
            let holds = self.eval(|_| rhai::Dynamic::UNIT).ok().and_then(|value| value.as_bool().ok());
            return match holds {
                Some(true) => Says::Always,
                Some(false) => Says::Never,
                None => Says::Ways(vec![Way { claims: Vec::new(), more: true }]),
            };
        }
        let [rhai::Stmt::Expr(expr)] = self.ast.statements() else {
            return Says::Ways(vec![Way { claims: Vec::new(), more: true }]);
        };
        let mut ways = ways(expr);
        ways.retain(|way| !way.contradicts_itself());
        if ways.is_empty() { Says::Never } else { Says::Ways(ways) }
    }
}

impl Way {
    /// Whether another way holds whenever this one does.
    pub(crate) fn implies(&self, other: &Way) -> bool {
        let found =
            |wanted: &Claim| self.claims.iter().any(|own| own.of == wanted.of && own.is.within(&wanted.is));
        !other.more && other.claims.iter().all(found)
    }

    fn contradicts_itself(&self) -> bool {
        self.claims.iter().enumerate().any(|(i, claim)| {
            self.claims[..i].iter().any(|other| other.of == claim.of && claim.is.excludes(&other.is))
        })
    }
}

impl Set {
    /// Whether every value in it is in the other one.
    fn within(&self, other: &Set) -> bool {
        match (self, other) {
            (Self::Among(own), _) => own.iter().all(|value| other.has(value)),
            (Self::Not(own), Self::Not(not)) => {
                not.iter().all(|value| own.iter().any(|own| same(own, value)))
            }
            (Self::Range(..), Self::Not(not)) => !not.iter().any(|value| self.has(value)),
            (Self::Range(low, high), Self::Range(other_low, other_high)) => {
                let starts = other_low.is_none_or(|(other, closed)| {
                    low.is_some_and(|(own, own_closed)| {
                        own > other || (own == other && (closed || !own_closed))
                    })
                });
                let ends = other_high.is_none_or(|(other, closed)| {
                    high.is_some_and(|(own, own_closed)| {
                        own < other || (own == other && (closed || !own_closed))
                    })
                });
                starts && ends
            }
            (Self::Not(_), _) | (Self::Range(..), Self::Among(_)) => false,
        }
    }

    /// Whether no value is in both.
    fn excludes(&self, other: &Set) -> bool {
        match (self, other) {
            (Self::Among(own), _) => !own.iter().any(|value| other.has(value)),
            (_, Self::Among(others)) => !others.iter().any(|value| self.has(value)),
            (Self::Range(low, high), Self::Range(other_low, other_high)) => {
                let apart = |high: &Option<(f64, bool)>, low: &Option<(f64, bool)>| match (high, low) {
                    (Some((high, closed)), Some((low, low_closed))) => {
                        high < low || (high == low && !(*closed && *low_closed))
                    }
                    _ => false,
                };
                apart(high, other_low) || apart(other_high, low)
            }
            _ => false,
        }
    }

    fn has(&self, value: &Value) -> bool {
        match self {
            Self::Among(values) => values.iter().any(|own| same(own, value)),
            Self::Not(values) => !values.iter().any(|own| same(own, value)),
            Self::Range(low, high) => value.as_f64().is_some_and(|n| {
                low.is_none_or(|(low, closed)| n > low || (closed && n == low))
                    && high.is_none_or(|(high, closed)| n < high || (closed && n == high))
            }),
        }
    }

    /// All other values; `None` where that cannot be said: what is no number is on no side.
    fn others(self) -> Option<Self> {
        match self {
            Self::Among(values) => Some(Self::Not(values)),
            Self::Not(values) => Some(Self::Among(values)),
            Self::Range(..) => None,
        }
    }
}

fn ways(expr: &Expr) -> Vec<Way> {
    let all = match expr {
        Expr::And(parts, _) => parts.iter().map(ways).reduce(|all, next| {
            let both = |one: &Way| next.iter().map(|other| one.clone().and(other)).collect::<Vec<_>>();
            all.iter().flat_map(both).take(MAX_WAYS + 1).collect()
        }),
        Expr::Or(parts, _) => Some(parts.iter().flat_map(ways).collect()),
        _ => Some(match claim(expr) {
            // One of several values is each of them in a way of its own.
            Some(Claim { of, is_variable, is: Set::Among(values) }) if values.len() <= MAX_WAYS => {
                let one = |value| Claim { of: of.clone(), is_variable, is: Set::Among(vec![value]) };
                values.into_iter().map(|value| Way { claims: vec![one(value)], more: false }).collect()
            }
            Some(claim) => vec![Way { claims: vec![claim], more: false }],
            None => vec![Way { claims: Vec::new(), more: true }],
        }),
    };
    all.filter(|ways| ways.len() <= MAX_WAYS).unwrap_or_else(|| vec![Way { claims: Vec::new(), more: true }])
}

impl Way {
    fn and(mut self, other: &Way) -> Way {
        self.claims.extend(other.claims.iter().cloned());
        self.more |= other.more;
        self
    }
}

fn claim(expr: &Expr) -> Option<Claim> {
    if let Expr::FnCall(call, _) = expr {
        match (call.name.as_str(), &call.args[..]) {
            ("!", [inner]) => {
                let Claim { of, is_variable, is } = claim(inner)?;
                return Some(Claim { of, is_variable, is: is.others()? });
            }
            ("contains", [Expr::Array(items, _), item]) => {
                let values = items.iter().map(constant).collect::<Option<Vec<_>>>();
                if let Some(values) = values {
                    return about(item, Set::Among(values));
                }
            }
            ("==" | "!=" | "<" | "<=" | ">" | ">=", [left, right]) => {
                let compared = match (constant(left), constant(right)) {
                    (None, Some(value)) => compared(call, value, false).map(|set| (left, set)),
                    (Some(value), None) => compared(call, value, true).map(|set| (right, set)),
                    _ => None,
                };
                if let Some((term, set)) = compared {
                    return about(term, set);
                }
            }
            _ => {}
        }
    }
    about(expr, Set::Among(vec![true.into()]))
}

/// The values that a comparison with a constant leaves; the constant may stand on the left.
fn compared(call: &FnCallExpr, value: Value, turned: bool) -> Option<Set> {
    let n = value.as_f64();
    Some(match (call.name.as_str(), turned) {
        ("==", _) => Set::Among(vec![value]),
        ("!=", _) => Set::Not(vec![value]),
        ("<", false) | (">", true) => Set::Range(None, Some((n?, false))),
        ("<=", false) | (">=", true) => Set::Range(None, Some((n?, true))),
        (">", false) | ("<", true) => Set::Range(Some((n?, false)), None),
        (">=", false) | ("<=", true) => Set::Range(Some((n?, true)), None),
        _ => return None,
    })
}

fn about(term: &Expr, is: Set) -> Option<Claim> {
    Some(Claim { of: plain(term)?, is_variable: matches!(term, Expr::Variable(..)), is })
}

fn constant(expr: &Expr) -> Option<Value> {
    let minus = |value: Value| match value.as_i64() {
        Some(n) => n.checked_neg().map(Value::from),
        None => value.as_f64().map(|n| Value::from(-n)),
    };
    match expr {
        Expr::FnCall(call, _) => match (call.name.as_str(), &call.args[..]) {
            ("-", [only]) => constant(only).and_then(minus),
            _ => None,
        },
        // Nothing is not a value that something could be chosen from.
        Expr::Unit(_) => None,
        Expr::BoolConstant(..)
        | Expr::IntegerConstant(..)
        | Expr::FloatConstant(..)
        | Expr::StringConstant(..) => to_value(&expr.get_literal_value(None)?).ok(),
        _ => None,
    }
}

/// The expression written one way; `None` when that is too much.
fn plain(expr: &Expr) -> Option<String> {
    let all = |args: &[Expr]| Some(args.iter().map(plain).collect::<Option<Vec<_>>>()?.join(","));
    Some(match expr {
        Expr::Variable(variable, ..) => variable.1.to_string(),
        Expr::Property(property, _) => property.2.to_string(),
        Expr::Dot(pair, ..) => format!("{}.{}", plain(&pair.lhs)?, plain(&pair.rhs)?),
        Expr::Index(pair, ..) => format!("{}[{}]", plain(&pair.lhs)?, plain(&pair.rhs)?),
        Expr::FnCall(call, _) | Expr::MethodCall(call, _) => format!("{}({})", call.name, all(&call.args)?),
        Expr::Coalesce(parts, _) => format!("??({})", all(parts)?),
        Expr::And(parts, _) => format!("&&({})", all(parts)?),
        Expr::Or(parts, _) => format!("||({})", all(parts)?),
        Expr::Array(items, _) => format!("[{}]", all(items)?),
        Expr::Unit(_) => "()".to_owned(),
        _ => constant(expr)?.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(source: &str) -> Says {
        Script::compile(source).unwrap().says()
    }

    fn ways_of(source: &str) -> Vec<Way> {
        match says(source) {
            Says::Ways(ways) => ways,
            other => panic!("{source}: {other:?}"),
        }
    }

    /// Whether the second condition holds whenever the first one does.
    fn implies(first: &str, second: &str) -> bool {
        let (first, second) = (ways_of(first), ways_of(second));
        first.iter().all(|own| second.iter().any(|other| own.implies(other)))
    }

    #[test]
    fn a_condition_that_reads_nothing_is_the_same_for_ever() {
        assert_eq!(says("true"), Says::Always);
        assert_eq!(says("1 + 1 == 3"), Says::Never);
        assert!(matches!(says("hour(now()) > 8"), Says::Ways(_)), "it asks for the time");
        assert_eq!(says("x == \"a\" && x == \"b\""), Says::Never);
        assert_eq!(says("x > 5 && x < 5"), Says::Never);
        assert_eq!(says("x in [1, 2] && x > 2"), Says::Never);
        assert!(matches!(says("x >= 5 && x <= 5"), Says::Ways(_)));
    }

    #[test]
    fn what_holds_whenever_something_else_does() {
        for (first, second) in [
            ("x > 10", "x > 5"),
            ("x >= 10", "x > 5"),
            ("x > 5", "x >= 5"),
            ("5 < x", "x > 5"),
            ("x == 7", "x > 5"),
            ("x == 7", "x == 7.0"),
            ("x == \"a\"", "x in [\"a\", \"b\"]"),
            ("x == \"a\"", "x != \"b\""),
            ("x == \"a\" && y > 2", "x == \"a\""),
            ("x == \"a\"", "y == 1 || x == \"a\""),
            ("x == \"a\" || x == \"b\"", "x in [\"b\", \"a\"]"),
            ("plain(x) == \"a\"", "y || plain( x ) == \"a\""),
            ("!pagado", "!pagado"),
            ("contact.tags.len() > 3", "contact.tags.len() > 2"),
            ("x == -3", "x < -2"),
            ("!(x in [1, 2])", "x != 2"),
        ] {
            assert!(implies(first, second), "{first} ⇒ {second}");
        }
        for (first, second) in [
            ("x > 5", "x > 10"),
            ("x >= 5", "x > 5"),
            ("x != \"b\"", "x == \"a\""),
            ("x == \"a\"", "y == \"a\""),
            ("x == \"a\"", "x == \"a\" && y"),
            ("x == \"a\" || y", "x == \"a\""),
            ("x == \"a\"", "x == \"a\" && (y ?? z) > w"),
            ("x < 5", "x != 3"),
            ("x == 1", "x == \"1\""),
            ("!(x > 5)", "x <= 5"),
            ("x == ()", "x == \"\""),
        ] {
            assert!(!implies(first, second), "{first} ⇏ {second}");
        }
    }
}
