"""Addresses that nothing of ours may connect to, written out: the standard library's `is_global` lets some through."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

# https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry, plus multicast and what
# can carry another address inside.
_DENIED_4 = tuple(
    IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT; also a cloud's metadata address
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # a cloud's platform address, outside every reserved range
        "169.254.0.0/16",  # link-local, cloud metadata
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.31.196.0/24",  # AS112
        "192.52.193.0/24",  # AMT
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",  # private
        "192.175.48.0/24",  # AS112
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
    )
)
# Only 2000::/3 is handed out to the public; of that, what is special or embeds an IPv4 address:
_PUBLIC_6 = IPv6Network("2000::/3")
_DENIED_6 = tuple(
    IPv6Network(net)
    for net in (
        "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4
        "2620:4f:8000::/48",  # AS112
        "3fff::/20",  # documentation
    )
)


def is_denied(address: str) -> bool:
    """Whether an IP address (as the resolver gives it) is anything but a public one."""
    try:
        ip: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    if isinstance(ip, IPv4Address):
        return any(ip in net for net in _DENIED_4)
    return ip not in _PUBLIC_6 or any(ip in net for net in _DENIED_6)
