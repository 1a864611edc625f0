# SPDX-License-Identifier: MIT
"""What the interop matrix asks of each daemon: one row a feature, both roles, as data.

A row says what a connection looks like (`wish` of the daemon's recipe, `ours` of live_peer, offers), what our engine
does (`script`, the words of live_peer), what the daemon is told at each `go` of it (`told`), and what must have been
said then (`wanted`, lines of ours; `logged`, of the daemon's) or not (`absent`). What one daemon has differently stands
under its name:

    lacks(WHY)              it has no such thing. With `ask`, our engine asks for it all the same, and the answer shows
                            that it is not there: the day it is, the cell fails and says so
    theirs(WHY, SECTION)    it has it, and does it wrongly: the cell fails, and when it does not that is a fault here; with
                            `sometimes` chance decides
    unseen(WHY)             it cannot be seen here
    dict(...)               other members for this daemon

and under its name and `_i` or `_r` what it has differently where we initiate or respond.

Told: `rekey-child`, `rekey-ike`, `end`, `end-child`, `redirect`, `move` (COMMANDS says how), `count IKE CHILD` what it
has then (- for any); with a + once our engine has gone on, so that both act at once.
"""
from lab import THEM, THEM_TOO, US, US_TOO

ROWS = []
DAEMONS = ("strongswan", "libreswan", "openiked")
IKE = "aes256gcm16-prfsha256-x25519"
# OpenIKED's kernel has neither AEADs nor HMAC-SHA-256 of the right length for it.
ESP = {"strongswan": "aes256gcm16", "libreswan": "aes256gcm16", "openiked": "aes256-sha512"}
UP = ("EVENT UP ok", "EVENT CHILD_UP ok")
AWAY = ("END done",)

WHACK = "/usr/libexec/ipsec/whack --rundir /ikelab"
URI = "--uri unix:///ikelab/charon.vici"
COMMANDS = {
    "strongswan": {
        "rekey-child": f"/usr/sbin/swanctl --rekey --child net {URI}",
        "rekey-ike": f"/usr/sbin/swanctl --rekey --ike ikelab {URI}",
        "end": f"/usr/sbin/swanctl --terminate --ike ikelab --timeout 5 {URI}",
        "end-child": f"/usr/sbin/swanctl --terminate --child net --timeout 5 {URI}",
        "redirect": f"/usr/sbin/swanctl --redirect --ike ikelab --gateway {THEM_TOO} {URI}",
    },
    "libreswan": {
        "rekey-child": f"{WHACK} --rekey-ipsec --name ikelab --asynchronous",
        "rekey-ike": f"{WHACK} --rekey-ike --name ikelab --asynchronous",
        "end": f"{WHACK} --terminate --name ikelab",
        "redirect": f"{WHACK} --name ikelab --redirect-to {THEM_TOO}",
    },
    "openiked": {"end": "/usr/sbin/ikectl -s /ikelab/iked.sock reset sa"},
}


def lacks(why, ask=None):
    return dict(lacks=why, ask=ask)


def theirs(why, section, sometimes=False, **more):
    return dict(theirs=f"{why} ({section})", sometimes=sometimes, **more)


def unseen(why):
    return dict(unseen=why)


def row(group, name, section, **what):
    ROWS.append(dict(group=group, name=name, section=section, **what))


# ---- authentication ----

G = "authentication"
row(G, "pre-shared key", "RFC 7296 2.15", wanted=["EVENT ALIVE"])
row(G, "another key is refused", "RFC 7296 2.21.2", roles="i", script="", ours=dict(psk="another"), up=(),
    wanted=["EVENT FAILED peer_refused 24"], end=())


def signed(family, auth, peer_auth=None, **ours):
    """Both show the certificate of a family, under two of its names; or only one of them signs."""
    return dict(family=family, auth=auth, peer_auth=peer_auth or auth, ours=ours)


def by(old, new):
    """Another word than the recipe's for how to authenticate."""
    return dict(instead=[(old, new)])


row(G, "RSA-2048, PKCS#1 with SHA-256, an intermediate", "RFC 7427 3", **signed("rsa2048", "rsa2048", scheme="rsa-sha256"))
row(G, "RSA-2048, PKCS#1 with SHA-512", "RFC 7427 3", **signed("rsa2048", "rsa2048", scheme="rsa-sha512"),
    strongswan=by("auth = pubkey", "auth = ike:rsa-sha512"))
