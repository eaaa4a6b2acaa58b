"""Which announced addresses may be called; no announcement leads to a forbidden machine."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpp_sdk.errors import AddressRefusedError, ConfigurationError
from ocpp_sdk.server.callback import CallbackMode, CallbackPolicy

PEER = "10.0.0.7"
FORBIDDEN = [
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "169.254.0.0/16", "0.0.0.0/8", "224.0.0.0/4", "240.0.0.0/4", "100.100.100.200/32"),
        *(
            "::1/128",
            "::/96",
            "fe80::/10",
            "ff00::/8",
            "fd00:ec2::254/128",
            "::ffff:0:0/96",
            "2002::/16",
            "64:ff9b::/96",
        ),
    )
]


def decide(policy: CallbackPolicy, announced: str | None, peer: str | None = PEER) -> str | None:
    """Ask a policy about CP1."""
    return policy.decide(announced, peer_host=peer, charge_box_identity="CP1")


@pytest.mark.parametrize(
    "url",
    [
        "http://10.1.2.3:9221/Ocpp/ChargePointService",
        "https://192.0.2.9/",
        "http://[2001:db8::5]:80/x?y=1",
        "HTTP://8.8.8.8",
    ],
)
def test_announced_address_of_an_ordinary_machine_is_allowed(url: str) -> None:
    """Private and public addresses, with any port and path, are what charge points have."""
    answer = decide(CallbackPolicy(), url)
    assert answer is not None
    assert answer.lower() == url.lower()


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data", "metadata"),
        ("http://100.100.100.200/", "metadata"),
        ("http://[fd00:ec2::254]/", "metadata"),
        ("http://[fe80::1]/", "link-local"),
        ("http://[fe80::1%25eth0]/", "escaped"),
        ("http://127.0.0.1:22/", "loopback"),
        ("http://127.9.9.9/", "loopback"),
        ("http://[::1]/", "loopback"),
        ("http://0.0.0.0/", "unspecified"),
        ("http://[::]/", "unspecified"),
        ("http://239.1.1.1/", "multicast"),
        ("http://[ff02::1]/", "multicast"),
        ("http://255.255.255.255/", "broadcast"),
        ("http://[::ffff:127.0.0.1]/", "IPv6 form"),
        ("http://[::ffff:10.0.0.1]/", "IPv6 form"),
        ("http://[::127.0.0.1]/", "IPv6 form"),
        ("http://[64:ff9b::7f00:1]/", "IPv6 form"),
        ("http://[2002:7f00:1::]/", "IPv6 form"),
        ("http://2130706433/", "number"),
        ("http://0x7f000001/", "number"),
        ("http://0177.0.0.1/", "number"),
        ("http://127.1/", "number"),
        ("http://127.0.0.1./", "number"),
        ("http://10.0.0.0x1/", "number"),
        ("http://charger.example/", "host name"),
        ("http://localhost/", "host name"),
        ("http://user:password@10.0.0.1/", "credentials"),
        ("http://10.0.0.1@evil/", "credentials"),
        ("http://@10.0.0.1/", "credentials"),
        ("http://10.0.0.1\\@evil/", "characters"),
        ("http://10.0.0.1\t/", "characters"),
        ("http://10.0.0.1/a b", "characters"),
        ("http://\uff11\uff10.0.0.1/", "characters"),
        ("http://10%2e0.0.1/", "escaped"),
        ("ftp://10.0.0.1/", "scheme"),
        ("file:///etc/passwd", "no host"),
        ("http://:8082/", "no host"),
        ("http:10.0.0.1", "no host"),
        ("http://10.0.0.1:0/", "no host and port"),
        ("http://10.0.0.1:99999/", "no URL"),
        ("http://[::1/", "no URL"),
        ("http://10.0.0.1/" + "x" * 3000, "too long"),
        ("", "no host"),
    ],
)
def test_announced_address_of_a_forbidden_machine_is_refused_with_its_reason(url: str, reason: str) -> None:
    """Each trick is named, so that an operator understands the refusal."""
    with pytest.raises(AddressRefusedError, match=reason):
        decide(CallbackPolicy(), url)


@pytest.mark.parametrize("peer", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_allowed_to_a_peer_on_loopback(peer: str) -> None:
    """Both ends on one machine are the usual demonstration; metadata stays out of reach."""
    assert decide(CallbackPolicy(), "http://127.0.0.1:9221/x", peer) == "http://127.0.0.1:9221/x"
    with pytest.raises(AddressRefusedError):
        decide(CallbackPolicy(), "http://169.254.169.254/", peer)


def test_observed_mode_keeps_port_and_path_and_takes_the_host_of_the_peer() -> None:
    """A charge point behind NAT announces an address that it does not have."""
    policy = CallbackPolicy(mode=CallbackMode.OBSERVED)
    assert decide(policy, "http://192.168.1.2:9221/Ocpp?x=1") == "http://10.0.0.7:9221/Ocpp?x=1"
    assert decide(policy, "http://charger.local/Ocpp") == "http://10.0.0.7/Ocpp"
    assert decide(policy, "http://1.1.1.1/", "::ffff:10.0.0.8") == "http://10.0.0.8/"
    assert decide(policy, "http://1.1.1.1:8/", "2001:db8::1") == "http://[2001:db8::1]:8/"
    for peer in (None, "unix", "fe80::1%eth0", "169.254.1.1"):
        with pytest.raises(AddressRefusedError):
            decide(policy, "http://1.1.1.1/", peer)


def test_setting_of_the_operator_wins_over_everything() -> None:
    """The operator may name any address, also for a charge point that announces none."""
    policy = CallbackPolicy(addresses={"CP1": "http://charger.internal/x"}, ports=frozenset())
    assert decide(policy, "http://169.254.169.254/") == "http://charger.internal/x"
    assert decide(policy, None) == "http://charger.internal/x"
    assert policy.decide(None, peer_host=PEER, charge_box_identity="CP2") is None


def test_policy_narrowed_by_network_scheme_and_port_refuses_the_rest() -> None:
    """An operator who knows the network of the charge points allows nothing else."""
    policy = CallbackPolicy(networks=("10.20.0.0/16",), schemes={"https"}, ports={443, 8443})
    assert decide(policy, "https://10.20.3.4/x") == "https://10.20.3.4/x"
    for url in ("https://10.21.0.1/", "http://10.20.3.4:443/", "https://10.20.3.4:80/"):
        with pytest.raises(AddressRefusedError):
            decide(policy, url)
    with pytest.raises(ConfigurationError, match="callback networks"):
        CallbackPolicy(networks=("10.20.0.1/16",))
    with pytest.raises(ConfigurationError, match="callback schemes"):
        CallbackPolicy(schemes={"ftp"})


def test_host_name_is_checked_again_when_it_is_resolved() -> None:
    """A name passes only if every address behind it does."""
    policy = CallbackPolicy(host_names=True)
    assert decide(policy, "http://charger.example:9221/") == "http://charger.example:9221/"
    policy.check_resolved(["10.0.0.1", "2001:db8::1"])
    policy.check_resolved(["127.0.0.1"], peer_host="127.0.0.1")
    for addresses in (["10.0.0.1", "169.254.169.254"], ["::1"], ["fe80::1%1"], ["charger"]):
        with pytest.raises(AddressRefusedError):
            policy.check_resolved(addresses, peer_host=PEER)
    for url in ("http://localhost/", "http://a.localhost./", "http://0x7f.1/"):
        with pytest.raises(AddressRefusedError):
            decide(policy, url)


HOSTS = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda ip: f"[{ip}]"),
    st.sampled_from(FORBIDDEN)
    .flatmap(lambda net: st.ip_addresses(network=net))
    .map(lambda i: f"[{i}]" if i.version == 6 else str(i)),
    st.ip_addresses(v=4).map(lambda ip: str(int(ip))),
    st.ip_addresses(v=4).map(lambda ip: hex(int(ip))),
    st.ip_addresses(v=4).map(lambda ip: ".".join(oct(part)[2:].zfill(4) for part in ip.packed)),
    st.ip_addresses(v=4).map(lambda ip: f"[::ffff:{ip}]"),
    st.text(max_size=20),
)


@given(
    host=HOSTS,
    scheme=st.sampled_from(["http", "https", "HTTP", "ftp", "gopher", ""]),
    rest=st.one_of(st.just(""), st.text(max_size=10)),
    peer=st.one_of(st.none(), st.ip_addresses().map(str).filter(lambda text: not ip_address(text).is_loopback)),
    mode=st.sampled_from(CallbackMode),
)
def test_allowed_address_is_never_of_a_forbidden_machine(
    host: str, scheme: str, rest: str, peer: str | None, mode: CallbackMode
) -> None:
    """Whatever is announced by whomever: what comes out is a plain URL of an allowed IP address, or a refusal."""
    try:
        url = decide(CallbackPolicy(mode=mode), f"{scheme}://{host}{rest}", peer)
    except AddressRefusedError:
        return
    assert url is not None
    parts = urlsplit(url)
    address: IPv4Address | IPv6Address = ip_address(parts.hostname or "")
    assert parts.scheme in {"http", "https"}
    assert parts.username is None
    assert not any(address in network for network in FORBIDDEN)
    assert not address.is_loopback
