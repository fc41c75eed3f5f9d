#!/usr/bin/env bash
# How soon a live host at bowline-venue may trade again after a kill -9, with 1,000 orders open in the account: a few of its own, with
# positions and the stops that rest for them, and others'. From the start of the process until an operator's "active" is taken, and until a
# purchase is, against what its questions take at the rate of the key: 1.3 x (pages of open orders + pages of fills since the last process
# + one of accounts + the products) / rate. What it asked is counted in the venue's log.
#   tests/e2e/venue_restart.sh BUILD [OPEN [RATE]]
# BOWLINE_KEEP=DIR keeps the folders.
build=$(realpath "$1") open=${2:-1000} rate=${3:-10}
here=$(cd "$(dirname "$0")" && pwd)
set -- "$build/bin/bowline" "$here/../.."
source "$here/check.sh"
source "$here/at_venue.sh"
source "$here/venue_long.sh"
probe=$build/tests/exchange/probe/venue_probe page=100
at_broker="rate: $rate, per_hour: 0, orders_page: $page, fills_page: $page"

check "the venue begins" begin_all_products "$d" "limits: {private: $((rate > 30 ? rate : 30)), public: 30}
engine: {max_open_orders: $((open + 100))}" || exit 1
open_there() { tell GET / | sed 's/.*"open":\([0-9]*\).*/\1/'; }

# ---- others' orders: small purchases, far below the market ---------------------------------------------------------------------------
token=
for ((n = 0; n < open - 30; ++n)); do
  # A token is good for two minutes, and for as many requests.
  [ $((n % 500)) != 0 ] || token=$("$probe" token "$dir/secrets/coinbase-key" POST "localhost:$port/api/v3/brokerage/orders")
  [ $n = 0 ] || echo next
  cat <<END
url = "https://localhost:$port/api/v3/brokerage/orders"
cacert = "$d/ca.pem"
header = "Authorization: Bearer $token"
header = "Content-Type: application/json"
data = "{\"client_order_id\":\"other-$n\",\"product_id\":\"XLM-USD\",\"side\":\"BUY\",\"order_configuration\":{\"limit_limit_gtc\":{\"base_size\":\"1\",\"limit_price\":\"1$((n % 10)).0$((n / 10 % 10))\"}}}"
silent
output = "/dev/null"
write-out = "%{http_code}\n"
END
done >"$dir/others"
curl --rate 28/s -K "$dir/others" | sort | uniq -c
check "others have orders there" test "$(open_there)" -ge $((open - 40))

