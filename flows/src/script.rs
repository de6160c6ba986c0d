//! Expressions: one small language, Rhai without statements, loops and functions of one's own.
//!
//! Everything that could cost or do too much is refused when the flow is read: only the functions in
//! [`FUNCTIONS`] exist, an expression is at most [`MAX_SOURCE`] characters, and without loops the work
//! of a script is bounded by its length. What can grow — texts — is bounded by [`MAX_STRING`] at every
//! operation, by every function of the house before it happens. Groups and lists are read in place ([`data`]), and what an
//! expression gives is bounded by [`MAX_VALUE`]. So a script needs no clock to be stopped.

pub(crate) mod claims;
mod code;
mod data;
mod functions;
mod literals;
#[cfg(test)]
mod page;

use std::sync::LazyLock;

use rhai::packages::{
    ArithmeticPackage, BasicMathPackage, BasicStringPackage, LogicPackage, MoreStringPackage, Package,
};
use rhai::{
    AST, ASTNode, Array, Caches, Dynamic, Engine, EvalAltResult, EvalContext, Expr, FnCallExpr,
    OptimizationLevel, ParseErrorType, Position, Scope, Stmt,
};
use serde_json::{Value, json};

pub(crate) use self::code::Code;
use self::data::{Data, same, to_dynamic};
pub use self::functions::{FUNCTION_GROUPS, FUNCTIONS, Function, FunctionGroup};
use crate::reading::Place;
use crate::step::{Context, Failure};
use crate::text::shortened;
use crate::words::{did_you_mean, suggestions};

/// The longest expression, in characters.
pub const MAX_SOURCE: usize = 1_000;
/// The longest text a script may make, in bytes.
pub const MAX_STRING: usize = 16 * 1024;
/// Rhai operations in one evaluation.
const MAX_OPERATIONS: u64 = 5_000;
const MAX_DEPTH: usize = 32;
/// A text of so many bytes is far from every limit.
const SHORT: usize = 1024;
/// Items of all lists and groups that an expression writes out. Those it reads are not copied.
const MAX_ITEMS: usize = 64;
/// The largest value an expression may give, in bytes: its texts, and 8 for everything in it.
pub const MAX_VALUE: usize = 16 * 1024 + 8;

/// What is known of the customer in every expression.
pub(crate) const CONTACT: &str = "contact";
/// What a server answered, in the expressions that read it.
pub(crate) const ANSWER: &str = "answer";
/// The field of it that holds what they allowed, by purpose.
pub(crate) const CONSENTS: &str = "consents";
pub(crate) const CONTACT_FIELDS: [&str; 6] = ["name", "phone", "language", "tags", "score", CONSENTS];

/// A compiled expression.
#[derive(Debug)]
pub(crate) struct Script {
    ast: AST,
    /// The variables it reads, with their first place.
    pub(crate) reads: Vec<(String, Position)>,
    /// It must be worked out with [`Self::eval_at`]: it calls a function that asks when or where.
    is_here: bool,
    /// Those of them that it reads without asking whether they are there (`if`, `switch`) and without saying
    /// what to take when not (`??`).
    pub(crate) needs: Vec<String>,
    /// It is the name of a variable and nothing else, as most are.
    is_name: bool,
}

/// Why an expression cannot be used, at a line and column (from 1) inside it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ScriptError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) help: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// What was probably meant there.
    pub(crate) meant: Option<Box<Meant>>,
}

/// A word that is wrong, and those that were probably meant.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Meant {
    pub(crate) word: String,
    pub(crate) near: Vec<&'static str>,
}

impl ScriptError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: help.into(), line: 1, column: 1, meant: None }
    }

    /// With what was probably meant by a word.
    fn meaning(self, word: &str, near: Vec<&'static str>) -> Self {
        Self { meant: Some(Box::new(Meant { word: word.to_owned(), near })), ..self }
    }

    fn at(mut self, position: Position) -> Self {
        self.line = position.line().unwrap_or(1);
        self.column = position.position().unwrap_or(1);
        self
    }
}

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let mut engine = engine();
    engine.set_allow_looping(false);
    for word in ["while", "loop", "for", "do", "let", "const"] {
        engine.disable_symbol(word);
    }
    engine
});

