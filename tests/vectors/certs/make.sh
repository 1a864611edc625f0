#!/bin/sh
# Private keys and certificates for tests, made by the openssl command line: keys in PKCS#8,
# certificates and lists in DER, good for a hundred years. They protect nothing.
set -eu
cd "$(dirname "$0")"
trap "chmod 644 *.der" EXIT

key() { openssl genpkey -quiet "$@" -outform DER; }
key -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out rsa2048.key.der
key -algorithm RSA -pkeyopt rsa_keygen_bits:3072 -out rsa3072.key.der
key -algorithm RSA -pkeyopt rsa_keygen_bits:4096 -out rsa4096.key.der
key -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ecdsa256.key.der
key -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out ecdsa384.key.der
key -algorithm EC -pkeyopt ec_paramgen_curve:P-521 -out ecdsa521.key.der
key -algorithm ED25519 -out ed25519.key.der
key -algorithm ED448 -out ed448.key.der

# An authority of each family, an authority below it, and an end entity a.test below that.
for type in rsa2048 ecdsa256 ecdsa384 ed25519 ed448; do
    for who in root middle; do
        case $type in
        rsa2048) key -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out $type.$who.key.der ;;
        ecdsa*) key -algorithm EC -pkeyopt ec_paramgen_curve:P-${type#ecdsa} -out $type.$who.key.der ;;
        *) key -algorithm $type -out $type.$who.key.der ;;
        esac
    done
    openssl req -x509 -new -key $type.root.key.der -keyform DER -subj "/O=ikelab tests/CN=$type root" \
        -days 36500 -addext keyUsage=critical,keyCertSign,cRLSign -outform DER -out $type.root.cert.der
    openssl req -new -key $type.middle.key.der -keyform DER -subj "/O=ikelab tests/CN=$type middle" |
        openssl x509 -req -CA $type.root.cert.der -CAkey $type.root.key.der -CAkeyform DER -days 36500 \
            -set_serial 2 -outform DER -out $type.middle.cert.der -extfile extensions.cnf -extensions authority
    openssl req -new -key $type.key.der -keyform DER -subj "/O=ikelab tests/CN=a.test" |
        openssl x509 -req -CA $type.middle.cert.der -CAkey $type.middle.key.der -CAkeyform DER -days 36500 \
            -set_serial 3 -outform DER -out $type.end.cert.der -extfile extensions.cnf -extensions end
done

# A key too short, certified by an authority that is believed.
key -algorithm RSA -pkeyopt rsa_keygen_bits:1024 -out rsa1024.key.der
openssl req -new -key rsa1024.key.der -keyform DER -subj "/O=ikelab tests/CN=a.test" |
    openssl x509 -req -CA rsa2048.middle.cert.der -CAkey rsa2048.middle.key.der -CAkeyform DER -days 36500 \
        -set_serial 4 -outform DER -out rsa1024.end.cert.der -extfile extensions.cnf -extensions end
# One too short for an authority.
key -algorithm RSA -pkeyopt rsa_keygen_bits:768 -out rsa768.key.der
# Good for RSASSA-PSS alone.
for bits in 1024 2048; do
    key -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:$bits -out rsapss$bits.key.der
done
# A key on a curve that is not for IKE.
key -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1 -out secp256k1.key.der
openssl req -new -key secp256k1.key.der -keyform DER -subj "/O=ikelab tests/CN=a.test" |
    openssl x509 -req -CA rsa2048.middle.cert.der -CAkey rsa2048.middle.key.der -CAkeyform DER -days 36500 \
        -set_serial 5 -outform DER -out secp256k1.end.cert.der -extfile extensions.cnf -extensions end
# Good for IKE and for TLS, both ends.
openssl req -new -key rsa2048.key.der -keyform DER -subj "/O=ikelab tests/CN=a.test" |
    openssl x509 -req -CA rsa2048.middle.cert.der -CAkey rsa2048.middle.key.der -CAkeyform DER -days 36500 \
        -set_serial 6 -outform DER -out rsa2048.tls.cert.der -extfile extensions.cnf -extensions tls