# ---- the host: positions with stops, entries that rest, fills ------------------------------------------------------------------------
begin_host "$d"
check "the host begins" within 90 stands || { cat "$d/err"; exit 1; }
check "an operator lets it trade" within 90 active
trade() { as trade POST /trades/execute "{\"instrument\":\"$1\",\"side\":\"$2\",\"type\":\"$3\",\"qty\":\"$4\"${5:+,\"limit_price\":\"$5\"},\"reason\":\"a test\"}"; }
taken() { [ "$(trade "$@")" = 202 ]; }
row_of() { product=${1%%=*} price=${1#*=} price=${price%=*} lot=${1##*=}; }
n=0
for row in $all_products; do
  row_of "$row"
  if [ $((++n)) -le 6 ]; then
    check "$product is bought" within 60 taken "$product" BUY market "$lot"
  else
    check "$product is ordered" within 60 taken "$product" BUY limit "$lot" "$(awk "BEGIN { printf \"%.2f\", $price * .97 }")"
  fi
done
rests() { as read GET '/orders?state=working&limit=1000' >/dev/null; [ "$(sed 's/},{/},\n{/g' "$dir/answer" | grep '"id":"bl-' | grep -c '"state":"open"')" = 11 ]; }
check "six stops and five entries rest" within 60 rests || cat "$dir/answer"
# The rest of the number: more of others'.
missing=$((open - $(open_there)))
head -n $((missing * 9 - 1)) "$dir/others" | sed 's/other-/more-/; s/Bearer .*"/Bearer '"$("$probe" token "$dir/secrets/coinbase-key" POST "localhost:$port/api/v3/brokerage/orders")"'"/' >"$dir/more"
[ $missing -le 0 ] || curl --rate 15/s -K "$dir/more" >/dev/null
check "$open orders are open at the venue" is "$(open_there)" "$open"
sleep 3
check "book and venue agree" within 90 agrees || tail -20 "$dir/out"
fills=$(venue_rows "$d/state" fill entry_id | wc -l)

# ---- killed, and begun again -----------------------------------------------------------------------------------------------------------
kill -KILL "$host"
wait "$host" 2>/dev/null
sleep 2 # what the limit of the key had left is whole again
from=$(date +%s%3N) answers='' ready='' bought=''
begin_host "$d"
while [ $(($(date +%s%3N) - from)) -lt 120000 ] && kill -0 "$host"; do
  at=$(at_of "$d/var")
  if [ -n "$at" ]; then
    [ -n "$answers" ] || { [ "$(as read GET /trading/state)" = 200 ] && answers=$(($(date +%s%3N) - from)); }
    [ -n "$ready" ] || { [ -n "$answers" ] && active && ready=$(($(date +%s%3N) - from)); }
    [ -n "$ready" ] && taken BTC-USD BUY market 0.001 && bought=$(($(date +%s%3N) - from)) && break
  fi
  sleep 0.02
done
check "it stands, may trade and has bought" test -n "$bought" || cat "$dir/answer" "$d/err"
to=$((from + ready))
private_requests "$d/requests" | awk -v from="$from" -v to="$to" '$1 >= from && $1 <= to' >"$d/between"
products=$(wc -w <<<"$all_products")
pages=$(((open + page - 1) / page)) fill_pages=$(((fills + page - 1) / page))
units=$((pages + fill_pages + 1 + products)) asked_for=$(wc -l <"$d/between") at_once=$((rate - rate / 5))
bar=$(awk "BEGIN { printf \"%.0f\", 1300 * $units / $rate }")
# A busy machine misses the time, which is told; what is asked for is the program's alone.
check "it asks for no more than fits into that: $asked_for requests, $at_once of them at once" test $((10 * (asked_for - at_once))) -le $((13 * units))
# A start is reducing: entries that rest are cancelled, stops stay.
stops_rest() { as read GET '/orders?state=working&limit=1000' >/dev/null; [ "$(sed 's/},{/},\n{/g' "$dir/answer" | grep '"id":"bl-' | grep -c '"purpose":"stop".*"state":"open"')" -ge 6 ]; }
check "its stops rest as they did" within 30 stops_rest || cat "$dir/answer"
check "book and venue agree again" within 90 agrees || tail -20 "$dir/out"
sleep 2

# ---- the end -----------------------------------------------------------------------------------------------------------------------------
kill -KILL "$host"
kill -TERM "$venue_pid"
wait "$host" "$venue_pid" 2>/dev/null
check "no order of others was touched" is "$(venue_rows "$d/state" order "client_order_id status" | grep -v '^bl-' | grep -vc ' OPEN$')" 0
check "no order is at the venue twice" is "$(venue_rows "$d/state" order client_order_id | sort | uniq -d)" ""
cat <<TABLE
restart with $open orders open, $fills fills, at $rate requests/s, pages of $page
  from the process's start     it answers after $answers ms, may trade after $ready ms, a purchase is taken after $bought ms
  bar                          $bar ms, $([ "$ready" -le "$bar" ] && echo met || echo MISSED): 1.3 x ($pages pages of orders + $fill_pages of fills + 1 of accounts + $products products) / $rate
  asked until it may trade     $asked_for: $(awk '{ print $3, $4 }' "$d/between" | sed 's/ .*historical\/fills.*/ fills/; s/ .*historical\/batch.*/ lists/; s/ .*historical.*/ one order/; s/ .*brokerage\// /; s/[?].*//' | sort | uniq -c | sort -rn | awk '{ printf "%s%s %s %s", s, $1, $2, $3; s = ", " }')
TABLE
exit $failed