row(G, "RSA-2048, PSS with SHA-512", "RFC 7427 A.4.3", **signed("rsa2048", "rsa2048", scheme="rsa-pss-sha512"),
    strongswan=by("auth = pubkey", "auth = ike:rsa/pss-sha512"),
    libreswan=theirs("it takes RSASSA-PSS-params without the trailer field only, which RFC 7427 has in its example", "RFC 7427 A.4.3"),
    openiked=lacks("no RSASSA-PSS"))
row(G, "ECDSA P-256", "RFC 7427 3", **signed("ecdsa256", "ecdsa256"))
row(G, "ECDSA P-384", "RFC 7427 3", **signed("ecdsa384", "ecdsa384"))
row(G, "Ed25519", "RFC 8420 2", **signed("ed25519", "ed25519"))
row(G, "Ed448", "RFC 8420 2", **signed("ed448", "ed448"))
OLD = dict(more={"charon": "  signature_authentication = no"})
row(G, "RSA, the method before RFC 7427", "RFC 7296 3.8, method 1", **signed("rsa2048", "rsa2048", old="1"), strongswan=OLD,
    openiked=by(" rfc7427", " rsa"))
row(G, "ECDSA P-256, the method before RFC 7427", "RFC 4754 3, method 9", **signed("ecdsa256", "ecdsa256", old="1"), strongswan=OLD,
    openiked=by(" rfc7427", " ecdsa256"))
row(G, "methods announced", "RFC 9593 3", roles="r", **signed("ecdsa256", "ecdsa256", tells="1"),
    wanted=["N(SUPPORTED_AUTH_METHODS)"])
row(G, "nobody proves who it is", "RFC 7619 2", roles="r", ours=dict(nobody="1"), strongswan=lacks("no RFC 7619"),
    libreswan=dict(instead=[("authby=secret", "authby=null")]), openiked=lacks("no RFC 7619"))
ONE_WORD = lacks("one word says how both authenticate")
row(G, "we sign, they have a key", "RFC 7296 2.15", **signed("ecdsa256", "psk", "ecdsa256", accepts="psk", shows="1"),
    libreswan=by("authby=", "leftauth=secret\n\trightauth=ecdsa\n\t#"), openiked=ONE_WORD)
row(G, "they sign, we have a key", "RFC 7296 2.15", **signed("ecdsa256", "ecdsa256", "psk", accepts="signature"),
    libreswan=by("authby=", "leftauth=ecdsa\n\trightauth=secret\n\t#"), openiked=ONE_WORD,
    libreswan_r=theirs("with a key of P-256 it signs by the method for P-521", "RFC 4754 2"))
AGAIN = dict(wants="1", local_ts=None)
for way, line in (("make", "the new SA first"), ("break", "the old one's end first")):
    row(G, f"AUTH_LIFETIME is obeyed, {line}", "RFC 4478 3", roles="i", ours=dict(AGAIN, reauth=way),
        script="CHILD_UP,DOWN:reauthenticated,probe,delete", wish=[("pool", "10.3.0.0/24"), ("remote_ts", None)],
        wanted=["N(AUTH_LIFETIME)", "EVENT DOWN reauthenticated"],
        strongswan=dict(more={"connection": "    reauth_time = 2s\n    over_time = 10s"}),
        libreswan=lacks("no RFC 4478", ask="N(AUTH_LIFETIME)"), openiked=lacks("no RFC 4478", ask="N(AUTH_LIFETIME)"))
row(G, "AUTH_LIFETIME, of ours", "RFC 4478 3", roles="r", ours=dict(auth_lifetime="3"), script="DOWN:peer_deleted,CHILD_UP,probe,delete",
    wanted=["N(AUTH_LIFETIME)", "EVENT DOWN peer_deleted"], strongswan=dict(more={"connection": "    over_time = 1s"}),
    libreswan=lacks("no RFC 4478"), openiked=lacks("no RFC 4478"))
USERS = '  eap-us { id = a.test\n secret = "secret" }\n  eap-them { id = user@a.test\n secret = "secret" }'
for role, end, who, line in (("i", "remote", "eap_id = a.test", "rsp 2  SK{EAP(req MD5)}"),
                             ("r", "local", "id = user@a.test\n eap_id = user@a.test", "N(ANOTHER_AUTH_FOLLOWS)")):
    row(G, f"a certificate, then EAP, {'of us' if role == 'i' else 'of them'}", "RFC 4739 2", roles=role, script="delete",
        **signed("rsa2048", "rsa2048", second="eap-md5"), wanted=["N(MULTIPLE_AUTH_SUPPORTED)", "EAP(success)", line],
        strongswan=dict(more={"connection": f"    {end}-2 {{ auth = eap-md5\n {who}\n round = 2 }}", "secrets": USERS}),
        libreswan=lacks("no RFC 4739", ask="N(MULTIPLE_AUTH_SUPPORTED)"), openiked=lacks("no RFC 4739", ask="N(MULTIPLE_AUTH_SUPPORTED)"))

