//! Numbers of identity documents.

use cauce_flows::reading::{self, Country, DocumentKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Which documents fit.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Papers {
    /// Which; those of the installation's country when nothing is said.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(title = "Documentos", length(max = 14))]
    #[schemars(extend("x-help" = "Cuáles se aceptan; los del país de la instalación si no se dice."))]
    pub kinds: Vec<DocumentKind>,
}

impl Papers {
    fn kinds<'a>(&'a self, country: &Country) -> &'a [DocumentKind] {
        if self.kinds.is_empty() { DocumentKind::of_country(country) } else { &self.kinds }
    }

    pub(super) fn accept(&self, text: &str, country: &Country) -> Option<Value> {
        let kinds = self.kinds(country);
        if kinds.is_empty() {
            // A country whose documents are not known here: what has a number in it is taken as it is.
            let fits =
                (4..=30).contains(&text.chars().count()) && text.contains(|c: char| c.is_ascii_digit());
            return fits.then(|| text.into());
        }
        reading::document(text, kinds).map(|(_, number)| number.into())
    }

    pub(super) fn hint(&self, country: &Country) -> String {
        let mut names: Vec<&str> = self.kinds(country).iter().map(|kind| kind.name()).collect();
        names.dedup();
        let names = match names.split_last() {
            None => "documento".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, rest)) => format!("{} o {last}", rest.join(", ")),
        };
        format!("Ese número no parece correcto. Revisa tu {names} y escríbelo otra vez, por favor.")
    }
}
