//! What a call carries: data as JSON, a web form, or a text.

use cauce_flows::fields::{Template, Tree};
use cauce_flows::{Check, Context, Failure, encode};
use cauce_model::HttpBody;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is sent with a call.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Body {
    /// Data. Their texts are escaped as JSON needs it, whatever they contain.
    #[schemars(title = "JSON")]
    Json {
        /// The data.
        #[schemars(title = "Datos")]
        #[schemars(extend("x-help" = "Por ejemplo { nombre: \"{{ nombre }}\" }. Un texto que es solo {{ dato }} conserva su tipo."))]
        data: Tree,
    },
    /// The fields of a web form.
    #[schemars(title = "Formulario")]
    Form {
        /// Its fields.
        #[schemars(title = "Campos", length(min = 1, max = 50))]
        fields: Vec<Field>,
    },
    /// A text as it is.
    #[schemars(title = "Texto")]
    Text {
        /// The text.
        #[schemars(title = "Texto")]
        text: Template,
        /// Its type.
        #[serde(default = "plain_text")]
        #[schemars(title = "Tipo de contenido", length(min = 3, max = 100))]
        #[schemars(extend("x-help" = "Por ejemplo text/plain o application/xml."))]
        content_type: String,
    },
}

/// A field of a web form.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Campo")]
pub struct Field {
    /// Its name.
    #[schemars(title = "Nombre", length(min = 1, max = 100))]
    pub name: String,
    /// Its value.
    #[schemars(title = "Valor")]
    pub value: Template,
}

fn plain_text() -> String {
    "text/plain; charset=utf-8".to_owned()
}

impl Body {
    pub(super) fn check(&self, at: &str, check: &mut Check<'_>) {
        if let Self::Text { content_type, .. } = self {
            let fits =
                content_type.split_once('/').is_some_and(|(kind, rest)| !kind.is_empty() && !rest.is_empty());
            if !fits || !content_type.chars().all(|c| (' '..='~').contains(&c)) {
                check.error(
                    &format!("{at}/content_type"),
                    "node.http.content_type",
                    "Esto no es un tipo de contenido.",
                    "Escribe por ejemplo text/plain o application/xml.",
                );
            }
        }
    }

    pub(super) fn filled(&self, cx: &Context<'_>) -> Result<HttpBody, Failure> {
        Ok(match self {
            Self::Json { data } => {
                HttpBody { content_type: "application/json".to_owned(), text: cx.data(data)?.to_string() }
            }
            Self::Form { fields } => {
                let pair = |field: &Field| {
                    let value = cx.text(&field.value)?;
                    Ok(format!("{}={}", encode(&field.name), encode(&value)))
                };
                let pairs: Vec<String> = fields.iter().map(pair).collect::<Result<_, Failure>>()?;
                let content_type = "application/x-www-form-urlencoded".to_owned();
                HttpBody { content_type, text: pairs.join("&") }
            }
            Self::Text { text, content_type } => {
                HttpBody { content_type: content_type.clone(), text: cx.text(text)? }
            }
        })
    }
}
