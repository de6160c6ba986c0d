//! How numbers and amounts are written where the customer is.
//!
//! Marks and signs are those of the Unicode CLDR for the Spanish of each country, but thousands are always
//! parted (Spain would write 1234,50) and a plain space stands beside the sign, so that a customer can copy
//! what they read.

use super::given::Num;

/// How a country writes.
#[derive(Debug, Clone, Copy)]
pub(in crate::script) struct Manner {
    /// ISO 3166; empty for all others.
    pub(in crate::script) country: &'static str,
    point: char,
    thousands: char,
    /// Its own money (ISO 4217).
    pub(in crate::script) currency: &'static str,
    before: &'static str,
    after: &'static str,
}

const fn manner(country: &'static str, marks: [char; 2], currency: [&'static str; 3]) -> Manner {
    let ([thousands, point], [currency, before, after]) = (marks, currency);
    Manner { country, point, thousands, currency, before, after }
}

/// The countries whose manner is known.
pub(in crate::script) const MANNERS: [Manner; 8] = [
    manner("PE", [',', '.'], ["PEN", "S/ ", ""]),
    manner("MX", [',', '.'], ["MXN", "$", ""]),
    manner("AR", ['.', ','], ["ARS", "$ ", ""]),
    manner("CL", ['.', ','], ["CLP", "$", ""]),
    manner("CO", ['.', ','], ["COP", "$ ", ""]),
    manner("ES", ['.', ','], ["EUR", "", " €"]),
    manner("UY", ['.', ','], ["UYU", "$ ", ""]),
    manner("EC", ['.', ','], ["USD", "$", ""]),
];

/// Everywhere else: marks as in Peru and Mexico, and no money of its own.
const ELSEWHERE: Manner = manner("", [',', '.'], ["", "", ""]);

/// Monies that people write without decimals.
const WITHOUT_CENTS: [&str; 3] = ["CLP", "COP", "PYG"];

/// The manner of a country.
pub(in crate::script) fn manner_of(country: &str) -> Manner {
    MANNERS.into_iter().find(|manner| manner.country == country).unwrap_or(ELSEWHERE)
}

impl Manner {
    /// The number with so many decimals, or with those it has.
    pub(super) fn number(&self, n: Num, decimals: Option<usize>) -> String {
        let (negative, written) = self.unsigned(n, decimals);
        format!("{}{written}", if negative { "-" } else { "" })
    }

    /// An amount of a money (ISO 4217), or of the country's own.
    pub(super) fn money(&self, n: Num, currency: Option<&str>) -> String {
        let currency = currency.unwrap_or(self.currency);
        let (negative, written) =
            self.unsigned(n, Some(if WITHOUT_CENTS.contains(&currency) { 0 } else { 2 }));
        let name = match currency {
            "USD" => "US$",
            "EUR" => "€",
            code => code,
        };
        let written = if currency == self.currency {
            format!("{}{written}{}", self.before, self.after)
        } else if self.after.is_empty() {
            format!("{name} {written}")
        } else {
            format!("{written} {name}")
        };
        format!("{}{written}", if negative { "-" } else { "" })
    }

    /// Whether it is below zero, and the rest.
    fn unsigned(&self, n: Num, decimals: Option<usize>) -> (bool, String) {
        let (negative, whole, fraction) = decimal(n, decimals);
        let mut written = String::with_capacity(whole.len() * 2 + fraction.len());
        for (at, digit) in whole.char_indices() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                written.push(self.thousands);
            }
            written.push(digit);
        }
        if !fraction.is_empty() {
            written.push(self.point);
            written.push_str(&fraction);
        }
        (negative, written)
    }
}