G = "EAP"
TTLS = lacks("EAP within the tunnel only, not MS-CHAP-V2 by itself as RFC 5281 11.2.4 has it")
for method in ("eap-md5", "eap-gtc", "eap-mschapv2", "eap-tls", "eap-ttls"):
    row(G, method[4:].upper(), "RFC 7296 2.16", family="rsa2048", eap=method, wanted=["EAP"],
        strongswan=TTLS if method == "eap-ttls" else {},
        libreswan=unseen("its recipe has no EAP: it knows EAP-TLS alone, for both ends at once") if method == "eap-tls" else {})
for method, number in (("eap-md5", "4"), ("eap-gtc", "6"), ("eap-mschapv2", "26")):
    row(G, f"TTLS, {method[4:].upper()} of EAP within", "RFC 5281 11.2.1", family="rsa2048", eap="eap-ttls", ours=dict(within=method),
        wish=[("eap_within", number)], wanted=["EAP(req TTLS)", "EAP(success)"])
row(G, "TLS alone, no signature in IKE", "RFC 5998 3", family="rsa2048", eap="eap-tls", ours=dict(eap_only="1"), wish=[("eap_only", "1")],
    wanted=["rsp 1  SK{IDr EAP(req ", "EAP(req TLS)", "EAP(success)"], libreswan=unseen("its recipe has no EAP: it knows EAP-TLS alone, for both ends at once"))

# ---- key exchange and ciphers ----

G = "key exchange"
for group in ("modp1024", "modp1536", "modp2048", "modp3072", "modp4096", "modp6144", "modp8192", "modp1024s160", "modp2048s224",
              "modp2048s256", "ecp192", "ecp224", "ecp256", "ecp384", "ecp521", "ecp224bp", "ecp256bp", "ecp384bp", "ecp512bp",
              "x25519", "x448"):
    row(G, group, "RFC 7296 3.3.2", ike=f"aes256gcm16-prfsha256-{group}", script="delete")

G = "ciphers of the IKE SA"
for cipher in ("aes128-sha256-prfsha256", "aes192-sha1-prfsha1", "aes256-sha384-prfsha384", "aes256-sha512-prfsha512",
               "3des-md5-prfmd5", "aes128ctr-aesxcbc-prfaesxcbc", "aes256ctr-aescmac-prfaescmac", "aes128gcm8-prfsha256",
               "aes192gcm12-prfsha256", "aes128gcm16-prfsha384", "aes128ccm8-prfsha256", "aes256ccm12-prfsha256",
               "aes192ccm16-prfsha256", "chacha20poly1305-prfsha256"):
    row(G, cipher, "RFC 7296 3.3.2", ike=f"{cipher}-ecp256", script="probe,delete", wanted=["EVENT ALIVE"])

G = "ciphers of Child SAs"
for cipher in ("aes128gcm16", "aes256gcm12", "aes192gcm8", "aes128ccm16", "chacha20poly1305", "aes128-sha256", "aes256-sha384",
               "aes256-sha512", "aes128-sha1", "3des-md5", "aes128ctr-aesxcbc", "aes192ctr-aescmac",
               "null-sha256"):
    row(G, cipher, "RFC 7296 3.3.2", esp=cipher, script="delete")
for cipher in ("aes256gcm16-esn", "aes256-sha512-esn"):
    row(G, cipher, "RFC 4303 2.2.1", esp=cipher, script="delete", strongswan_i=lacks("its ESP in user space has no ESN"),
        openiked=unseen("its kernel has ESN for none but itself, by PF_KEY"))

# ---- exchanges ----

G = "IKE_SA_INIT"
# Where a machine is slow charon may ask twice: what it takes is its newest.
RETURNED = ["rsp 0  N(COOKIE)", "req 0  N(COOKIE) SAi1"]
row(G, "cookies", "RFC 7296 2.6", wanted=RETURNED,
    wish=[("cookies_at", "1")], ours=dict(abandon="1"), roles="i",
    openiked=lacks("it asks for cookies from no number of half-open SAs that can be set"))
