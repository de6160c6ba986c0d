//! A vCard (RFC 6350), as far as a contact card needs it: names, phones, emails, where they work.

use cauce_model::ContactCard;

/// Reads what is there; of a vCard that is none, nothing.
pub(crate) fn read(vcard: &str) -> ContactCard {
    let mut card = ContactCard::default();
    // A line that begins with a space continues the one before it.
    let unfolded = vcard.replace("\r\n", "\n").replace("\n ", "").replace("\n\t", "");
    for line in unfolded.lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        // `item1.TEL;type=CELL` is a TEL.
        let property = name.split(';').next().unwrap_or_default();
        let property = property.rsplit('.').next().unwrap_or_default().to_ascii_uppercase();
        let value = plain(value);
        if value.is_empty() {
            continue;
        }
        match property.as_str() {
            "FN" => card.name = value,
            "TEL" => card.phones.push(value.trim_start_matches("tel:").to_owned()),
            "EMAIL" => card.emails.push(value),
            "ORG" => card.organisation = Some(value.trim_end_matches(';').replace(';', ", ")),
            _ => {}
        }
    }
    card
}

/// A value without its escapes.
fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(escaped) => text.push(escaped),
                None => {}
            },
            other => text.push(other),
        }
    }
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_read_through_folds_groups_and_escapes() {
        let card = read(
            "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Paz;Inés;;;\r\nFN:Inés Paz\\, taller\r\nitem1.TEL;type=CELL;waid=51911222333:+51 911\r\n  222 333\r\nTEL;VALUE=uri:tel:+5114440000\r\nEMAIL:ines@taller.pe\r\nORG:Taller Paz;Ventas\r\nNOTE:\r\nEND:VCARD\r\n",
        );
        assert_eq!(
            card,
            ContactCard {
                name: "Inés Paz, taller".into(),
                phones: vec!["+51 911 222 333".into(), "+5114440000".into()],
                emails: vec!["ines@taller.pe".into()],
                organisation: Some("Taller Paz, Ventas".into()),
            }
        );
        for none in ["", "hola", "TEL:", ":", "\\"] {
            assert_eq!(read(none), ContactCard::default(), "{none}");
        }
    }
}
