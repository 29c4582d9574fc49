#!/bin/sh
# redis-cli as the operator: docker compose exec broker operator INFO memory
REDISCLI_AUTH=$(cat /run/secrets/operator-password) && export REDISCLI_AUTH
exec redis-cli --no-auth-warning --user operator "$@"