row(G, "cookies, which we ask for", "RFC 7296 2.6", roles="r", ours=dict(cookies="1"),
    wanted=["N(COOKIE)", "REFUSED cookie_wanted"])
row(G, "INVALID_KE_PAYLOAD", "RFC 7296 1.2", roles="i", ours=dict(ike="aes256gcm16-prfsha256-x25519-ecp256"),
    ike="aes256gcm16-prfsha256-ecp256", wanted=["N(INVALID_KE_PAYLOAD)", "groups=1"])
row(G, "INVALID_KE_PAYLOAD, from us", "RFC 7296 1.2", roles="r", ours=dict(ike="aes256gcm16-prfsha256-ecp256"),
    ike="aes256gcm16-prfsha256-x25519-ecp256", wanted=["REFUSED wrong_group"])
row(G, "cookies and INVALID_KE_PAYLOAD", "RFC 7296 2.6.1", roles="i",
    ours=dict(ike="aes256gcm16-prfsha256-x25519-ecp256", abandon="ecp256"), wish=[("cookies_at", "1")],
    ike="aes256gcm16-prfsha256-ecp256", wanted=[*RETURNED, "groups=1"],
    openiked=lacks("it asks for cookies from no number of half-open SAs that can be set"))

G = "Child SAs"
PFS = dict(pfs="-ecp256")
CHILD = dict(wanted=["CREATE_CHILD_SA"])
row(G, "a Child SA more, by us", "RFC 7296 1.3.1", script="child,delete", **CHILD)
row(G, "a Child SA more with PFS, by us", "RFC 7296 1.3.1", script="child,delete", wanted=["SK{SA Ni KEi TSi TSr"], **PFS)
row(G, "Child SA rekeyed by us", "RFC 7296 1.3.3", script="rekey-child,probe,delete",
    wanted=["N(REKEY_SA", "EVENT CHILD_DOWN", "EVENT ALIVE"])
row(G, "Child SA rekeyed by us with PFS", "RFC 7296 1.3.3", script="rekey-child,probe,delete",
    wanted=["N(REKEY_SA) SA Ni KEi TSi TSr", "EVENT CHILD_DOWN", "EVENT ALIVE"], **PFS)
THEY_REKEY = dict(script="go,CHILD_DOWN,probe,delete", told=[["rekey-child"]])
IKECTL = lacks("ikectl has no such command")
row(G, "Child SA rekeyed by them", "RFC 7296 1.3.3", wanted=["N(REKEY_SA", "EVENT CHILD_DOWN"], **THEY_REKEY, openiked=IKECTL)
row(G, "Child SA rekeyed by them with PFS", "RFC 7296 1.3.3", wanted=["N(REKEY_SA) SA Ni KEi TSi TSr", "EVENT CHILD_DOWN"],
    **THEY_REKEY, **PFS, openiked=IKECTL,
    libreswan=dict(pfs="-x25519"))  # it proposes the group of its IKE SA, whatever is asked of it
row(G, "a Child SA deleted by us", "RFC 7296 1.4.1", script="delete-child,probe,delete",
    wanted=["SK{D(ESP 1)}", "EVENT CHILD_DOWN deleted", "EVENT ALIVE"])
row(G, "a Child SA deleted by them", "RFC 7296 1.4.1", script="go,CHILD_DOWN,delete", told=[["end-child"]],
    wanted=["EVENT CHILD_DOWN peer_deleted"], libreswan=lacks("whack ends whole connections"), openiked=IKECTL)
row(G, "transport mode", "RFC 7296 1.3.1, USE_TRANSPORT_MODE", ours=dict(transport="1", local_ts=None, remote_ts=None),
    wish=[("transport_mode", "1"), ("local_ts", None), ("remote_ts", None)], wanted=["N(USE_TRANSPORT_MODE)"],
    strongswan=dict(unseen="its ESP in user space has no transport mode"),
    openiked=dict(wish=[("transport_mode", "1"), ("local_ts", THEM + "/32"), ("remote_ts", US + "/32")]))
row(G, "their selectors are wider, and narrowed to ours", "RFC 7296 2.9", roles="i", wish=[("remote_ts", "0.0.0.0/0")],
    libreswan=dict(more={"conn": "\tnarrowing=yes"}),
    openiked=theirs("its answer has its own selectors, wider than those asked for", "RFC 7296 2.9"))