/// Whether a number is below zero, its digits, and its decimals: so many, or as many as it has. Rounded as at
/// school, in the decimals that people see: 2.675 gives 2.68, although the nearest binary number is below.
pub(super) fn decimal(n: Num, decimals: Option<usize>) -> (bool, String, String) {
    let (negative, shown) = match n {
        Num::Int(n) => (n < 0, n.unsigned_abs().to_string()),
        // Never with an exponent: at most 309 digits, or 324 decimals.
        Num::Float(n) => (n < 0.0, n.abs().to_string()),
    };
    let (whole, fraction) = shown.split_once('.').unwrap_or((&shown, ""));
    let decimals = decimals.unwrap_or(fraction.len());
    let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes().take(decimals)).collect();
    if fraction.as_bytes().get(decimals).is_some_and(|next| *next >= b'5') {
        let nines = digits.iter().rev().take_while(|digit| **digit == b'9').count();
        let kept = digits.len() - nines;
        digits[kept..].fill(b'0');
        match digits[..kept].last_mut() {
            Some(last) => *last += 1,
            None => digits.insert(0, b'1'),
        }
    }
    let mut fraction: String =
        digits.split_off(digits.len() - fraction.len().min(decimals)).into_iter().map(char::from).collect();
    fraction.extend(std::iter::repeat_n('0', decimals - fraction.len()));
    let whole: String = digits.into_iter().map(char::from).collect();
    let is_zero = whole.bytes().chain(fraction.bytes()).all(|digit| digit == b'0');
    (negative && !is_zero, whole, fraction)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_written_as_each_country_does() {
        for (country, own, dollars, euros) in [
            ("PE", "S/ 1,234.50", "US$ 1,234.50", "€ 1,234.50"),
            ("MX", "$1,234.50", "US$ 1,234.50", "€ 1,234.50"),
            ("AR", "$ 1.234,50", "US$ 1.234,50", "€ 1.234,50"),
            ("CL", "$1.235", "US$ 1.234,50", "€ 1.234,50"),
            ("CO", "$ 1.235", "US$ 1.234,50", "€ 1.234,50"),
            ("ES", "1.234,50 €", "1.234,50 US$", "1.234,50 €"),
            ("UY", "$ 1.234,50", "US$ 1.234,50", "€ 1.234,50"),
            ("EC", "$1.234,50", "$1.234,50", "€ 1.234,50"),
            ("JP", " 1,234.50", "US$ 1,234.50", "€ 1,234.50"),
        ] {
            let (manner, n) = (manner_of(country), Num::Float(1234.5));
            assert_eq!(manner.money(n, None), own.trim_start(), "{country}");
            assert_eq!(manner.money(n, Some("USD")), dollars, "{country}");
            assert_eq!(manner.money(n, Some("EUR")), euros, "{country}");
        }
        assert_eq!(manner_of("ES").money(Num::Int(-5), Some("PEN")), "-5,00 PEN");
        assert_eq!(manner_of("PE").money(Num::Float(-0.001), None), "S/ 0.00");
        assert_eq!(manner_of("PE").money(Num::Float(-0.5), None), "-S/ 0.50");
    }

    #[test]
    fn decimals_are_rounded_as_people_see_them() {
        for (n, decimals, written) in [
            (2.675, 2, "2.68"),
            (1.005, 2, "1.01"),
            (0.125, 2, "0.13"),
            (999.995, 2, "1,000.00"),
            (9.5, 0, "10"),
            (0.5, 0, "1"),
            (0.49, 0, "0"),
            (-0.004, 2, "0.00"),
            (-1234567.891, 1, "-1,234,567.9"),
            (5.0, 3, "5.000"),
        ] {
            assert_eq!(manner_of("PE").number(Num::Float(n), Some(decimals)), written, "{n}");
        }
        assert_eq!(manner_of("PE").number(Num::Int(i64::MIN), None), "-9,223,372,036,854,775,808");
        assert_eq!(manner_of("AR").number(Num::Float(1234.56), None), "1.234,56");
    }

    proptest! {
        #[test]
        fn any_number_is_written_and_is_near(n in any::<f64>(), decimals in 0_usize..16) {
            prop_assume!(n.is_finite());
            let (negative, whole, fraction) = decimal(Num::Float(n), Some(decimals));
            prop_assert_eq!(fraction.len(), decimals);
            let back: f64 = format!("{}{whole}.{fraction}0", if negative { "-" } else { "" }).parse().unwrap();
            let away = 0.500001 * 10_f64.powi(-(decimals as i32));
            prop_assert!((back - n).abs() <= away.max(n.abs() * 1e-15), "{} {}", n, back);
            manner_of("CL").money(Num::Float(n), None);
        }
    }
}
