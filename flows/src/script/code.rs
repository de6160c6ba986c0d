//! Scripts of several orders: what an expression can, and variables of one's own, loops and conditions. What
//! they leave in the variables that the step declares is kept.
//!
//! Loops make the work depend on the data, so here it is the number of Rhai's operations that stops a script
//! ([`MAX_OPERATIONS`]), whatever an operation costs within the limits of a value.

use std::sync::LazyLock;

use rhai::packages::{BasicIteratorPackage, Package};
use rhai::{ASTNode, Caches, Dynamic, Engine, EvalContext, Expr, Position, Scope, Stmt, StmtBlock};
use serde_json::Value;

use super::data::Data;
use super::{ScriptError, failed, function, inspect, not_allowed, to_value, unreadable};
use crate::fields::Name;
use crate::step::{Context, Failure};

/// The longest script, in characters.
pub const MAX_CODE: usize = 4_000;

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = super::engine();
    engine.register_global_module(BasicIteratorPackage::new().as_shared_module());
    engine.register_iterator::<Data>();
    engine
});

/// A compiled script.
#[derive(Debug)]
pub(crate) struct Code {
    block: Expr,
    /// The variables of the flow that it names, with their first place.
    pub(crate) reads: Vec<(String, Position)>,
    /// Those to which it gives a value, with their first place.
    pub(crate) assigns: Vec<(String, Position)>,
}

impl Code {
    /// Reads a script and makes sure that it can only work out values.
    pub(crate) fn compile(source: &str) -> Result<Self, ScriptError> {
        if source.chars().count() > MAX_CODE {
            let help = "Divídelo en varios pasos.";
            return Err(ScriptError::new(
                "expr.too_long",
                format!("El código pasa de {MAX_CODE} caracteres."),
                help,
            ));
        }
        let ast = ENGINE.compile(source).map_err(|error| unreadable(&error))?;
        let (mut reads, mut assigns, mut own) = (Vec::new(), Vec::new(), Vec::new());
        let mut wrong = None;
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            wrong = match path.last() {
                Some(ASTNode::Expr(expr)) => inspect(expr, path, &mut reads).err(),
                Some(ASTNode::Stmt(stmt)) => order(stmt, &mut own, &mut assigns).err(),
                _ => None,
            };
            wrong.is_none()
        });
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        reads.retain(|(name, _)| !own.contains(name));
        assigns.retain(|(name, _)| !own.contains(name));
        let statements = ast.statements().to_vec();
        let block = StmtBlock::new(statements, Position::NONE, Position::NONE);
        Ok(Self { block: Expr::Stmt(Box::new(block)), reads, assigns })
    }

    /// Runs it: what it leaves in these variables.
    pub(crate) fn run(
        &self,
        source: &str,
        outputs: &[Name],
        cx: &Context<'_>,
    ) -> Result<Vec<(Name, Value)>, Failure> {
        let mut scope = Scope::new();
        let read = self.reads.iter().map(|(name, _)| name.as_str());
        for name in read.chain(outputs.iter().map(Name::source)) {
            if !scope.contains(name) {
                scope.push_dynamic(name, super::lookup(cx, name));
            }
        }
        let mut global = ENGINE.new_global_runtime_state();
        global.tag = Dynamic::from(cx.facts().place());
        let mut caches = Caches::new();
        let mut context = EvalContext::new(&ENGINE, &mut global, &mut caches, &mut scope, None);
        let done = context.eval_expression_tree(&(&self.block).into());
        let _last = done.map_err(|error| failed(source, &error))?;
        let output = |name: &Name| {
            let value = scope.get(name.source()).map_or(Ok(Value::Null), to_value);
            Ok((name.clone(), value.map_err(|wrong| wrong.of(name.source()))?))
        };
        outputs.iter().map(output).collect()
    }
}

/// Whether an order is one of those that only work out values.
fn order(
    stmt: &Stmt,
    own: &mut Vec<String>,
    assigns: &mut Vec<(String, Position)>,
) -> Result<(), ScriptError> {
    match stmt {
        Stmt::Noop(_)
        | Stmt::If(..)
        | Stmt::Switch(..)
        | Stmt::While(..)
        | Stmt::Do(..)
        | Stmt::Block(_)
        | Stmt::Expr(_)
        | Stmt::BreakLoop(..) => {}
        Stmt::FnCall(call, position) => {
            if !call.namespace.is_empty() {
                return Err(not_allowed("«::» no se puede usar aquí.").at(*position));
            }
            if !call.is_operator_call() {
                function(&call.name).map_err(|error| error.at(*position))?;
            }
        }
        Stmt::Var(declared, ..) => own.push(declared.0.name.to_string()),
        Stmt::For(parts, _) => {
            own.push(parts.0.name.to_string());
            own.extend(parts.1.iter().map(|counter| counter.name.to_string()));
        }
        Stmt::Assignment(assigned) => {
            if let Expr::Variable(variable, _, position) = &assigned.1.lhs
                && !assigns.iter().any(|(name, _)| *name == variable.1.as_str())
            {
                assigns.push((variable.1.to_string(), *position));
            }
        }
        other => return Err(not_allowed("Esta orden no se puede usar aquí.").at(other.position())),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_says_what_it_reads_and_writes() {
        let code = Code::compile("let sum = 0; for n in precios { sum += n; } total = sum * 1.18;").unwrap();
        let names =
            |list: &[(String, Position)]| list.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&code.reads), ["precios", "total"]);
        assert_eq!(names(&code.assigns), ["total"]);
    }

    #[test]
    fn what_is_not_working_out_values_is_refused() {
        for source in [
            "fn f() { 1 }",
            "import \"x\"",
            "eval(\"1\")",
            "print(1)",
            "throw 1",
            "try { 1 } catch { 2 }",
            "return 1",
            "sleep(5)",
            "let x = ;",
        ] {
            assert!(Code::compile(source).is_err(), "{source}");
        }
        assert_eq!(Code::compile(&"1;".repeat(MAX_CODE)).unwrap_err().code, "expr.too_long");
    }
}