row(G, "childless, a Child SA after", "RFC 6023 3", ours=dict(childless="1"), script="child,delete",
    wanted=["N(CHILDLESS_IKEV2_SUPPORTED)", "SK{IDr AUTH}", "CREATE_CHILD_SA"],
    strongswan=dict(more={"connection": "    childless = force"}),
    libreswan=lacks("no RFC 6023"), openiked=lacks("no RFC 6023"))

G = "the IKE SA"
CLOSING = "of an IKE SA that it began and is closing it answers no Delete"
row(G, "IKE SA rekeyed by us", "RFC 7296 1.3.2", script="rekey,probe,delete", wanted=["EVENT REKEYED", "EVENT ALIVE"],
    openiked_r=theirs(CLOSING, "RFC 7296 1.4.1"))
row(G, "IKE SA rekeyed by them", "RFC 7296 1.3.2", script="go,DOWN:rekeyed,probe,delete", told=[["rekey-ike"]],
    wanted=["EVENT REKEYED", "EVENT ALIVE"], openiked=IKECTL)
row(G, "ended by us", "RFC 7296 1.4.1", script="delete", wanted=["SK{D(IKE)}", "EVENT DOWN deleted"])
row(G, "ended by them", "RFC 7296 1.4.1", script="go,DOWN", told=[["end"]], wanted=["EVENT DOWN peer_deleted"])
row(G, "liveness, ours", "RFC 7296 2.4", script="probe,probe,delete", wanted=["EVENT ALIVE"])
row(G, "liveness, theirs", "RFC 7296 2.4", script="pause,pause,delete", wish=[("liveness_ns", "1000000000")],
    wanted=["< 500 INFORMATIONAL   req"], strongswan=dict(wanted=["< 4500 INFORMATIONAL   req"]),
    openiked=unseen("within ten seconds it asks nobody, with `dpd_check_interval 1`"))
row(G, "a window of four requests", "RFC 7296 2.3", ours=dict(window="4"),
    **{name: lacks("a window of one only", ask="N(SET_WINDOW_SIZE)") for name in DAEMONS})

G = "collisions"
BOTH = dict(ours=dict(lag="300"))
NONCES = theirs("where the lowest nonce is of the exchange that it began, it leaves its redundant SA open", "RFC 7296 2.8.1", sometimes=True)
row(G, "both rekey the Child SA", "RFC 7296 2.8.1", script="go,rekey-child,pause,pause,go,probe,delete",
    told=[["+rekey-child"], ["count 1 1"]], wanted=["EVENT ALIVE"], libreswan=NONCES, openiked=IKECTL, **BOTH)
row(G, "both rekey the IKE SA", "RFC 7296 2.8.2", script="go,rekey,pause,pause,go,probe,delete",
    told=[["+rekey-ike"], ["count 1 1"]], wanted=["EVENT REKEYED", "EVENT ALIVE"], libreswan=NONCES, openiked=IKECTL, **BOTH)
row(G, "we rekey the IKE SA, they the Child SA", "RFC 7296 2.25.2", script="go,rekey,pause,pause,go,probe,delete",
    told=[["+rekey-child"], ["count 1 1"]], wanted=["EVENT REKEYED", "EVENT ALIVE"], openiked=IKECTL, **BOTH)
row(G, "we rekey the Child SA, they the IKE SA", "RFC 7296 2.25.1", script="go,rekey-child,pause,pause,go,probe,delete",
    told=[["+rekey-ike"], ["count 1 1"]], wanted=["N(TEMPORARY_FAILURE)", "EVENT ALIVE"], openiked=IKECTL, **BOTH,
    libreswan=dict(told=[["+rekey-ike"], ["count - 1"]]))  # it keeps its attempt, and counts it
row(G, "we rekey the Child SA, they end it", "RFC 7296 2.25.1", script="go,rekey-child,pause,probe,delete",
    told=[["+end-child"]], wanted=["EVENT ALIVE"], libreswan=lacks("whack ends whole connections"), openiked=IKECTL, **BOTH)
row(G, "both end the IKE SA", "RFC 7296 2.25.2", script="go,delete", told=[["+end"]], wanted=["EVENT DOWN"], end=("END",), **BOTH)

G = "NAT"
row(G, "NAT forced by us", "RFC 7296 2.23", ours=dict(force="1"), wanted=["4500 IKE_AUTH", "EVENT ALIVE"],
    strongswan=dict(logged=["remote host is behind NAT"]))
