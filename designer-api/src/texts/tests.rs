use cauce_flows::parse;
use proptest::prelude::*;
use serde_json::json;

use super::*;

const FLOW: &str = "\
# Un menú
id: menu
name: Menú
start: i
nodes:
  i: { kind: start, config: { any_message: true }, exits: { next: m } }
  m: # lo que se pregunta
    kind: question
    name: Menú principal
    config:
      text: ¿Qué necesitas?
      answer:
        type: buttons
        options:
          - { id: ventas, title: Ventas, synonyms: [comprar, precios] }
          - { id: ayuda, title: Ayuda }
    exits: { ventas: f, ayuda: f, no_match: f }
  f: { kind: end, config: { text: \"=Adiós\" } }
# Dónde está cada una
layout: { i: { x: 0, y: 0 } }
";

fn catalogue() -> Catalogue {
    cauce_nodes::catalogue()
}

fn document() -> Document {
    parse(FLOW).unwrap()
}

fn exported(document: &Document, languages: &[&str]) -> String {
    let languages: Vec<String> = languages.iter().map(|&name| name.to_owned()).collect();
    String::from_utf8(write(document, &catalogue(), &languages, b',').unwrap()).unwrap()
}

#[test]
fn a_sheet_has_a_row_for_every_text() {
    let sheet = exported(&document(), &["inglés"]);
    assert_eq!(
        sheet.lines().collect::<Vec<_>>(),
        [
            "\u{feff}paso,lugar,contexto,es,en",
            "m,text,Menú principal: Texto (hasta 4096 caracteres),¿Qué necesitas?,",
            "m,answer.options.ventas.title,Menú principal: Respuesta · Botones «ventas» · Título (hasta 100 caracteres),Ventas,",
            "m,answer.options.ventas.synonyms,Menú principal: Respuesta · Botones «ventas» · Sinónimos,\"comprar, precios\",",
            "m,answer.options.ayuda.title,Menú principal: Respuesta · Botones «ayuda» · Título (hasta 100 caracteres),Ayuda,",
            "f,text,Fin: Texto (hasta 4096 caracteres),'=Adiós,",
        ]
    );
    for language in ["es", "ES", "klingon"] {
        assert!(write(&document(), &catalogue(), &[language.to_owned()], b',').is_err(), "{language}");
    }
}

#[test]
fn what_was_translated_comes_back() {
    let sheet = exported(&document(), &["en", "pt-br"])
        .replace("Ventas,", "Ventas,Sales,Vendas")
        .replace("'=Adiós,,", "'=Adiós,'-Bye,@até")
        // As Excel in Spanish writes it again.
        .replace(',', ";")
        .replace("comprar; precios", "comprar, precios");
    let imported = read(sheet.as_bytes(), &document(), &catalogue()).unwrap();
    assert!(imported.refused.is_empty() && imported.warnings.is_empty(), "{imported:?}");
    let translations = json!({
        "en": { "m": { "answer.options.ventas.title": "Sales" }, "f": { "text": "-Bye" } },
        "pt-BR": { "m": { "answer.options.ventas.title": "Vendas" }, "f": { "text": "@até" } },
    });
    assert_eq!(json!(imported.document.translations), translations);
    let missing: Vec<&str> =
        imported.missing.iter().map(String::as_str).filter(|m| m.contains("«en»")).collect();
    assert_eq!(missing, ["Falta en «en»: m · text.", "Falta en «en»: m · answer.options.ayuda.title."]);
    // An empty cell takes nothing away.
    let again = read(exported(&document(), &["en", "pt-BR"]).as_bytes(), &imported.document, &catalogue());
    assert_eq!(again.unwrap().document, imported.document);
}

#[test]
fn how_a_line_ends_is_no_change() {
    let said = |text: &str| {
        let flow = FLOW
            .replace("layout:", &format!("translations: {{ en: {{ m: {{ text: {text:?} }} }} }}\nlayout:"));
        parse(&flow).unwrap()
    };
    let document = said("a\r\nb");
    let sheet = exported(&document, &[]);
    assert_eq!(read(sheet.as_bytes(), &document, &catalogue()).unwrap().document, document);
    let sheet = sheet.replace("a\r\nb", "a\nb");
    assert_eq!(read(sheet.as_bytes(), &document, &catalogue()).unwrap().document, document);
    let sheet = sheet.replace("a\nb", "a\r\nc");
    assert_eq!(read(sheet.as_bytes(), &document, &catalogue()).unwrap().document, said("a\nc"));
}

#[test]
fn nothing_is_refused_in_silence() {
    let sheet = "lugar,paso,en,nota para Rosa,EN,es\r\ntext,m,What?,,,¿Qué necesitabas?\r\ntxt,m,a,,,\r\ntext,zz,a,,,\r\n,,,,,\r\ntext,m,again,,,¿Qué necesitas?\r\n";
    let imported = read(sheet.as_bytes(), &document(), &catalogue()).unwrap();
    assert_eq!(
        imported.refused,
        [
            "Columna «nota para Rosa»: no es otro idioma; no se leyó.",
            "Columna «EN»: el idioma está dos veces; no se leyó.",
            "Fila 3: el flujo no tiene el texto «txt» del paso «m».",
            "Fila 4: el flujo no tiene el texto «text» del paso «zz».",
            "Fila 6: es el mismo texto que la fila 2.",
        ]
    );
    assert_eq!(
        imported.warnings,
        ["Fila 2 (m · text): el texto original cambió desde que se exportó; revisa su traducción."]
    );
    assert_eq!(json!(imported.document.translations), json!({ "en": { "m": { "text": "What?" } } }));

    let fails = |sheet: &[u8]| read(sheet, &document(), &catalogue()).unwrap_err().to_string();
    assert!(fails(b"paso,lugar,es,en\r\nm,text,\xbfQu\xe9?,What?\r\n").contains("UTF-8"));
    assert!(fails(b"paso,es,en\r\n").contains("«lugar»"));
    assert!(fails(b"").contains("«paso»"));
    assert!(fails(b"paso,lugar,es\r\n").contains("otros idiomas"));
    let without = read(b"paso,lugar,en\r\nm,text,What?\r\n", &document(), &catalogue()).unwrap();
    assert!(without.warnings[0].contains("Falta la columna «es»"));
}

#[test]
fn the_rest_of_the_file_stays_as_it_was_written() {
    let sheet = "paso,lugar,es,en\r\nm,text,¿Qué necesitas?,What?\r\n";
    let with = read(sheet.as_bytes(), &document(), &catalogue()).unwrap().document;
    let (written, is_whole) = splice(FLOW, &with);
    assert!(is_whole);
    assert_eq!(written.replace("translations:\n  en:\n    m:\n      text: What?\n", ""), FLOW);
    assert!(written.contains("text: What?\n# Dónde está cada una\nlayout:"));
    // And again, over what is there.
    let sheet = sheet.replace("What?", "What do you need?");
    let (again, is_whole) = splice(&written, &read(sheet.as_bytes(), &with, &catalogue()).unwrap().document);
    assert!(is_whole);
    assert_eq!(again, written.replace("What?", "What do you need?"));
    // At the end of a file that does not end its last line, and in one without lines of its own.
    let bare = FLOW.split("# Dónde").next().unwrap().trim_end();
    assert!(splice(bare, &parse(&written).unwrap()).0.contains("translations:\n  en:"));
    let json = serde_json::to_string(&document()).unwrap();
    let (written, is_whole) = splice(&json, &with);
    assert!(!is_whole && written.starts_with('{'));
    assert_eq!(parse(&written).unwrap(), with);
}

/// Texts as people write them, and as spreadsheets misread them.
fn text() -> impl Strategy<Value = String> {
    let odd = "[ a-z,;\"'=+@\\-\t\n|ñ¿👍]{1,12}";
    let whole = prop_oneof![odd, "'{0,3}[=+@\\-]{1,3}[a-z]{0,3}", "[A-Za-zñ ]{1,20}", "\\PC{1,10}"];
    whole.prop_filter("says something", |text| !text.trim().is_empty())
}

prop_compose! {
    fn flow()(
        texts in prop::collection::vec((text(), prop::option::of(text()), prop::option::of(text())), 1..6),
    ) -> (Document, Document) {
        let mut nodes = serde_json::Map::new();
        let (mut en, mut pt) = (serde_json::Map::new(), serde_json::Map::new());
        for (i, (text, english, portuguese)) in texts.into_iter().enumerate() {
            // An id may look like a formula too.
            let id = format!("-n{i}");
            nodes.insert(id.clone(), json!({ "kind": "end", "config": { "text": text } }));
            en.extend(english.map(|text| (id.clone(), json!({ "text": text }))));
            pt.extend(portuguese.map(|text| (id.clone(), json!({ "text": text }))));
        }
        let mut flow = json!({ "id": "f", "name": "F", "start": "-n0", "nodes": nodes });
        let without = serde_json::from_value(flow.clone()).expect("a document");
        let said = [("en", en), ("pt-BR", pt)].into_iter().filter(|(_, steps)| !steps.is_empty());
        flow["translations"] = said.map(|(name, steps)| (name.to_owned(), json!(steps))).collect();
        (without, serde_json::from_value(flow).expect("a document"))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn there_and_back_nothing_is_lost((without, with) in flow(), semicolon in any::<bool>()) {
        let separator = if semicolon { b';' } else { b',' };
        let languages = ["en".to_owned(), "pt-BR".to_owned()];
        let sheet = write(&with, &catalogue(), &languages, separator).unwrap();
        let imported = read(&sheet, &without, &catalogue()).unwrap();
        prop_assert!(imported.refused.is_empty() && imported.warnings.is_empty(), "{:?}", imported);
        prop_assert_eq!(&imported.document, &with);
        prop_assert_eq!(imported.document.version(), with.version());
        prop_assert_eq!(read(&sheet, &with, &catalogue()).unwrap().document, with);
    }
}
