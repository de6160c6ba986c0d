//! What may be called: the targets that the configuration allows, and which addresses are inside.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::Url;

/// What may be called, and how much at once.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Targets that may be called although they are inside.
    pub allow: Vec<AllowedTarget>,
    /// How much of an answer is read, in bytes, compressed and not.
    pub max_answer_bytes: usize,
    /// How long a connection may take to be made, name and TLS included.
    pub connect_timeout: Duration,
    /// How many calls may be under way; at least 1, and well above `per_host`.
    pub at_once: usize,
    /// How many of them to one host; at least 1.
    pub per_host: usize,
}

impl Default for Policy {
    /// Nothing inside; answers of 256 kB; 5 seconds to connect; 64 calls, 8 to one host.
    fn default() -> Self {
        Self {
            allow: Vec::new(),
            max_answer_bytes: 256 * 1024,
            connect_timeout: Duration::from_secs(5),
            at_once: 64,
            per_host: 8,
        }
    }
}

impl Policy {
    /// Whether this name may be called whatever address it has.
    pub(crate) fn allows_name(&self, name: &str) -> bool {
        let name = name.trim_end_matches('.');
        self.allow.iter().any(|target| matches!(&target.0, Target::Name(allowed) if allowed == name))
    }

    /// Whether this address may be called.
    pub(crate) fn allows_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        !is_inside(address) || self.opens(address)
    }

    fn opens(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|target| matches!(&target.0, Target::Net(net) if net.contains(&address)))
    }

    /// Whether a secret may go to this address: over TLS, or to what the configuration names itself.
    pub(crate) fn keeps_secret(&self, url: &Url) -> bool {
        let named = match literal(url) {
            Some(address) => self.opens(address.to_canonical()),
            None => self.allows_name(url.host_str().unwrap_or_default()),
        };
        url.scheme() == "https" || named
    }
}

/// A target that may be called although it is inside: a host (`crm.local`), an address, or a network in
/// CIDR notation (`10.1.0.0/16`). A host is allowed with whatever address it has, on every port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedTarget(Target);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// As URLs write it.
    Name(String),
    Net(IpNet),
}

/// The text is no host, address or network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("«{0}» is no host, address or network: write it like crm.local, 10.1.2.3 or 10.1.0.0/16")]
pub struct NotATarget(String);

impl FromStr for AllowedTarget {
    type Err = NotATarget;

    fn from_str(text: &str) -> Result<Self, NotATarget> {
        let text = text.trim();
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self(Target::Net(net.trunc())));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self(Target::Net(address.to_canonical().into())));
        }
        let alone = match text.strip_prefix('[') {
            Some(rest) => rest.ends_with(']'),
            None => !text.contains([':', '/', '\\', '?', '#', '@']),
        };
        // The same parser that reads the addresses of the calls, so that both write a name alike.
        match Url::parse(&format!("http://{text}/")) {
            Ok(url) if alone => match (literal(&url), url.host_str()) {
                (Some(address), _) => Ok(Self(Target::Net(address.to_canonical().into()))),
                (None, Some(name)) => Ok(Self(Target::Name(name.trim_end_matches('.').to_owned()))),
                (None, None) => Err(NotATarget(text.to_owned())),
            },
            _ => Err(NotATarget(text.to_owned())),
        }
    }
}

impl fmt::Display for AllowedTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Target::Name(name) => f.write_str(name),
            Target::Net(net) => net.fmt(f),
        }
    }
}

/// The address that a URL names by itself, without a lookup. The URL parser has brought every writing of
/// it (decimal, octal, hexadecimal, short) to one.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(a: u16, b: u16, prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), prefix)
}

/// What is not the public internet (IANA IPv4 Special-Purpose Address Registry, and multicast).
const INSIDE_V4: [Ipv4Net; 16] = [
    v4(0, 0, 0, 0, 8),        // this network
    v4(10, 0, 0, 0, 8),       // private
    v4(100, 64, 0, 0, 10),    // carrier-grade NAT; Alibaba's metadata is 100.100.100.200
    v4(127, 0, 0, 0, 8),      // loopback
    v4(169, 254, 0, 0, 16),   // link-local; the metadata of most clouds is 169.254.169.254
    v4(172, 16, 0, 0, 12),    // private
    v4(192, 0, 0, 0, 24),     // protocol assignments; Oracle's metadata is 192.0.0.192
    v4(192, 0, 2, 0, 24),     // documentation
    v4(192, 88, 99, 0, 24),   // 6to4 relays
    v4(192, 168, 0, 0, 16),   // private
    v4(198, 18, 0, 0, 15),    // benchmarks
    v4(198, 51, 100, 0, 24),  // documentation
    v4(203, 0, 113, 0, 24),   // documentation
    v4(224, 0, 0, 0, 4),      // multicast
    v4(240, 0, 0, 0, 4),      // reserved, broadcast
    v4(168, 63, 129, 16, 32), // Azure's host: public by its number, inside by its place
];