row(G, "NAT forced by them", "RFC 7296 2.23", ours=dict(force=None), wish=[("force_encapsulation", "1")],
    wanted=["4500 IKE_AUTH", "EVENT ALIVE"], openiked=lacks("no setting for it"),
    strongswan=dict(logged=["faking NAT situation to enforce UDP encapsulation"]))
row(G, "our port changes", "RFC 7296 2.23", ours=dict(force="1"), script="rebind,probe,probe,delete", wanted=["EVENT ALIVE"])

G = "TCP"
LISTENS = {"setup": "\tlisten-tcp=yes", "conn": "\tenable-tcp=yes\n\ttcp-remoteport=4500"}
FALLS_BACK = dict(LISTENS, conn="\tenable-tcp=fallback\n\ttcp-remoteport=4500")
BY_TCP = ["CONNECTION opened", "TCP IKE_SA_INIT     req 0", "TCP IKE_AUTH        rsp 1"]
NO_UDP = ["> 500 ", "> 4500 ", "< 500 ", "< 4500 "]
# It is asked for a connection, which its kernel refuses; or comes by UDP where it could by TCP.
NO_TCP = lacks("no RFC 9329", ask="CONNECTION opened") | dict(seconds=4, wish=())


def by_tcp(name, section, *wanted, absent=(), ours=None, **more):
    row(G, name, section, ours=dict(ours or {}, tcp="always"), wanted=[*BY_TCP, *wanted], absent=[*NO_UDP, *absent],
        **(dict(strongswan=NO_TCP, libreswan=dict(more=LISTENS), openiked=NO_TCP) | more))


by_tcp("by TCP from the start", "RFC 9329 6.1", "EVENT ALIVE")
SOON = [("retransmit_first_ns", "500000000"), ("retransmit_sends", "2")]
row(G, "by TCP where UDP is lost", "RFC 9329 5.1", ours=dict(tcp="fallback", no_udp="1"), wanted=["500 IKE_SA_INIT     req 0", *BY_TCP],
    wish=SOON, strongswan=NO_TCP | dict(wish=SOON), openiked=NO_TCP,
    libreswan=dict(more=FALLS_BACK, instead=[("keyingtries=1", "keyingtries=3")]))
by_tcp("both SAs rekeyed by us", "RFC 9329 6.1", "EVENT REKEYED", "EVENT CHILD_DOWN", "EVENT ALIVE",
       script="rekey-child,rekey,probe,delete")
by_tcp("Child SA rekeyed by them", "RFC 9329 6.1", "EVENT CHILD_DOWN", script="go,CHILD_DOWN,probe,delete", told=[["rekey-child"]])
by_tcp("IKE SA rekeyed by them", "RFC 9329 6.1", "EVENT REKEYED", script="go,DOWN:rekeyed,probe,delete", told=[["rekey-ike"]])
by_tcp("ended by them", "RFC 9329 6.1", "EVENT DOWN peer_deleted", script="go,DOWN", told=[["end"]])
by_tcp("the connection breaks, and is opened again", "RFC 9329 6.1", "CONNECTION cut", "EVENT ALIVE", script="cut,pause,probe,delete",
       libreswan_i=theirs("it answers by the connection that broke, and closes the new one", "RFC 9329 6.1"),
       libreswan_r=theirs("it opens none, though its liveness check is due", "RFC 9329 6.1", wish=[("liveness_ns", "1000000000")]))
by_tcp("cookies by TCP are returned", "RFC 9329 6.3", *RETURNED, roles="i", wish=[("cookies_at", "0")])
by_tcp("no cookies by TCP", "RFC 9329 6.3", absent=["N(COOKIE)"], ours=dict(cookies="1"), wish=[("cookies_at", "0")],
       libreswan_i=theirs("it asks for them by TCP, too, and without a puzzle", "RFC 9329 6.3"))
by_tcp("no fragments by TCP", "RFC 9329 7.5", "N(IKEV2_FRAGMENTATION_SUPPORTED)", "CERT CERT", absent=["SKF("],
       family="rsa2048", auth="rsa2048", peer_auth="rsa2048", ours=dict(fragment="500", scheme="rsa-sha256", shows="1"),
       wish=[("fragment", "500")])
by_tcp("liveness by TCP, theirs", "RFC 9329 6.7", "< TCP INFORMATIONAL   req", script="pause,pause,delete",
       wish=[("liveness_ns", "1000000000")])