/// What expressions and scripts have in common.
fn engine() -> Engine {
    let mut engine = Engine::new_raw();
    for package in [
        ArithmeticPackage::new().as_shared_module(),
        BasicMathPackage::new().as_shared_module(),
        BasicStringPackage::new().as_shared_module(),
        LogicPackage::new().as_shared_module(),
        MoreStringPackage::new().as_shared_module(),
    ] {
        engine.register_global_module(package);
    }
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_expr_depths(MAX_DEPTH, MAX_DEPTH)
        .set_max_call_levels(8)
        .set_max_string_size(MAX_STRING)
        .set_max_array_size(MAX_ITEMS)
        .set_max_map_size(MAX_ITEMS)
        .set_max_variables(MAX_ITEMS)
        .set_max_functions(0)
        .set_max_modules(0)
        .set_allow_loop_expressions(false)
        .set_allow_statement_expression(false)
        .set_allow_anonymous_fn(false);
    for word in ["fn", "|", "eval", "import", "export", "return", "throw", "try"] {
        engine.disable_symbol(word);
    }
    register(&mut engine);
    engine
}

/// The house's own functions, and the data they are given.
fn register(engine: &mut Engine) {
    engine.register_fn("contains", |items: Array, item: Dynamic| has(&items, &item));
    functions::register(engine);
    data::register(engine);
    // Never reachable (not in FUNCTIONS); here so that no later change can make a script block or talk.
    engine
        .register_fn("sleep", |_: i64| refuse())
        .register_fn("sleep", |_: f64| refuse())
        .on_print(|_| {})
        .on_debug(|_, _, _| {});
}

type Checked<T> = Result<T, Box<EvalAltResult>>;

fn refuse() -> Checked<()> {
    Err("no se permite aquí".into())
}

fn has(items: &Array, item: &Dynamic) -> bool {
    let Ok(item) = to_value(item) else { return false };
    items.iter().any(|other| to_value(other).is_ok_and(|other| same(&other, &item)))
}

