#!/bin/sh
# ca.sh DIR: a certificate authority of our own in DIR, and what it certifies. Made once; run again it does nothing.
#   ca.pem            trust this
#   good.pem, .key    localhost, 127.0.0.1, *.localhost, *.vault.localhost
#   expired.pem       the same, ended in 2020
#   wrong.pem         another host's
#   client.pem, .key  RSA: an application's certificate, for signed assertions; client.p12 (password "pass") holds both
set -eu
dir=$1
mkdir -p "$dir"
[ -e "$dir/made" ] && exit 0
cd "$dir"
names="DNS:localhost,DNS:*.localhost,DNS:*.vault.localhost,IP:127.0.0.1"
quiet() { "$@" >openssl.log 2>&1 || { cat openssl.log >&2; exit 1; }; }

cat >ca.cnf <<END
[ca]
default_ca = d
[d]
dir = .
new_certs_dir = .
database = index.txt
serial = serial
default_md = sha256
policy = p
unique_subject = no
copy_extensions = copy
[p]
commonName = supplied
END
: >index.txt
echo 01 >serial
quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 3650 \
  -subj "/CN=Test CA of keycustody" -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout good.key -out good.csr -subj /CN=localhost \
  -addext "subjectAltName=$names"
quiet openssl req -new -key good.key -out wrong.csr -subj /CN=elsewhere.example -addext subjectAltName=DNS:elsewhere.example
quiet openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -notext -days 30 -in good.csr -out good.pem
quiet openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -notext -days 30 -in wrong.csr -out wrong.pem
quiet openssl ca -batch -config ca.cnf -cert ca.pem -keyfile ca.key -notext -startdate 20190101000000Z \
  -enddate 20200101000000Z -in good.csr -out expired.pem
cp good.key wrong.key
cp good.key expired.key
quiet openssl req -x509 -newkey rsa:2048 -nodes -keyout client.key -out client.pem -days 30 -subj /CN=keycustody-test
cat client.key client.pem >client-both.pem
quiet openssl pkcs12 -export -inkey client.key -in client.pem -passout pass:pass -out client.p12
rm -f ./*.csr ./0?.pem openssl.log index.txt* serial* ca.cnf
: >made