G = "fragments"
row(G, "messages in fragments, both ways", "RFC 7383 2.5", family="rsa2048", auth="rsa2048", peer_auth="rsa2048",
    ours=dict(fragment="500", scheme="rsa-sha256", shows="1"), wish=[("fragment", "500")],
    wanted=["IKE_AUTH        req 1  SKF(1/", "IKE_AUTH        rsp 1  SKF(1/"])

G = "MOBIKE"
MOBILE = dict(ours=dict(mobike="1", also=US_TOO, force="1"), wish=[("mobike", "1")])
row(G, "we move", "RFC 4555 3.5", roles="i", script="move,probe,delete",
    wanted=["N(MOBIKE_SUPPORTED)", "N(UPDATE_SA_ADDRESSES)", "EVENT MOVED", "EVENT ALIVE"], **MOBILE)
row(G, "we tell that we have moved", "RFC 4555 3.6", roles="r", script="move,probe,delete",
    wanted=["N(MOBIKE_SUPPORTED)", "SK{N(NO_ADDITIONAL_ADDRESSES)}", "EVENT ALIVE"], **MOBILE,
    openiked=lacks("as an initiator it does not offer it"))
row(G, "they move", "RFC 4555 3.5", script="go,MOVED,probe,delete", told=[["move"]],
    wanted=["N(UPDATE_SA_ADDRESSES)", "EVENT MOVED", "EVENT ALIVE"], **MOBILE,
    libreswan_i=lacks("as a responder it stays where it is"), libreswan_r=unseen("it moves where its address is that of the default "
                                                                                "route, and there is none"),
    openiked=lacks("it follows, and does not move itself"))

G = "configuration payloads"
row(G, "we are given an inner address", "RFC 7296 2.19", roles="i", ours=dict(wants="1", local_ts=None),
    wish=[("pool", "10.3.0.0/24"), ("remote_ts", None)], wanted=["CP(CFG_REPLY)", "INNER 10.3.0."])
row(G, "they are given one by us", "RFC 7296 2.19", roles="r", ours=dict(pool="10.2.200.0/24", remote_ts=None),
    wish=[("wants_address", "1"), ("local_ts", None)], wanted=["CP(CFG_REPLY)", "EVENT ADDRESS"],
    openiked=unseen("for an address it wants an interface to put it on"))
row(G, "no address is left", "RFC 7296 3.15.4, INTERNAL_ADDRESS_FAILURE", roles="i", ours=dict(wants="1", local_ts=None),
    script="delete", up=("EVENT UP ok",), wish=[("remote_ts", None)],
    wanted=["N(INTERNAL_ADDRESS_FAILURE)", "EVENT CHILD_FAILED peer_refused 36"],
    strongswan=dict(more={"connection": "    pools = none"}),
    libreswan=lacks("without a pool it passes over the request, and refuses the selectors"),
    openiked=lacks("without a pool it gives no address, and takes the selectors"))

# ---- extensions ----

G = "extensions"
row(G, "PPK, optional", "RFC 8784 3", ours=dict(ppk="quantum"), script="rekey,probe,delete",
    wanted=["N(USE_PPK)", "N(PPK_IDENTITY)", "EVENT REKEYED"],
    strongswan=dict(more={"connection": "    ppk_id = qkd", "secrets": '  ppk-us { id = qkd\n secret = "quantum" }'}),
    libreswan=dict(more={"conn": "\tppk=yes", "secrets": '%any %any : PPKS "qkd" "quantum"'}),
    openiked=lacks("no RFC 8784", ask="N(USE_PPK)"))
row(G, "PPK, required by both", "RFC 8784 3", ours=dict(ppk="quantum", ppk_required="1"), script="rekey,probe,delete",
    wanted=["N(USE_PPK)", "N(PPK_IDENTITY)", "EVENT REKEYED"],
    strongswan=dict(more={"connection": "    ppk_id = qkd\n    ppk_required = yes",
                          "secrets": '  ppk-us { id = qkd\n secret = "quantum" }'}),
    libreswan=dict(more={"conn": "\tppk=insist", "secrets": '%any %any : PPKS "qkd" "quantum"'}),
    openiked=lacks("no RFC 8784"))
row(G, "another PPK of that name is refused", "RFC 8784 3", roles="i", ours=dict(ppk="another", ppk_required="1"), script="",
    up=(), wanted=["EVENT FAILED peer_refused 24"], end=(),
    strongswan=dict(more={"connection": "    ppk_id = qkd", "secrets": '  ppk-us { id = qkd\n secret = "quantum" }'}),
    libreswan=dict(more={"conn": "\tppk=yes", "secrets": '%any %any : PPKS "qkd" "quantum"'}), openiked=lacks("no RFC 8784"))