/// The part of IPv6 that is public (RFC 4291 §2.4), except [`INSIDE_V6`].
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// What is special within it (IANA IPv6 Special-Purpose Address Registry).
const INSIDE_V6: [Ipv6Net; 3] = [
    v6(0x2001, 0, 23),     // protocol assignments, Teredo among them
    v6(0x2001, 0xdb8, 32), // documentation
    v6(0x3fff, 0, 20),     // documentation
];

/// Whether an address is not on the public internet.
fn is_inside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => INSIDE_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => match carried(v6) {
            Some(v4) => is_inside(v4.into()),
            None => !GLOBAL_V6.contains(&v6) || INSIDE_V6.iter().any(|net| net.contains(&v6)),
        },
    }
}

/// The IPv4 address that an IPv6 address leads to: mapped (RFC 4291 §2.5.5.2), 6to4 (RFC 3056) or NAT64
/// with the well-known prefix (RFC 6052).
fn carried(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let join = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match address.segments() {
        [0x2002, high, low, ..] => Some(join(high, low)),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => Some(join(high, low)),
        _ => address.to_ipv4_mapped(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(allow: &[&str]) -> Policy {
        Policy { allow: allow.iter().map(|text| text.parse().unwrap()).collect(), ..Policy::default() }
    }

    #[test]
    fn the_public_internet_may_be_called() {
        let policy = Policy::default();
        for address in
            "1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 191.98.1.1 192.0.1.1 \
             223.255.255.255 168.63.129.17 2606:4700:4700::1111 2800:200::1 2001:4860:4860::8888 \
             ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2002:808:808::1"
                .split_whitespace()
        {
            assert!(policy.allows_address(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn what_is_inside_may_not() {
        let policy = Policy::default();
        for address in "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 \
             127.0.0.1 127.255.255.254 168.63.129.16 169.254.169.254 172.16.0.1 172.31.255.255 \
             192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 \
             203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::127.0.0.1 \
             fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 3fff::1 5f00::1 100::1 \
             2001::1 2001:20::1 64:ff9b:1::1 ::ffff:127.0.0.1 ::ffff:10.0.0.1 \
             ::ffff:169.254.169.254 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 2002:7f00:1:: \
             2002:a00:1::1 2002:c0a8:101::1"
            .split_whitespace()
        {
            assert!(!policy.allows_address(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn the_configuration_opens_exactly_what_it_names() {
        let policy = policy(&["10.1.0.0/16", "127.0.0.1", "fd00:1::/32", "CRM.Local.", "[::1]"]);
        for address in "10.1.0.0 10.1.255.255 127.0.0.1 ::ffff:10.1.2.3 fd00:1::7 ::1".split_whitespace() {
            assert!(policy.allows_address(address.parse().unwrap()), "{address}");
        }
        for address in "10.2.0.1 127.0.0.2 fd00:2::7 ::ffff:10.2.0.1 169.254.169.254".split_whitespace() {
            assert!(!policy.allows_address(address.parse().unwrap()), "{address}");
        }
        assert!(policy.allows_name("crm.local") && policy.allows_name("crm.local."));
        assert!(!policy.allows_name("x.crm.local") && !policy.allows_name("crm.local.example.com"));
    }

    #[test]
    fn a_target_is_a_host_an_address_or_a_network() {
        for (text, written) in [
            ("crm.local", "crm.local"),
            (" Ñandú.local ", "xn--and-6ma2c.local"),
            ("10.1.2.3/16", "10.1.0.0/16"),
            ("0x7f.1", "127.0.0.1/32"),
            ("::ffff:10.0.0.1", "10.0.0.1/32"),
        ] {
            assert_eq!(text.parse::<AllowedTarget>().unwrap().to_string(), written);
        }
        for text in [
            "",
            "http://crm.local",
            "crm.local:80",
            "[::1]:80",
            "crm.local:81",
            "crm.local/x",
            "a b",
            "u@crm.local",
            "10.0.0.0/33",
            "x?y",
        ] {
            assert!(text.parse::<AllowedTarget>().is_err(), "{text}");
        }
    }
}
