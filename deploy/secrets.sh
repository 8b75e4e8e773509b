#!/bin/sh
# Makes the secrets of docker-compose.yml that can be made here, in ./secrets. What is there already stays.
# The folder is for its owner alone; the files in it are readable, because containers have users of their own.
set -eu
umask 077
mkdir -p secrets
chmod 700 secrets

random() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }

make() {
    if [ -e "secrets/$1" ]; then
        echo "kept   secrets/$1"
        return
    fi
    printf '%s\n' "$2" >"secrets/$1.new"
    chmod 444 "secrets/$1.new"
    mv "secrets/$1.new" "secrets/$1"
    echo "made   secrets/$1"
}

make postgres_password "$(random 24 | tr '+/' '-_')"
make archive_access_key "SIGNOFF$(head -c 8 /dev/urandom | od -An -tx1 | tr -d ' \n' | tr 'a-f' 'A-F')"
make archive_secret_key "$(random 30 | tr '+/' '-_')"
make encryption_keys "k1=$(random 32)"
make attestation_keys "$(random 32)"
make session_secrets "$(random 32)"
make webhook_secrets "whsec_$(random 32)" # nobody knows it, so no webhook passes before OpenAI's own replaces it

if [ -e secrets/openai_api_key ]; then
    echo "kept   secrets/openai_api_key"
else
    echo "absent secrets/openai_api_key: put your key there for the profile production"
fi
echo "copy secrets/encryption_keys to a safe place: without it nothing can be read again"