impl Script {
    /// Reads an expression and makes sure that it can do nothing but work out a value.
    pub(crate) fn compile(source: &str) -> Result<Self, ScriptError> {
        if source.chars().count() > MAX_SOURCE {
            return Err(ScriptError::new(
                "expr.too_long",
                format!("La expresión pasa de {MAX_SOURCE} caracteres."),
                "Divídela con pasos «set».",
            ));
        }
        if source.trim().is_empty() {
            return Err(ScriptError::new(
                "expr.empty",
                "La expresión está vacía.",
                "Escribe una expresión o quítala.",
            ));
        }
        let ast = ENGINE.compile_expression(source).map_err(|error| unreadable(&error))?;
        let mut reads: Vec<(String, Position)> = Vec::new();
        let mut is_here = false;
        let mut needs: Vec<String> = Vec::new();
        let mut wrong = None;
        ast.walk(&mut |path: &[ASTNode<'_>]| {
            let asks = |node: &ASTNode<'_>| {
                use ASTNode::{Expr as OfExpr, Stmt as OfStmt};
                matches!(node, OfExpr(Expr::Coalesce(..)) | OfStmt(Stmt::If(..) | Stmt::Switch(..)))
            };
            if let Some(ASTNode::Expr(Expr::FnCall(call, _) | Expr::MethodCall(call, _))) = path.last() {
                is_here |= functions::is_here(&call.name);
            }
            if let Some(ASTNode::Expr(Expr::Variable(variable, ..))) = path.last()
                && !path.iter().any(asks)
            {
                needs.push(variable.1.to_string());
            }
            wrong = match path.last() {
                Some(ASTNode::Expr(expr)) => inspect(expr, path, &mut reads).err(),
                Some(ASTNode::Stmt(stmt)) => allowed(stmt).err(),
                _ => None,
            };
            wrong.is_none()
        });
        match wrong {
            Some(wrong) => Err(wrong),
            None => {
                let is_name = reads.first().is_some_and(|(name, _)| name == source.trim() && name != CONTACT);
                Ok(Self { ast, reads, needs, is_here, is_name })
            }
        }
    }

    /// Whether it reads this variable.
    pub(crate) fn reads_of(&self, name: &str) -> bool {
        self.reads.iter().any(|(read, _)| read == name)
    }

    /// Works it out with what a step sees. `source` is what a failure names: the expression, or the text
    /// it stands in.
    pub(crate) fn value(&self, source: &str, cx: &Context<'_>) -> Result<Value, Failure> {
        // A text is itself; the script would only copy it.
        if self.is_name
            && let Some(Value::String(text)) = self.reads.first().and_then(|(name, _)| cx.var(name))
            && text.len() <= SHORT
        {
            return Ok(Value::String(text.clone()));
        }
        let lookup = |name: &str| lookup(cx, name);
        let worked = if self.is_here { self.eval_at(cx.facts().place(), lookup) } else { self.eval(lookup) };
        let value = worked.map_err(|error| failed(source, &error))?;
        to_value(&value).map_err(|wrong| wrong.of(source))
    }

    /// Works it out. `lookup` gives the variables it reads.
    fn eval(&self, lookup: impl Fn(&str) -> Dynamic) -> Checked<Dynamic> {
        ENGINE.eval_ast_with_scope(&mut self.scope(lookup), &self.ast)
    }

    /// As [`Self::eval`], for one that asks when and where: the tag of an evaluation is what its functions
    /// can see of the world, and only this way of evaluating lets each have its own.
    fn eval_at(&self, place: Place, lookup: impl Fn(&str) -> Dynamic) -> Checked<Dynamic> {
        // What is read as one expression is one.
        let [Stmt::Expr(expr)] = self.ast.statements() else { return self.eval(lookup) };
        let mut global = ENGINE.new_global_runtime_state();
        global.tag = Dynamic::from(place);
        let (mut caches, mut scope) = (Caches::new(), self.scope(lookup));
        let mut context = EvalContext::new(&ENGINE, &mut global, &mut caches, &mut scope, None);
        context.eval_expression_tree(&(&**expr).into())
    }

    fn scope(&self, lookup: impl Fn(&str) -> Dynamic) -> Scope<'_> {
        let mut scope = Scope::new();
        for (name, _) in &self.reads {
            scope.push_dynamic(name.as_str(), lookup(name));
        }
        scope
    }
}

fn allowed(stmt: &Stmt) -> Result<(), ScriptError> {
    match stmt {
        Stmt::Noop(_) | Stmt::If(..) | Stmt::Switch(..) | Stmt::Block(_) | Stmt::Expr(_) => Ok(()),
        other => {
            Err(not_allowed("Aquí solo se puede calcular un valor, no dar órdenes.").at(other.position()))
        }
    }
}

fn not_allowed(message: &str) -> ScriptError {
    ScriptError::new(
        "expr.not_allowed",
        message,
        "Usa una condición, un cálculo o un texto; sin bucles, variables propias ni funciones propias.",
    )
}

fn function(name: &str) -> Result<(), ScriptError> {
    if FUNCTIONS.contains(&name) {
        return Ok(());
    }
    let hint = did_you_mean(name, FUNCTIONS);
    Err(ScriptError::new(
        "expr.unknown_function",
        format!("La función «{name}» no se puede usar aquí."),
        format!("{hint}Se puede usar: {}.", FUNCTIONS.join(", ")),
    )
    .meaning(name, suggestions(name, FUNCTIONS)))
}

/// A separator that is written out must separate.
fn separated(call: &FnCallExpr) -> Result<(), ScriptError> {
    match (call.name.as_str(), call.args.last()) {
        ("split", Some(Expr::StringConstant(separator, _))) if separator.is_empty() => Err(ScriptError::new(
            "expr.no_separator",
            "A «split» le falta el separador.",
            "Escribe qué hay entre las partes, como en split(lista, \",\").",
        )),
        _ => Ok(()),
    }
}

