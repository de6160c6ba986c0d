//! `script`: works data out with a few lines of code.

use cauce_flows::fields::{Code, Name};
use cauce_flows::{
    Behaviour, Check, Context, Example, Exit, Failure, Happens, Meta, NodeKind, Role, Step, Turn, Write,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Config of `script`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Código")]
pub struct Script {
    /// The code (Rhai).
    #[schemars(title = "Código", length(max = 4000))]
    #[schemars(extend("x-help" = "Rhai: let, if, for, while y las funciones de las expresiones."))]
    pub code: Code,
    /// The data that it leaves.
    #[schemars(title = "Resultados", length(min = 1, max = 20))]
    #[schemars(extend("x-help" = "Los datos a los que el código da un valor."))]
    pub outputs: Vec<Name>,
}

impl Behaviour for Script {
    fn exits(&self) -> Vec<Exit> {
        vec![Exit::next(), Exit::new("failed", "El código falló").or_not()]
    }

    fn check(&self, check: &mut Check<'_>) {
        check.unique("/outputs/{}", "node.script.output_repeated", self.outputs.iter().map(Name::source));
        check.code("/code", &self.code, &self.outputs);
    }

    fn writes(&self) -> Vec<Write> {
        self.outputs.iter().map(|name| Write::new(name).unless(&["failed"])).collect()
    }

    fn summary(&self) -> Vec<String> {
        self.code.source().lines().map(str::to_owned).collect()
    }

    fn enter(&self, cx: &mut Context<'_>) -> Result<Step, Failure> {
        match cx.run_code(&self.code, &self.outputs) {
            Ok(results) => {
                results.into_iter().for_each(|(name, value)| cx.set(&name, value));
                Ok(Step::go("next"))
            }
            Err(_) if cx.is_connected("failed") => Ok(Step::go("failed")),
            Err(failure) => Err(failure),
        }
    }
}

impl NodeKind for Script {
    const META: Meta = Meta {
        kind: "script",
        v: 1,
        name: "Código",
        description: "Calcula datos con unas líneas de código.",
        group: "Datos",
        icon: "code",
        color: "teal",
        role: Role::Step,
        waits: false,
    };

    fn examples() -> Vec<Example> {
        const FLOW: &str = r#"
id: cuotas
name: Cuotas
start: inicio
nodes:
  inicio: { kind: start, config: { any_message: true, save_to: monto }, exits: { next: paso } }
  paso:
    kind: script
    config:
      outputs: [cuota, meses]
      code: |
        let deuda = number(monto);
        meses = 0;
        while deuda > 0.0 && meses < 12 {
          deuda -= 100.0;
          meses += 1;
        }
        cuota = round(number(monto) * 1.0 / meses, 2);
    exits: { next: fin, failed: no_se }
  fin: { kind: end, config: { text: "{{ meses }} cuotas de {{ cuota }}." } }
  no_se: { kind: end, config: { text: Escribe un monto. } }
"#;
        vec![
            Example {
                title: "Calcula cuántas cuotas y de cuánto",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("250"), &["3 cuotas de 83.33."], "next")],
            },
            Example {
                title: "El código no puede con lo que recibe",
                flow: FLOW,
                turns: vec![Turn::leaves(Happens::Writes("mucho"), &["Escribe un monto."], "failed")],
            },
        ]
    }
}
