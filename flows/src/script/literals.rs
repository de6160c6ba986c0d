//! What is written out in an expression: the values near which its answer changes.

use indexmap::IndexMap;
use rhai::{ASTNode, Array, Expr};
use serde_json::Value;

use super::{CONSENTS, Script, to_value};

/// A piece of a condition that `&&` and `||` join to others: the variables it reads, and the values that are
/// written out in it.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Piece {
    pub(crate) reads: Vec<String>,
    pub(crate) literals: Vec<Value>,
}

impl Script {
    /// Its pieces, in the order they are written.
    pub(crate) fn pieces(&self) -> Vec<Piece> {
        let mut pieces: IndexMap<*const Expr, Piece> = IndexMap::new();
        self.ast.walk(&mut |path: &[ASTNode<'_>]| {
            let exprs = path
                .iter()
                .filter_map(|node| if let ASTNode::Expr(expr) = node { Some(*expr) } else { None });
            let exprs: Vec<&Expr> = exprs.collect();
            let joined = exprs.iter().rposition(|expr| matches!(expr, Expr::And(..) | Expr::Or(..)));
            let (Some(last), Some(first)) = (exprs.last(), exprs.get(joined.map_or(0, |at| at + 1))) else {
                return true;
            };
            let piece = pieces.entry(std::ptr::from_ref(*first)).or_default();
            if let Expr::Variable(variable, ..) = last {
                piece.reads.push(variable.1.to_string());
            } else if let Expr::Property(property, _) = last
                && exprs.iter().rev().nth(1).is_some_and(|of| is_taken_from(last, of, CONSENTS))
            {
                // What for is a name here, as it is a text in `contact.consents["publicidad"]`.
                piece.literals.push(property.2.as_str().into());
            } else if let Some(literal) = last.get_literal_value(None) {
                match literal.read_lock::<Array>() {
                    Some(items) => piece.literals.extend(items.iter().filter_map(|item| to_value(item).ok())),
                    None => piece.literals.extend(to_value(&literal).ok()),
                }
                piece
                    .literals
                    .retain(|literal| literal.is_string() || literal.is_number() || literal.is_boolean());
            }
            true
        });
        pieces.into_values().collect()
    }

    /// Whether its value depends on when it is worked out.
    pub(crate) fn asks_when(&self) -> bool {
        self.is_here
    }
}

/// Whether this is taken out of a field of that name.
fn is_taken_from(expr: &Expr, of: &Expr, name: &str) -> bool {
    let Expr::Dot(pair, ..) = of else { return false };
    std::ptr::eq(&pair.rhs, expr) && matches!(&pair.lhs, Expr::Property(field, _) if field.2 == name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_out_is_found_beside_what_it_is_compared_with() {
        let pieces = |source: &str| -> Vec<(Vec<String>, Vec<Value>)> {
            let pieces = Script::compile(source).unwrap().pieces().into_iter();
            let pieces = pieces.map(|mut piece| {
                piece.literals.dedup();
                (piece.reads, piece.literals)
            });
            pieces.filter(|(reads, literals)| !reads.is_empty() || !literals.is_empty()).collect()
        };
        let of = |name: &str, values: &[Value]| (vec![name.to_owned()], values.to_vec());
        assert_eq!(pieces("personas > 12"), [of("personas", &[json!(12)])]);
        assert_eq!(
            pieces("hora < \"13:00\" || (total >= 2.5 && !hay)"),
            [of("hora", &[json!("13:00")]), of("total", &[json!(2.5)]), of("hay", &[])]
        );
        let in_list = pieces("plain(ciudad) in [\"lima\", \"callao\"]");
        let [(reads, literals)] = &in_list[..] else { panic!("{in_list:?}") };
        assert_eq!(reads, &["ciudad"]);
        assert!(literals.contains(&json!("lima")) && literals.contains(&json!("callao")), "{literals:?}");
        assert_eq!(pieces("boleta"), [of("boleta", &[])]);
        for source in ["contact.consents.ofertas", "contact.consents[\"ofertas\"]"] {
            assert_eq!(pieces(source), [of("contact", &[json!("ofertas")])], "{source}");
        }
    }
}
