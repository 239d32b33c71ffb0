#!/bin/bash
# Every change of migrations/ deploys, verifies, reverts to nothing and deploys again.
set -euo pipefail
export SQITCH_FULLNAME=canvass SQITCH_EMAIL=canvass@localhost PGOPTIONS='-c client_min_messages=warning'
cd "$CANVASS_ROOT/migrations"
# A pristine database that already uses the roles is beside it: they must survive its revert.
database=canvass_deploy
n=0
check() {
    n=$((n + 1))
    if "${@:2}" >"$CANVASS_CLUSTER.said" 2>&1; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        sed 's/^/# /' "$CANVASS_CLUSTER.said"
    fi
    rm -f "$CANVASS_CLUSTER.said"
}
ask() { psql -qXAt -d "$database" -c "$1"; }
is_empty() { [[ -z $(ask "$1") ]] || { ask "$1"; return 1; }; }
shape() {
    pg_dump -s -d "$database" -n canvass | grep -vE '^(--|$|\\(un)?restrict)' | sort
}
same_shape() { diff <(echo "$before") <(shape); }
has_all_files() {
    local change kind
    for change in $(sed -nE '/^[a-z]/s/ .*//p' sqitch.plan); do
        for kind in deploy revert verify; do
            [[ -s $kind/$change.sql ]] || { echo "$kind/$change.sql is missing"; return 1; }
        done
    done
}

createdb -T template0 "$database"
check "every change has deploy, revert and verify" has_all_files
check "deploy, each change verified" sqitch deploy --verify "db:pg:$database"
check "verify all" sqitch verify "db:pg:$database"
before=$(shape)
check "revert to nothing" sqitch revert -y "db:pg:$database"
check "nothing is left" is_empty "SELECT nspname FROM pg_namespace WHERE nspname = 'canvass'
    UNION ALL SELECT extname FROM pg_extension WHERE extname NOT IN ('plpgsql')"
check "the roles stay for the database that uses them" psql -qX -c "SET ROLE canvass_app"
check "deploy again" sqitch deploy --verify "db:pg:$database"
check "and it is the same" same_shape
dropdb --force "$database"
echo "1..$n"