fn inspect(
    expr: &Expr,
    path: &[ASTNode<'_>],
    reads: &mut Vec<(String, Position)>,
) -> Result<(), ScriptError> {
    match expr {
        Expr::Variable(variable, _, position) => {
            let name = variable.1.as_str();
            if !variable.2.is_empty() {
                return Err(not_allowed("«::» no se puede usar aquí.").at(*position));
            }
            if !reads.iter().any(|(known, _)| known == name) {
                reads.push((name.to_owned(), *position));
            }
            Ok(())
        }
        Expr::FnCall(call, position) | Expr::MethodCall(call, position) => {
            if !call.namespace.is_empty() {
                return Err(not_allowed("«::» no se puede usar aquí.").at(*position));
            }
            if call.is_operator_call() {
                return Ok(());
            }
            function(&call.name).map_err(|e| e.at(*position))?;
            separated(call).map_err(|e| e.at(*position))
        }
        Expr::Property(property, position) => {
            let name = property.2.as_str();
            if CONTACT_FIELDS.contains(&name) || !is_of_contact(path) {
                return Ok(());
            }
            let hint = did_you_mean(name, CONTACT_FIELDS);
            Err(ScriptError::new(
                "expr.unknown_field",
                format!("«.{name}» no existe."),
                format!("{hint}Del contacto se puede usar name, phone, language, tags, score y consents."),
            )
            .meaning(name, suggestions(name, CONTACT_FIELDS))
            .at(*position))
        }
        Expr::ThisPtr(position) => Err(not_allowed("«this» no se puede usar aquí.").at(*position)),
        Expr::Custom(_, position) => Err(not_allowed("Esto no se puede usar aquí.").at(*position)),
        _ => Ok(()),
    }
}

/// Whether the property at the end of the path is one of the contact itself: `contact.name`, and `tags`
/// in `contact.tags.len()`.
fn is_of_contact(path: &[ASTNode<'_>]) -> bool {
    let mut nodes =
        path.iter().rev().filter_map(|node| if let ASTNode::Expr(e) = node { Some(*e) } else { None });
    let Some(mut first) = nodes.next() else { return false };
    for parent in nodes {
        let (Expr::Dot(pair, ..) | Expr::Index(pair, ..)) = parent else { return false };
        if !std::ptr::eq(&pair.lhs, first) {
            return matches!(&pair.lhs, Expr::Variable(variable, ..) if variable.1.as_str() == CONTACT);
        }
        first = parent;
    }
    false
}

fn unreadable(error: &rhai::ParseError) -> ScriptError {
    let english = error.err_type().to_string();
    let found = match error.err_type() {
        ParseErrorType::Reserved(word) => not_allowed(&format!("«{word}» no se puede usar aquí.")),
        ParseErrorType::ExprTooDeep => ScriptError::new(
            "expr.too_deep",
            "La expresión tiene demasiados niveles.",
            "Divídela con pasos «set».",
        ),
        ParseErrorType::UnexpectedEOF | ParseErrorType::MissingToken(..) => ScriptError::new(
            "expr.syntax",
            format!("A la expresión le falta algo ({english})."),
            "Revisa paréntesis, llaves y comillas.",
        ),
        _ => ScriptError::new(
            "expr.syntax",
            format!("La expresión no se entiende ({english})."),
            "Ejemplos: ciudad == \"Lima\", number(edad) >= 18, plain(tema) in [\"ventas\", \"precios\"].",
        ),
    };
    found.at(error.position())
}

/// What an expression reads of the customer.
pub(crate) fn contact(cx: &Context<'_>) -> Value {
    let contact = &cx.facts().contact;
    let values = [
        json!(contact.name),
        json!(contact.phone),
        json!(contact.language),
        json!(contact.tags),
        json!(contact.score),
        json!(contact.consents),
    ];
    let fields = CONTACT_FIELDS.into_iter().map(str::to_owned).zip(values);
    Value::Object(fields.collect())
}

fn lookup(cx: &Context<'_>, name: &str) -> Dynamic {
    if name == CONTACT {
        return to_dynamic(&contact(cx));
    }
    cx.var(name).map_or(Dynamic::UNIT, to_dynamic)
}

/// Why what an expression gives cannot be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wrong {
    /// It is none of the things a variable can hold.
    Kind,
    /// It passes [`MAX_VALUE`].
    Size,
}

impl Wrong {
    fn of(self, source: &str) -> Failure {
        let source = shortened(source);
        match self {
            Self::Kind => {
                Failure::new("expr.value", format!("«{source}» no da un dato que se pueda guardar."))
            }
            Self::Size => Failure::new("expr.too_large", format!("«{source}» da un dato demasiado grande.")),
        }
    }
}

fn to_value(value: &Dynamic) -> Result<Value, Wrong> {
    kept(value, &mut { MAX_VALUE })
}

/// As [`to_value`], within the bytes that are left.
fn kept(value: &Dynamic, left: &mut usize) -> Result<Value, Wrong> {
    if let Some(data) = value.read_lock::<Data>() {
        take(left, weight(data.value()))?;
        return Ok(data.value().clone());
    }
    take(left, 8)?;
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(b) = value.as_bool() {
        return Ok(b.into());
    }
    if let Ok(n) = value.as_int() {
        return Ok(n.into());
    }
    if let Ok(n) = value.as_float() {
        return if n.is_finite() { Ok(n.into()) } else { Err(Wrong::Kind) };
    }
    if let Ok(c) = value.as_char() {
        return Ok(c.to_string().into());
    }
    if let Ok(items) = value.as_array_ref() {
        return items.iter().map(|item| kept(item, left)).collect::<Result<Vec<_>, _>>().map(Value::Array);
    }
    if let Ok(map) = value.as_map_ref() {
        let mut fields = serde_json::Map::new();
        for (key, value) in map.iter() {
            take(left, key.len())?;
            fields.insert(key.to_string(), kept(value, left)?);
        }
        return Ok(Value::Object(fields));
    }
    let text = value.as_immutable_string_ref().map_err(|_| Wrong::Kind)?;
    take(left, text.len())?;
    Ok(text.as_str().into())
}

fn take(left: &mut usize, bytes: usize) -> Result<(), Wrong> {
    *left = left.checked_sub(bytes).ok_or(Wrong::Size)?;
    Ok(())
}

/// How much a value counts.
fn weight(value: &Value) -> usize {
    8 + match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(weight).sum(),
        Value::Object(fields) => fields.iter().map(|(key, field)| key.len() + weight(field)).sum(),
        _ => 0,
    }
}

fn failed(source: &str, error: &EvalAltResult) -> Failure {
    let source = shortened(source);
    match error {
        EvalAltResult::ErrorTooManyOperations(_) => {
            Failure::new("expr.too_much_work", format!("«{source}» trabaja demasiado y se detuvo."))
        }
        EvalAltResult::ErrorDataTooLarge(..) => {
            Failure::new("expr.too_large", format!("«{source}» produce un texto demasiado grande."))
        }
        EvalAltResult::ErrorFunctionNotFound(call, _) => {
            Failure::new("expr.wrong_data", format!("En «{source}» no se puede aplicar {call}."))
        }
        EvalAltResult::ErrorArithmetic(..) => {
            let text = format!("«{source}» es una cuenta que no se puede hacer, como dividir entre cero.");
            Failure::new("expr.arithmetic", text)
        }
        EvalAltResult::ErrorMismatchDataType(..) | EvalAltResult::ErrorMismatchOutputType(..) => {
            Failure::new(
                "expr.wrong_data",
                format!("«{source}» recibe un dato de otro tipo que el que espera."),
            )
        }
        other => Failure::new("expr.failed", format!("«{source}» falló: {other}.")),
    }
}

#[cfg(test)]
mod tests;