row(G, "redirected in IKE_SA_INIT, by us", "RFC 5685 3", roles="r", ours=dict(also=US_TOO, redirect="1"),
    wanted=["N(REDIRECT_SUPPORTED)", "rsp 0  N(REDIRECT)", "N(REDIRECTED_FROM)"],
    libreswan=dict(more={"conn": "\taccept-redirect=yes"}), openiked=lacks("no RFC 5685", ask="N(REDIRECT_SUPPORTED)"))
row(G, "redirected once established, by us", "RFC 5685 5", roles="r", ours=dict(also=US_TOO), script="redirect,probe,delete",
    wanted=["SK{N(REDIRECT)}", "N(REDIRECTED_FROM)", "EVENT DOWN peer_deleted", "EVENT ALIVE"],
    libreswan=dict(more={"conn": "\taccept-redirect=yes"}), openiked=lacks("no RFC 5685"))
row(G, "redirected once established, by them", "RFC 5685 5", roles="i", ours=dict(redirects="1"),
    script="go,DOWN:redirected,probe,delete", told=[["redirect"]],
    wanted=["SK{N(REDIRECT)}", "N(REDIRECTED_FROM)", "EVENT REDIRECTED ok", "EVENT DOWN redirected"],
    strongswan=dict(instead=[(f"local_addrs = {THEM}", f"local_addrs = {THEM}, {THEM_TOO}")]),
    libreswan=unseen("its connection is of one address, and none takes those sent to the other"),
    openiked=lacks("no RFC 5685", ask="N(REDIRECT_SUPPORTED)"))
row(G, "an additional key exchange, IKE_INTERMEDIATE", "RFC 9242, RFC 9370", roles="i",
    ours=dict(ike="aes256gcm16-prfsha256-x25519-ke1_ecp256-ke1_none"),
    strongswan=lacks("before 6.0", ask="N(INTERMEDIATE_EXCHANGE_SUPPORTED)"),
    libreswan=lacks("IKE_INTERMEDIATE, but no additional key exchange in it", ask="IKE_INTERMEDIATE"),
    openiked=lacks("no RFC 9242", ask="N(INTERMEDIATE_EXCHANGE_SUPPORTED)"))
row(G, "session resumption", "RFC 5723 4", roles="i", ours=dict(tickets="1"),
    **{name: lacks("no RFC 5723", ask="EVENT TICKET") for name in DAEMONS})
row(G, "quick crash detection", "RFC 6290 4", roles="i", ours=dict(tokens="1"),
    **{name: lacks("no RFC 6290", ask="N(QUICK_CRASH_DETECTION)") for name in DAEMONS})
row(G, "message ids agreed on after a failover, by us", "RFC 6311 5.1", roles="r", ours=dict(sync="1"),
    ike="aes256-sha256-prfsha256-x25519", script="probe,fail-over,probe,delete",
    wanted=["rsp 0  SK{N(IKEV2_MESSAGE_ID_SYNC)}", "EVENT SYNCED", "INFORMATIONAL   req 8  SK{}"],
    libreswan=lacks("no RFC 6311"), openiked=lacks("no RFC 6311"))

# ---- ESP ----

G = "ESP"
STAND_IN = unseen("its ESP is the kernel's, and the stand-in carries none")
row(G, "echo requests through the tunnel", "RFC 4303 3", script="ping,probe,delete", wanted=["3 sent, 3 back"],
    libreswan=STAND_IN, openiked=STAND_IN)
row(G, "a bulk stream, rekeyed by us under way", "RFC 7296 2.8", script="bulk,rekey-child,ECHOED,probe,delete",
    wanted=["5000 sent, 5000 back, 1 changes of the Child SA"], seconds=20, libreswan=STAND_IN, openiked=STAND_IN)
row(G, "a bulk stream, rekeyed by them under way", "RFC 7296 2.8", script="bulk,go,CHILD_DOWN,ECHOED,probe,delete",
    told=[["+rekey-child"]], wanted=["5000 sent, 5000 back, 1 changes of the Child SA"], seconds=20, libreswan=STAND_IN,
    openiked=STAND_IN)
row(G, "a bulk stream, the IKE SA rekeyed under way", "RFC 7296 2.8", script="bulk,rekey,ECHOED,probe,delete",
    wanted=["5000 sent, 5000 back, 0 changes of the Child SA"], seconds=20, libreswan=STAND_IN, openiked=STAND_IN)

