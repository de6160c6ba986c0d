//! Email addresses.

/// The address in a text, in lower case; `None` when there is none, or more than one.
///
/// What mail systems take in practice, not all of RFC 5322: a part of up to 64 characters, `@`, and a
/// domain with a dot whose last part has two letters or more; 254 characters in all.
pub fn email(text: &str) -> Option<String> {
    let mut words = text.split_whitespace().filter(|word| word.contains('@'));
    let word = words.next().filter(|_| words.next().is_none())?;
    // "correo:ana@x.com", "mailto:ana@x.com".
    let word =
        word.rsplit(':').next()?.trim_matches(|c: char| "<>()[]\"',;:!?¡¿".contains(c)).trim_end_matches('.');
    let address = word.to_lowercase();
    let (local, domain) = address.split_once('@')?;
    let dotted = |part: &str| part.split('.').all(|piece| !piece.is_empty());
    let local_fits = (1..=64).contains(&local.len())
        && dotted(local)
        && local.chars().all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c));
    let label_fits = |label: &str| {
        label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    let domain_fits = domain.contains('.')
        && dotted(domain)
        && domain.split('.').all(label_fits)
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_alphabetic());
    (local_fits && domain_fits && address.len() <= 254).then_some(address)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::email;

    #[test]
    fn addresses_are_understood_and_written_one_way() {
        for (text, address) in [
            ("  Ana.Perez+cafe@Gmail.com ", "ana.perez+cafe@gmail.com"),
            ("mi correo es ana@correo.com.mx.", "ana@correo.com.mx"),
            ("<ana@x-y.pe>", "ana@x-y.pe"),
            ("Correo:ana@x.pe", "ana@x.pe"),
        ] {
            assert_eq!(email(text).as_deref(), Some(address), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        let long = format!("{}@x.com", "a".repeat(65));
        for text in [
            "",
            "ana",
            "ana@",
            "@x.com",
            "ana@correo",
            "ana@@x.com",
            "ana@x..com",
            ".ana@x.com",
            "ana@-x.com",
            "ana@x.c",
            "ana@x.123",
            "ana@x.com y luis@x.com",
            "añá@x.com",
            "ana@x com",
            &long,
        ] {
            assert_eq!(email(text), None, "{text}");
        }
    }
    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            email(&text);
        }

        #[test]
        fn a_shown_address_reads_back(text in "[a-zA-Z.+:-]{1,8}@[a-zA-Z.-]{1,12}[.,>]?") {
            if let Some(shown) = email(&text) {
                prop_assert_eq!(email(&shown), Some(shown));
            }
        }
    }
}
